"""Tool calls out of an answer of OpenAI's form, and the refusal in their place; every other byte stays as it came.

A call that goes leaves no trace: no id, no empty piece, no gap in the indices, by which SDKs join the pieces (the
OpenAI libraries for Python and JavaScript build a list by place). A `finish_reason` that names calls becomes `stop`
when none is left. The client learns of a refusal by a text, as from the model, and by a `guard` member.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from guard.core.spans import apply
from guard.core.tool_call import Amendment, Refusal
from guard.dialects.json_text import Leaf, Path, Reader, decode_string, encode_string
from guard.dialects.openai_shape import SHADOWS

_Splice = tuple[int, int, bytes]
_Span = tuple[int, int]

_CALLS_END: Final = (b'"tool_calls"', b'"function_call"')
_NOTHING: Final = (b"null", b'""', b"[]", b"{}")
_ARGUMENTS: Final = (("function", "arguments"), ("custom", "input"))
_OLD: Final = "function_call"
_FINISH: Final = "finish_reason"


class RefusedCall(msgspec.Struct, frozen=True):
    """A call that the client does not get."""

    name: str
    code: str


class ToolNote(msgspec.Struct, frozen=True):
    """The `guard` member of an answer that lost calls."""

    exchange: str
    calls: Sequence[RefusedCall]
    reason: str = "tool_denied"
    findings: Sequence[str] = ("TOOL_DENIED",)


def refusal_text(refusals: Iterable[Refusal], *, behind: bool) -> str:
    """What the client is told; `behind`: some text stands before it."""
    return ("\n\n" if behind else "") + "\n".join(refusal.text for refusal in refusals)


def tool_note(refusals: Iterable[Refusal], exchange: str) -> ToolNote:
    """The `guard` member."""
    return ToolNote(exchange, tuple(RefusedCall(refusal.name, refusal.code) for refusal in refusals))


class AmendedDocument:
    """One JSON document of an answer, `raw[start:end]`: a chunk's, or a whole body. Ask for its bytes once."""

    def __init__(self, raw: bytes, start: int, end: int, depth: int, exchange: str) -> None:
        reader = Reader(raw, start, end, depth)
        self._raw = raw
        self._exchange = exchange
        self._leaves = reader.leaves()
        self._containers = reader.containers
        self._values = {leaf.path: leaf for leaf in self._leaves if not leaf.name}
        self._splices: list[_Splice] = []
        self._silent: set[Path] = set()
        """Choices that say nothing any more."""
        self._lost = False

    def amend(self, amendment: Amendment, *, streamed: bool) -> tuple[Refusal, ...]:
        """Makes an amendment. Returns what the client has yet to be told, in an event of its own.

        A chunk that says more than that its choice ends tells it itself, as a whole answer does.
        """
        untold = amendment.said
        for path in self._choices(amendment.choice):
            holder = (*path, "delta") if (*path, "delta") in self._containers else (*path, "message")
            gone = self._take_out(path, holder, amendment)
            if amendment.emptied:
                self._end(path)
            if untold and (gone or not streamed or not self._says_nothing(holder, set())):
                self._tell(holder, amendment, gone)
                untold = ()
            if gone and not amendment.said and self._says_nothing(holder, gone) and self._is_null((*path, _FINISH)):
                self._silent.add(path)
        return untold

    @property
    def says_nothing(self) -> bool:
        """Whether nothing is left that a client should get."""
        choices = {path for path, container in self._containers.items() if container.where == "choices[]"}
        return self._lost and choices == self._silent and ("usage",) not in self._containers

    def written(self) -> bytes:
        """The document, and what stands around it in `raw`."""
        out: list[bytes] = []
        at = 0
        for start, end, new in sorted(self._splices):
            if start < at:
                continue  # Within what has gone already.
            out += (self._raw[at:start], new)
            at = end
        return b"".join((*out, self._raw[at:]))

    def _choices(self, number: int) -> list[Path]:
        places = [path for path, container in self._containers.items() if container.where == "choices[]"]
        return [path for path in places if self._index(path) == number]

    def _index(self, path: Path) -> int:
        leaf = self._values.get((*path, "index"))
        literal = self._literal(leaf) if leaf is not None else b""
        place = path[-1]
        return int(literal) if literal.isdigit() else place if isinstance(place, int) else 0

    def _take_out(self, path: Path, holder: Path, amendment: Amendment) -> set[str]:
        """Takes the dropped calls out and amends the others. Returns the holder's members that go with them."""
        calls = (*holder, "tool_calls")
        items = self._items(calls)
        drops = [self._index((*calls, place)) in amendment.dropped for place in range(len(items))]
        gone = {"tool_calls"} if drops and all(drops) else set()
        if None in amendment.dropped and (*holder, _OLD) in self._containers:
            gone.add(_OLD)
        if gone:
            members = self._members(holder)
            self._remove([span for _, span in members], [name in gone for name, _ in members])
        elif any(drops):
            self._remove(items, drops)
        kept = [(*calls, place) for place, drop in enumerate(drops) if not drop]
        changed = [self._amend_call(item, amendment) for item in kept]
        changed.append(self._edit((*holder, _OLD, "arguments"), None, amendment))
        if gone or any(drops) or any(changed):
            self._hide(path)
        self._lost = self._lost or bool(gone)
        return gone

    def _amend_call(self, item: Path, amendment: Amendment) -> bool:
        """Gives a call that stays its new index and arguments; whether the arguments changed."""
        index = self._index(item)
        leaf = self._values.get((*item, "index"))
        if leaf is not None and index in amendment.numbers:
            self._splices.append((leaf.start, leaf.end, str(amendment.numbers[index]).encode()))
        changed = [self._edit((*item, *steps), index, amendment) for steps in _ARGUMENTS]
        return True in changed

    def _edit(self, path: Path, index: int | None, amendment: Amendment) -> bool:
        leaf, edits = self._values.get(path), amendment.edits.get(index)
        if leaf is None or leaf.kind != "string" or not edits:
            return False
        text = decode_string(self._literal(leaf))
        written = apply(text, amendment.bases.get(index, 0), edits)
        if written != text:
            self._splices.append((leaf.start, leaf.end, encode_string(written)))
        return written != text

    def _end(self, path: Path) -> None:
        leaf = self._values.get((*path, _FINISH))
        if leaf is not None and self._literal(leaf) in _CALLS_END:
            self._splices.append((leaf.start, leaf.end, b'"stop"'))

    def _hide(self, path: Path) -> None:
        """What repeats a choice's text in another form (log-probabilities, token ids) becomes null."""
        for container in self._containers.values():
            if container.where in SHADOWS and container.path[:2] in (path, container.path[:1]):
                self._splices.append((container.start, container.end, b"null"))

    def _tell(self, holder: Path, amendment: Amendment, gone: set[str]) -> None:
        """Puts the refusal behind the content, and the `guard` member at the end of the document."""
        place = (*holder, "content")
        leaf, container = self._values.get(place), self._containers.get(place)
        here = decode_string(self._literal(leaf)) if leaf is not None and leaf.kind == "string" else ""
        behind = bool(here) or (amendment.spoken and holder[-1] == "delta")
        told = refusal_text(amendment.said, behind=behind or (container is not None and container.count > 0))
        if container is not None and container.close == b"]":
            part = b'{"type":"text","text":' + encode_string(told) + b"}"
            at = container.end - 1
            self._splices.append((at, at, (b"," if container.count else b"") + part))
        elif leaf is not None:
            self._splices.append((leaf.start, leaf.end, encode_string(here + told)))
        elif holder in self._containers:
            at = self._containers[holder].start + 1
            rest = any(name not in gone for name, _ in self._members(holder))
            self._splices.append((at, at, b'"content":' + encode_string(told) + (b"," if rest else b"")))
        self._note(tool_note(amendment.said, self._exchange))

    def _note(self, note: ToolNote) -> None:
        written, known = msgspec.json.encode(note), self._span(("guard",))
        at = self._containers[()].end - 1
        self._splices.append((at, at, b',"guard":' + written) if known is None else (*known, written))

    def _says_nothing(self, holder: Path, gone: set[str]) -> bool:
        """Whether no member is left in a delta but empty ones."""
        return all(name in gone or self._is_nothing((*holder, name)) for name, _ in self._members(holder))

    def _is_nothing(self, path: Path) -> bool:
        span = self._span(path)
        return span is None or self._raw[span[0] : span[1]] in _NOTHING

    def _is_null(self, path: Path) -> bool:
        leaf = self._values.get(path)
        return leaf is None or self._literal(leaf) == b"null"

    def _remove(self, spans: Sequence[_Span], drops: Sequence[bool]) -> None:
        """Takes members or items out of their container, each with one comma."""
        last_kept = max((place for place, drop in enumerate(drops) if not drop), default=-1)
        for place, drop in enumerate(drops):
            if not drop:
                continue
            start, end = spans[place]
            if place < last_kept:
                end = spans[place + 1][0]
            elif place:
                start = spans[place - 1][1]
            self._splices.append((start, end, b""))

    def _members(self, path: Path) -> list[tuple[str, _Span]]:
        """An object's members in order: each name, and where the member stands."""
        found: list[tuple[str, _Span]] = []
        for leaf in self._leaves:
            if leaf.name and leaf.path[:-1] == path:
                span = self._span(leaf.path)
                found.append((str(leaf.path[-1]), (leaf.start, leaf.end if span is None else span[1])))
        return found

    def _items(self, path: Path) -> list[_Span]:
        container = self._containers.get(path)
        spans = [self._span((*path, place)) for place in range(container.count if container is not None else 0)]
        return [span for span in spans if span is not None]

    def _span(self, path: Path) -> _Span | None:
        found = self._containers.get(path) or self._values.get(path)
        return None if found is None else (found.start, found.end)

    def _literal(self, leaf: Leaf) -> bytes:
        return self._raw[leaf.start : leaf.end]
