"""One JSON document of an OpenAI-style answer, read in full: a chunk of a stream, or a whole body.

Every string in it becomes a slot of some channel, unless it is a name or a mark that looks like one. Nothing passes
because it was not expected.
"""

from typing import Final

import msgspec

from guard.core.channel import Channel
from guard.core.frame import Frame, Slot
from guard.core.usage import Usage
from guard.dialects.json_text import JsonError, Leaf, Path, Reader, decode_string
from guard.dialects.openai_error import Origin
from guard.dialects.openai_shape import (
    ANSWER_MARKS,
    ANSWER_MEDIA,
    ANSWER_TEXTS,
    SHADOWS,
    dotted,
    is_inert,
    is_mark,
    is_plain_name,
    shape,
)
from guard.errors import BackendMalformed

_SPLITTABLE: Final = frozenset({"content", "reasoning_content", "reasoning", "refusal", "text"})
_LONG_NUMBER: Final = 12


class _PromptDetails(msgspec.Struct):
    cached_tokens: int | None = None


class _CompletionDetails(msgspec.Struct):
    reasoning_tokens: int | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    prompt_tokens_details: _PromptDetails | None = None
    completion_tokens_details: _CompletionDetails | None = None


class Document:
    """One JSON document of an answer, read in full: a chunk, or a whole body."""

    def __init__(self, raw: bytes, start: int, end: int, depth: int) -> None:
        self._raw = raw
        reader = Reader(raw, start, end, depth)
        try:
            self._leaves = reader.leaves()
        except JsonError as error:
            raise BackendMalformed(f"the backend's answer is not strict JSON: {error}") from None
        self._containers = reader.containers
        self._numbers = {leaf.path: leaf for leaf in self._leaves if leaf.kind == "number" and not leaf.name}
        self._slots: list[Slot] = []
        self._closes: list[Channel] = []
        self._finishes: list[int] = []

    def frame(self, *, whole: bool = False) -> Frame:
        """The document as a frame. `whole`: it is all of the answer, so every channel ends with it."""
        for leaf in self._leaves:
            self._leaf(leaf)
        shadows = tuple(span for path, span in self._containers.items() if shape(path) in SHADOWS)
        usage, failure = self._usage(), bool(self._has(("error",)))
        plain = len(self._slots) == 1 and not (shadows or self._finishes or usage or failure or whole)
        return Frame(
            self._raw,
            tuple(self._slots),
            shadows=shadows,
            closes=tuple(self._closes),
            finishes=tuple(self._finishes),
            last=whole or failure,
            splittable=plain and self._slots[0].channel.field in _SPLITTABLE,
            usage=usage,
            failure=failure,
        )

    @property
    def has_choices(self) -> bool:
        """Whether any choice is in it; a usage chunk has none."""
        return any(path[:1] == ("choices",) and len(path) == 2 for path in self._containers)

    def origin(self, otherwise: Origin) -> Origin:
        """What the answer's chunks carry in their head."""
        created = self._numbers.get(("created",))
        digits = self._raw[created.start : created.end] if created is not None else b""
        return Origin(
            id=self._mark("id") or otherwise.id,
            object=self._mark("object") or otherwise.object,
            created=int(digits) if digits.isdigit() and len(digits) < 16 else otherwise.created,
            model=self._mark("model") or otherwise.model,
        )

    def _mark(self, name: str) -> str:
        for leaf in self._leaves:
            if leaf.path == (name,) and leaf.kind == "string" and not leaf.name:
                text = self._text(leaf)
                return text if is_mark(text) else ""
        return ""

    def _leaf(self, leaf: Leaf) -> None:
        if leaf.kind == "string":
            text = self._text(leaf)
            if leaf.name:
                if not is_plain_name(text):
                    self._slot(Channel(self._choice(leaf.path), dotted(leaf.path) + "#name"), text, leaf)
            elif text:
                self._string(leaf, text)
        elif leaf.kind == "number" and leaf.end - leaf.start >= _LONG_NUMBER:
            literal = self._raw[leaf.start : leaf.end].decode()
            if literal.isdigit() and shape(leaf.path) not in SHADOWS:
                self._slot(self._unknown(leaf.path), literal, leaf)

    def _string(self, leaf: Leaf, text: str) -> None:
        where = shape(leaf.path)
        if where == "choices[].finish_reason":
            self._finishes.append(self._choice(leaf.path))
        if (where in ANSWER_MARKS and is_mark(text)) or where in ANSWER_MEDIA:
            return
        channel = self._channel(where, leaf.path)
        if channel.field[0] == "$" and is_inert(text):
            return
        self._slot(channel, text, leaf)
        if channel.field == "tool_calls.arguments":
            self._closes.append(Channel(channel.choice, "tool_calls.name", channel.tool))

    def _channel(self, where: str, path: Path) -> Channel:
        for top in ("choices[].delta.", "choices[].message."):
            if where.startswith(top) and (field := ANSWER_TEXTS.get(where[len(top) :])):
                return Channel(self._choice(path), field, self._tool(path))
        if where == "choices[].text":
            return Channel(self._choice(path), "text")
        if where.startswith("choices[].logprobs.") and where.endswith((".token", "tokens[]")):
            rank = path[-2] if "top_logprobs" in path else "token"
            return Channel(self._choice(path), f"logprobs.{path[3]}.{rank}")
        return self._unknown(path)

    def _unknown(self, path: Path) -> Channel:
        inside = path[:1] == ("choices",) and len(path) > 2
        return Channel(self._choice(path), dotted(path[2:] if inside else path))

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
        leaf = self._numbers.get(path)
        if leaf is not None and (literal := self._raw[leaf.start : leaf.end]).isdigit() and len(literal) < 6:
            return int(literal)
        return otherwise if isinstance(otherwise, int) else 0

    def _slot(self, channel: Channel, text: str, leaf: Leaf) -> None:
        self._slots.append(Slot(channel, text, leaf.start, leaf.end))

    def _text(self, leaf: Leaf) -> str:
        try:
            return decode_string(self._raw[leaf.start : leaf.end])
        except JsonError as error:
            raise BackendMalformed(f"the backend's answer is not strict JSON: {error}") from None

    def _has(self, path: Path) -> bool:
        return path in self._containers or any(
            leaf.path == path and leaf.kind == "string" and not leaf.name for leaf in self._leaves
        )

    def _usage(self) -> Usage | None:
        span = self._containers.get(("usage",))
        if span is None:
            return None
        try:
            told = msgspec.json.decode(self._raw[span[0] : span[1]], type=_Usage)
        except msgspec.ValidationError:
            return None
        prompt, completion = told.prompt_tokens_details, told.completion_tokens_details
        return Usage(
            prompt=told.prompt_tokens,
            cached=prompt.cached_tokens if prompt else None,
            completion=told.completion_tokens,
            reasoning=completion.reasoning_tokens if completion else None,
        )
