"""One JSON document of an OpenAI-style answer, read in full: a chunk of a stream, or a whole body.

Every string in it becomes a slot of some channel, unless it is a name or a mark that looks like one. Nothing passes
because it was not expected.
"""

from typing import Final

from guard.core.channel import Channel
from guard.core.frame import Frame, Slot
from guard.core.tool_call import NO_CALL, CallKey, CallPiece
from guard.core.usage import Usage
from guard.dialects.json_path import PathNames
from guard.dialects.json_text import JsonError, Leaf, Path, Reader, decode_string, is_long_number
from guard.dialects.mark import Marks, is_inert, is_media, is_padding
from guard.dialects.openai_error import Origin
from guard.dialects.openai_shape import (
    ANSWER_MARKS,
    ANSWER_MEDIA,
    ANSWER_TEXTS,
    CALL_ITEMS,
    CALL_LISTS,
    CALL_PLACES,
    CALL_TEXTS,
    LABELS,
    OLD_CALL_TEXTS,
    OLD_CALLS,
    PADDING,
    SHADOWS,
    SPLIT_SAFE,
    TIME,
)
from guard.dialects.openai_usage import usage_of
from guard.errors import BackendMalformed

_SPLITTABLE: Final = frozenset({"content", "reasoning_content", "reasoning", "refusal", "text"})
_INDEX_DIGITS: Final = 4


class Document:
    """One JSON document of an answer, `raw[start:end]`.

    `marks` judges names and ids; `names` spells the paths of the answer's unknown members. `whole`: it is all of the
    answer, so every channel ends with it, and a string stands alone.
    """

    def __init__(
        self, raw: bytes, start: int, end: int, depth: int, marks: Marks, names: PathNames, *, whole: bool = False
    ) -> None:
        self._raw = raw
        self._marks = marks
        self._names = names
        self._whole = whole
        reader = Reader(raw, start, end, depth)
        try:
            self._leaves = reader.leaves()
        except JsonError as error:
            raise BackendMalformed(f"the backend's answer is not strict JSON: {error}") from None
        self._containers = reader.containers
        self._values = {leaf.path: leaf for leaf in self._leaves if not leaf.name}
        self._slots: list[Slot] = []
        self._closes: list[Channel] = []
        self._finishes: list[int] = []
        self._ranks: dict[Path, int] = {}
        self._lone = not whole
        """Whether nothing but a text stands in it that must not be said twice."""
        self.padding: tuple[int, int] | None = None
        """Where the literal of the padding stands, once `frame` has been read."""

    def frame(self) -> Frame:
        """The document as a frame."""
        for leaf in self._leaves:
            if leaf.kind == "string":
                self._string(leaf, self._text(leaf))
            elif leaf.kind == "number":
                self._number(leaf)
        shadows = tuple((c.start, c.end) for c in self._containers.values() if c.where in SHADOWS)
        usage, failure = self._usage(), self._is_failure()
        plain = self._lone and len(self._slots) == 1 and not (shadows or self._finishes or usage or failure)
        return Frame(
            self._raw,
            tuple(self._slots),
            shadows=shadows,
            closes=tuple(self._closes),
            finishes=tuple(self._finishes),
            last=self._whole or failure,
            splittable=plain and self._slots[0].channel.field in _SPLITTABLE,
            usage=usage,
            failure=failure,
            calls=self._calls(),
        )

    def _calls(self) -> tuple[CallPiece, ...]:
        """The tool calls that it has a piece of, were it only an id."""
        pieces: list[CallPiece] = []
        for path, container in self._containers.items():
            if container.where in CALL_ITEMS and container.close == b"}":
                key = CallKey(self._choice(path), self._tool(path))
                pieces.append(CallPiece(key, self._id(path), any(self._is_odd((*path, *at)) for at in CALL_TEXTS)))
            elif container.where in OLD_CALLS and container.close == b"}" and container.count:
                odd = any(self._is_odd((*path, *at)) for at in OLD_CALL_TEXTS)
                pieces.append(CallPiece(CallKey(self._choice(path), None), odd=odd))
            elif container.where in CALL_LISTS and container.close == b"]":
                continue
            elif container.where in CALL_PLACES and container.count:
                pieces.append(CallPiece(CallKey(self._choice(path), NO_CALL)))
        for leaf in self._leaves:
            if leaf.where in CALL_PLACES and not (leaf.name or leaf.kind == "empty" or self._is_null(leaf)):
                pieces.append(CallPiece(CallKey(self._choice(leaf.path), NO_CALL)))
        return tuple(pieces)

    def _is_odd(self, path: Path) -> bool:
        """Whether something stands there that is no string."""
        leaf = self._values.get(path)
        return path in self._containers or (leaf is not None and leaf.kind != "string" and not self._is_null(leaf))

    def _is_null(self, leaf: Leaf) -> bool:
        return self._raw[leaf.start : leaf.end] == b"null"

    def _id(self, path: Path) -> str:
        leaf = self._values.get((*path, "id"))
        return self._text(leaf) if leaf is not None and leaf.kind == "string" else ""

    @property
    def has_choices(self) -> bool:
        """Whether any choice is in it; a usage chunk has none."""
        return any(path[:1] == ("choices",) and len(path) == 2 for path in (*self._containers, *self._values))

    def origin(self, otherwise: Origin) -> Origin:
        """What the answer's chunks carry in their head."""
        created = self._values.get(("created",))
        digits = self._raw[created.start : created.end] if created is not None else b""
        return Origin(
            id=self._mark("id") or otherwise.id,
            object=self._mark("object") or otherwise.object,
            created=int(digits) if digits.isdigit() and len(digits) < 16 else otherwise.created,
            model=self._mark("model") or otherwise.model,
        )

    def _mark(self, name: str) -> str:
        leaf = self._values.get((name,))
        text = self._text(leaf) if leaf is not None and leaf.kind == "string" else ""
        return text if self._marks.is_mark(text) else ""

    def _string(self, leaf: Leaf, text: str) -> None:
        if leaf.name:
            self._name(leaf, text)
        elif text and not self._passes(leaf, text):
            channel = self._channel(leaf)
            self._slot(channel, text, leaf)
            if channel.field == "tool_calls.arguments":
                self._closes.append(Channel(channel.choice, "tool_calls.name", channel.tool))

    def _passes(self, leaf: Leaf, text: str) -> bool:
        """Whether a string is no text: a mark, media, padding, a label. Notes what it means for the frame."""
        where = leaf.where
        if where == "choices[].finish_reason":
            self._finishes.append(self._choice(leaf.path))
        if where in ANSWER_MARKS and self._marks.is_mark(text):
            self._lone = self._lone and (where in SPLIT_SAFE or not where.startswith("choices[].delta."))
            return True
        if where in ANSWER_MEDIA and is_media(text):
            self._lone = False
            return True
        if where == PADDING and is_padding(text):
            self.padding = (leaf.start, leaf.end)
            return True
        if leaf.path and self._known_field(leaf) is None:
            # A string of a stream may be a part of a text, however harmless it looks; one that stands alone is not.
            return (self._whole and is_inert(text)) or (leaf.path[-1] in LABELS and self._marks.is_mark(text))
        return False

    def _name(self, leaf: Leaf, text: str) -> None:
        if leaf.path[:1] == ("choices",) and leaf.path[2:4] == ("logprobs", "top_logprobs") and len(leaf.path) == 6:
            # The legacy form: an object for each place, whose names are the tokens, best first.
            parent = leaf.path[:-1]
            rank = self._ranks[parent] = self._ranks.get(parent, -1) + 1
            if text:
                self._slot(Channel(self._choice(leaf.path), f"logprobs.top_logprobs.{rank}"), text, leaf)
        elif not self._marks.is_plain_name(text):
            self._slot(self._unknown(leaf.path, "#name"), text, leaf)

    def _number(self, leaf: Leaf) -> None:
        literal = self._raw[leaf.start : leaf.end]
        if not is_long_number(literal) or (leaf.where == TIME and literal[:1] == b"1"):
            return
        self._slot(self._unknown(leaf.path), literal.decode(), leaf)

    def _known_field(self, leaf: Leaf) -> str | None:
        where = leaf.where
        for top in ("choices[].delta.", "choices[].message."):
            if where.startswith(top):
                return ANSWER_TEXTS.get(where[len(top) :])
        if where == "choices[].text":
            return "text"
        if where.startswith("choices[].logprobs.") and where.endswith((".token", ".tokens[]")):
            rank = leaf.path[-2] if "top_logprobs" in leaf.path else "token"
            return f"logprobs.{leaf.path[3]}.{rank}"
        return None

    def _channel(self, leaf: Leaf) -> Channel:
        field = self._known_field(leaf)
        if field is None:
            return self._unknown(leaf.path)
        return Channel(self._choice(leaf.path), field, self._tool(leaf.path))

    def _unknown(self, path: Path, suffix: str = "") -> Channel:
        inside = path[:1] == ("choices",) and len(path) > 2
        return Channel(self._choice(path), self._names.spell(path[2:] if inside else path) + suffix)

    def _choice(self, path: Path) -> int:
        if len(path) < 2 or path[0] != "choices":
            return -1
        return self._index((*path[:2], "index"), path[1])

    def _tool(self, path: Path) -> int | None:
        if "tool_calls" not in path:
            return None
        at = path.index("tool_calls") + 2
        return self._index((*path[:at], "index"), path[at - 1])

    def _index(self, path: Path, otherwise: str | int) -> int:
        """What `index` says, or else the position. Clients join texts by it, so it has one spelling or none."""
        leaf = self._values.get(path)
        literal = self._raw[leaf.start : leaf.end] if leaf is not None else b"null"
        if literal == b"null" and path not in self._containers:
            return otherwise if isinstance(otherwise, int) else 0
        if not literal.isdigit() or len(literal) > _INDEX_DIGITS:
            raise BackendMalformed("the backend's answer has an `index` that is not a small whole number")
        return int(literal)

    def _slot(self, channel: Channel, text: str, leaf: Leaf) -> None:
        self._slots.append(Slot(channel, text, leaf.start, leaf.end))

    def _text(self, leaf: Leaf) -> str:
        try:
            return decode_string(self._raw[leaf.start : leaf.end])
        except JsonError as error:
            raise BackendMalformed(f"the backend's answer is not strict JSON: {error}") from None

    def _is_failure(self) -> bool:
        error = self._values.get(("error",))
        return ("error",) in self._containers or (error is not None and error.kind == "string")

    def _usage(self) -> Usage | None:
        told = self._containers.get(("usage",))
        return None if told is None else usage_of(self._raw[told.start : told.end])
