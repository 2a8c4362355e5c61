"""Copies a pack of rules into an operator's directory, with what it needs: the starter policy, the library, the tests.

Nothing that is there already is touched: a file that differs is the operator's own. It reads and writes files only.
"""

import difflib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from guard.errors import ConfigError

TOOL_ENTRY: Final = """\
# Guard asks about tool calls because this file is here. What packs say of them is joined: the stricter holds.
package guard

tools_are_asked_about := true

tool := {"packs": said_of_tools}
"""
"""Beside the starter policy it makes Guard hold each tool call until the packs have decided on it."""

_OF_ALL_PACKS: Final = frozenset({"packs_test.rego"})
"""Tests that need several packs."""


class Copied(msgspec.Struct, frozen=True):
    """What became of the files, by their paths: made, or kept as they were. `named`: the settings name the pack."""

    made: tuple[Path, ...]
    kept: tuple[Path, ...]
    named: bool


def names(bundled: Path) -> tuple[str, ...]:
    """The packs that come with Guard, in order."""
    return tuple(sorted(path.name for path in (bundled / "packs").iterdir() if path.is_dir()))


def copy(bundled: Path, pack: str, directory: Path) -> Copied:
    """Copies `pack` from `bundled`, a directory like Guard's own policies. Raises ConfigError that says what to do."""
    known = names(bundled)
    if pack not in known:
        near = difflib.get_close_matches(pack, known, n=1)
        cure = f"did you mean {near[0]}?" if near else f"choose one of {', '.join(known)}"
        raise ConfigError(f"there is no pack {pack}: {cure}")
    made: list[Path] = []
    kept: list[Path] = []
    for name, text in _files(bundled, pack):
        path = directory / name
        (made if _write(path, text) else kept).append(path)
    settings = directory / "settings.rego"
    return Copied(tuple(made), tuple(kept), named=settings in made)


def _files(bundled: Path, pack: str) -> Iterator[tuple[str, str]]:
    """Every file by its path below the directory; the settings name the pack."""
    yield from _beside(bundled, "")
    yield from _beside(bundled, "lib/")
    yield from _beside(bundled, f"packs/{pack}/")
    rules = sorted((bundled / "packs" / pack).glob("*.rego"))
    if any("\ntool :=" in rule.read_text(encoding="utf-8") for rule in rules):
        yield "tool.rego", TOOL_ENTRY
    settings = (bundled / "settings.rego").read_text(encoding="utf-8")
    yield "settings.rego", settings.replace("\npacks := []\n", f'\npacks := ["{pack}"]\n')


def _beside(bundled: Path, folder: str) -> Iterator[tuple[str, str]]:
    for path in sorted((bundled / folder).glob("*.rego")):
        if folder or path.name not in {*_OF_ALL_PACKS, "settings.rego"}:
            yield folder + path.name, path.read_text(encoding="utf-8")


def _write(path: Path, text: str) -> bool:
    """Whether it was written: a file that is there stays."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        return False
    except OSError as error:
        raise ConfigError(f"{path}: can't be written ({error.strerror}): name another directory") from None
    return True
