"""A tool call's arguments: their JSON value, and where in the text each value stands, so that one alone is changed.

Read strictly (RFC 8259): of a name that occurs twice no two readers take the same value. Positions are code points.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Final

import msgspec

from guard.core.discreet import Discreet
from guard.core.spans import Edit
from guard.dialects.json_text import JsonError, Path, Reader

_DEPTH: Final = 64
_MOST_VALUES: Final = 65_536
_STEP: Final = re.compile(r"\.([^.\[\]]+)|\[(\d{1,6}|\*)\]")
_ANY: Final = "*"
_UNSPOKEN: Final = re.compile(r"[.\[\]]|^$")
_WIDE: Final = re.compile(r"[^\x00-\x7f]")
MASK: Final = "[REDACTED]"

Step = str | int
"""A member's name, an item's index; `*` after a list for every item."""


class Argument(Discreet, frozen=True):
    """One value: its path, the value itself, and its literal `text[start:end]` in the arguments."""

    path: Path
    value: object
    start: int
    end: int


class Misplaced(Exception):
    """Where a path leads there is something, but nothing that the path fits."""


class Arguments:
    """The arguments of one call. `value` is None, and `readable` False, if they are no JSON."""

    def __init__(self, text: str, *, plain: bool = False) -> None:
        """`plain`: they are a text and no JSON at all. Nothing at all stands for no arguments, as some servers send."""
        self._text = text
        self._spans: dict[Path, tuple[int, int]] = {}
        """Where each value stands, in bytes."""
        self.value: object = text if plain else {}
        self.readable = True
        if not plain and text.strip():
            self.readable = self._read()

    def _read(self) -> bool:
        raw = self._text.encode("utf-8", "surrogatepass")
        reader = Reader(raw, depth=_DEPTH, most=_MOST_VALUES, one_by_one=True)
        try:
            leaves = reader.leaves()
            self.value = msgspec.json.decode(raw)
        except (JsonError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            self.value = None
            return False
        self._spans = {leaf.path: (leaf.start, leaf.end) for leaf in leaves if not leaf.name}
        self._spans |= {path: (found.start, found.end) for path, found in reader.containers.items()}
        return True

    def leaves(self) -> Iterator[tuple[Path, object]]:
        """Each value that has no members."""
        yield from leaves_of(self.value)

    def at(self, path: str) -> Sequence[Argument]:
        """The values at a path like `$.list[*].name`; none where a member or an item is missing. Raises Misplaced."""
        if not self.readable:
            raise Misplaced
        return [self._placed(place, value) for place, value in _walk((), self.value, _steps(path))]

    def _placed(self, path: Path, value: object) -> Argument:
        if path not in self._spans:
            raise Misplaced
        start, end = self._spans[path]
        return Argument(path, value, self._place(start), self._place(end))

    def _place(self, at: int) -> int:
        """A position in bytes as one in characters."""
        before = bisect_left(self._wide, at, key=lambda wide: wide[0])
        return at - (self._wide[before - 1][1] if before else 0)

    @cached_property
    def _wide(self) -> Sequence[tuple[int, int]]:
        """The characters of several bytes: where each begins, and how many bytes more than characters end with it."""
        found, extra = [], 0
        for match in _WIDE.finditer(self._text):
            size = len(match[0].encode("utf-8", "surrogatepass"))
            found.append((match.start() + extra, extra + size - 1))
            extra += size - 1
        return found


def spelled(path: Path) -> str:
    """A path as policies write it; a name that has no such spelling is a `?`."""
    return "$" + "".join(
        f"[{step}]" if isinstance(step, int) else f".{'?' if _UNSPOKEN.search(step) else step}" for step in path
    )


def rewritten(argument: Argument, value: object) -> Edit:
    """The edit that puts another value in this one's place."""
    return Edit(argument.start, argument.end, msgspec.json.encode(value).decode())


def redacted(argument: Argument) -> Edit:
    """The edit that takes a value out: a text becomes a mask, anything else null."""
    return rewritten(argument, None if argument.value is None or _is_scalar(argument.value) else MASK)


def apart(edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """Edits in order; of those that overlap the widest stays."""
    kept: list[Edit] = []
    for edit in sorted(edits, key=lambda one: (one.start, -one.end)):
        if not kept or edit.start >= kept[-1].end:
            kept.append(edit)
    return tuple(kept)


def _is_scalar(value: object) -> bool:
    return isinstance(value, bool | int | float)


def _steps(path: str) -> tuple[Step, ...]:
    return tuple(
        name or (_ANY if index == _ANY else int(index)) for name, index in _STEP.findall(path.removeprefix("$"))
    )


def _walk(path: Path, value: object, steps: Sequence[Step]) -> Iterator[tuple[Path, object]]:
    if not steps:
        yield path, value
        return
    step, rest = steps[0], steps[1:]
    if value is None:
        return
    if step == _ANY or isinstance(step, int):
        if not isinstance(value, list):
            raise Misplaced
        places = range(len(value)) if step == _ANY else [step] if int(step) < len(value) else []
        for place in places:
            yield from _walk((*path, int(place)), value[int(place)], rest)
    elif not isinstance(value, dict):
        raise Misplaced
    elif step in value:
        yield from _walk((*path, step), value[step], rest)


def leaves_of(value: object, path: Path = ()) -> Iterator[tuple[Path, object]]:
    """Each value of a JSON value that has no members, and its path."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield from leaves_of(member, (*path, name))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from leaves_of(item, (*path, place))
    else:
        yield path, value
