"""Sets and removes members of a JSON object in its bytes; every other byte stays as it came."""

from collections.abc import Sequence
from typing import Final

import msgspec

from guard.core.frame import Frame
from guard.core.rewrite import REMOVED, Removed, Rewrite
from guard.dialects.json_text import JsonError, Leaf, Path, Reader, encode_string
from guard.errors import MalformedRequest

Patch = tuple[int, int, bytes]
_MOST_VALUES: Final = 250_000


def rewritten(frame: Frame, changes: Rewrite, depth: int) -> Frame:
    """The frame of a request with these changes among its patches. Raises MalformedRequest."""
    return msgspec.structs.replace(frame, patches=(*frame.patches, *_Object(frame.raw, depth).patches(changes)))


class _Object:
    """One JSON object's bytes and where its members stand."""

    def __init__(self, raw: bytes, depth: int) -> None:
        reader = Reader(raw, depth=depth, most=_MOST_VALUES)
        try:
            leaves = reader.leaves()
        except JsonError as error:
            raise MalformedRequest(f"The body is not strict JSON: {error}.") from None
        self._containers = reader.containers
        self._names = [leaf for leaf in leaves if leaf.name]
        self._ends = {leaf.path: (leaf.start, leaf.end) for leaf in leaves if not leaf.name}
        self._ends |= {path: (held.start, held.end) for path, held in reader.containers.items()}
        self._anew: frozenset[Path] = frozenset()
        """Members that go or become something else, and have a member that is to be set: objects of that alone."""

    def patches(self, changes: Rewrite) -> list[Patch]:
        self._anew = frozenset(path[:steps] for path in changes for steps in range(1, len(path))) & changes.keys()
        changes = {path: value for path, value in changes.items() if path not in self._anew}
        removed: set[Path] = {path for path, value in changes.items() if value is REMOVED and path in self._ends}
        found = self._removals(removed)
        missing: dict[Path, list[tuple[str, object]]] = {}
        for at, inner in self._written(changes).items():
            if at in self._ends:
                found.append((*self._ends[at], _literal(inner)))
            else:
                missing.setdefault(at[:-1], []).append((str(at[-1]), inner))
        return found + [self._insertion(parent, members) for parent, members in missing.items()]

    def _written(self, changes: Rewrite) -> dict[Path, object]:
        """What is to be set, by where it stands: members of one object that is not there yet make one object."""
        written: dict[Path, object] = {}
        for path, value in changes.items():
            if isinstance(value, Removed):
                continue
            at, inner = self._place(path, value)
            before = written.get(at)
            written[at] = {**before, **inner} if isinstance(before, dict) and isinstance(inner, dict) else inner
        return written

    def _place(self, path: Path, value: object) -> tuple[Path, object]:
        """The path of the member to write, and its value: further up where an object above it is missing."""
        while path[:-1] and not self._is_object(path[:-1]):
            path, value = path[:-1], {str(path[-1]): value}
        return path, value

    def _is_object(self, path: Path) -> bool:
        container = self._containers.get(path)
        return path not in self._anew and container is not None and container.close == b"}"

    def _insertion(self, parent: Path, members: Sequence[tuple[str, object]]) -> Patch:
        at = self._containers[parent].start + 1
        text = b",".join(encode_string(name) + b":" + _literal(value) for name, value in members)
        return at, at, text + b"," if self._containers[parent].count else text

    def _removals(self, removed: set[Path]) -> list[Patch]:
        """Members of the top alone are taken out; one of them always stays."""
        members = [leaf for leaf in self._names if len(leaf.path) == 1]
        found: list[Patch] = []
        for index, member in enumerate(members):
            if member.path not in removed:
                continue
            if index + 1 < len(members):
                found.append((member.start, members[index + 1].start, b""))
            else:
                found = self._trailing(members, removed, found)
        return found

    def _trailing(self, members: Sequence[Leaf], removed: set[Path], found: list[Patch]) -> list[Patch]:
        """The last members go together with the comma in front of them."""
        last = len(members)
        while last and members[last - 1].path in removed:
            last -= 1
        start = self._ends[members[last - 1].path][1] if last else self._containers[()].start + 1
        kept = [patch for patch in found if patch[0] < start]
        return [*kept, (start, self._ends[members[-1].path][1], b"")]


def _literal(value: object) -> bytes:
    return encode_string(value) if isinstance(value, str) else msgspec.json.encode(value)
