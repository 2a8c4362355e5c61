"""Policies as they were written: Rego modules and one data document, from a directory or a bundle's archive.

Names their generation; it knows nothing of what they mean. Test files (`*_test.rego`) are read only when asked for and
never count towards the generation. Names that begin with a dot are skipped, the manifest's aside. Signatures are not
looked at here: what serves requests goes through `bundle.signature` first.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from guard.errors import BundleError, ConfigError
from guard.policy.bundle.archive import Files, read_archive
from guard.policy.bundle.data import merged_data
from guard.policy.bundle.directory import read_directory
from guard.policy.bundle.manifest import read_manifest
from guard.policy.bundle.root import check_roots

_REGO: Final = ".rego"
TEST_SUFFIX: Final = "_test.rego"
_DATA: Final = "data.json"
_FOREIGN: Final = ("policy.wasm", "plan.json", "plan.pb", "patch.json", ".manifest.pb")
_GENERATION_DIGITS: Final = 12


class Module(msgspec.Struct, frozen=True):
    """One Rego file. `name` is its path below the bundle's root, with forward slashes."""

    name: str
    text: str

    @property
    def is_test(self) -> bool:
        """Whether the file holds tests, which never run on requests."""
        return self.name.endswith(TEST_SUFFIX)


class Source(msgspec.Struct, frozen=True):
    """What a bundle holds.

    `data` is a JSON object; `generation` names modules and data, tests aside; `revision` is the manifest's.
    """

    modules: tuple[Module, ...]
    data: str
    generation: str
    revision: str = ""


def read(place: Path, *, tests: bool = False) -> Source:
    """Reads a directory, or the archive of a bundle. Raises ConfigError that names the file and the cure."""
    with naming(str(place)):
        return assemble(read_directory(place) if not place.is_file() else read_archive(place), tests=tests)


def assemble(files: Files, *, tests: bool = False) -> Source:
    """The policies among a bundle's files. Raises ConfigError that names the file and the cure."""
    if foreign := next((name for name in files if name.rpartition("/")[2] in _FOREIGN), None):
        raise BundleError(f"{foreign}: is not Rego: build the bundle with `opa build --target rego`, as a whole")
    modules = tuple(Module(name, _text(name, files[name])) for name in sorted(files) if _is_module(name))
    if not any(not module.is_test for module in modules):
        raise ConfigError("holds no policy: put a .rego file with `package guard` there")
    document, manifest = merged_data(files), read_manifest(files)
    check_roots(manifest.roots, modules, document)
    # Written anew, so that a letter is the same letter whether the file spells it out or escapes it.
    data = msgspec.json.encode(document).decode()
    return Source(
        modules=tuple(module for module in modules if tests or not module.is_test),
        data=data,
        generation=_generation(modules, data),
        revision=manifest.revision,
    )


@contextmanager
def naming(place: str) -> Iterator[None]:
    """Puts a place before the message of a ConfigError that comes out of the block, and leaves its kind."""
    try:
        yield
    except ConfigError as error:
        raise type(error)(f"{place}: {error.message}") from None


def _is_module(name: str) -> bool:
    return name.endswith(_REGO) and not any(part.startswith(".") for part in name.split("/"))


def _text(name: str, content: bytes) -> str:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise ConfigError(f"{name}: is not UTF-8: save it as UTF-8") from None
    if "\0" in text:
        # The engine takes C strings: it would drop every rule behind the NUL without a word.
        raise ConfigError(f"{name}: line {text[: text.index(chr(0))].count(chr(10)) + 1}: holds a NUL: remove it")
    return text


def _generation(modules: tuple[Module, ...], data: str) -> str:
    digest = hashlib.sha256()
    parts = [(module.name, module.text) for module in modules if not module.is_test]
    for name, text in [*parts, (_DATA, data)]:
        for part in (name.encode(), text.encode()):
            digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()[:_GENERATION_DIGITS]
