"""A bundle's `.manifest`: its revision, and the roots that it claims.

What Guard can't honour is refused rather than passed over: Rego of OPA's 0.x versions, WebAssembly.
Format: https://www.openpolicyagent.org/docs/management-bundles#bundle-file-format
"""

import re
from typing import Final

import msgspec

from guard.errors import BundleError
from guard.policy.bundle.archive import Files
from guard.policy.bundle.document import MANIFEST, decode, plain

_ODD: Final = re.compile(r"[^\x20-\x7e]")
_LONGEST: Final = 256


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a manifest says. `roots` are paths below `data` with slashes; the empty one is all of it."""

    revision: str = ""
    roots: tuple[str, ...] = ("",)


class _Written(msgspec.Struct):
    revision: str = ""
    roots: tuple[str, ...] | None = None
    rego_version: int | None = None
    file_rego_versions: dict[str, int] = {}
    wasm: list[object] | None = None
    metadata: dict[str, object] | None = None


def read_manifest(files: Files) -> Manifest:
    """The manifest of a bundle; one that has none claims everything. Raises BundleError."""
    if MANIFEST not in files:
        return Manifest()
    try:
        written = msgspec.convert(plain(decode(MANIFEST, files[MANIFEST])), _Written)
    except msgspec.ValidationError as error:
        raise BundleError(f"{MANIFEST}: is no manifest ({error}): correct it") from None
    if written.wasm:
        raise BundleError(f"{MANIFEST}: names WebAssembly: build the bundle with `opa build --target rego`")
    if {written.rego_version or 1, *written.file_rego_versions.values()} != {1} or written.rego_version == 0:
        raise BundleError(f"{MANIFEST}: its rego_version is not 1: write Rego of OPA 1.x, and rego_version 1")
    roots = ("",) if written.roots is None else tuple(root.strip("/") for root in written.roots)
    return Manifest(revision=_shown(written.revision), roots=roots)


def _shown(revision: str) -> str:
    if len(revision) > _LONGEST or _ODD.search(revision):
        raise BundleError(f"{MANIFEST}: its revision is long or has odd characters: use {_LONGEST} of ASCII at most")
    return revision
