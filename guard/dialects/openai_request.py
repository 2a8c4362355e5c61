"""Reads OpenAI-style requests: a typed view for the policy, and the frame that keeps the client's bytes."""

from typing import Final

import msgspec

from guard.core.channel import Channel
from guard.core.facts import MessageFacts
from guard.core.frame import Frame, Slot
from guard.dialects.json_text import JsonError, Leaf, Path, Reader, decode_string
from guard.dialects.openai_shape import (
    REQUEST_MARKS,
    REQUEST_MEDIA,
    SMUGGLING,
    TOKEN_ID_TEXTS,
    dotted,
    is_inert,
    is_mark,
    is_plain_name,
    shape,
)
from guard.errors import MalformedRequest
from guard.ports import Prompt

_LONG_NUMBER: Final = 12
_MOST_CHOICES: Final = 128


class _StreamOptions(msgspec.Struct):
    include_usage: bool | None = None


class _View(msgspec.Struct):
    model: str
    stream: bool | None = None
    n: int | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    stream_options: _StreamOptions | None = None


class RequestReader:
    """Reads one request body. Raises MalformedRequest."""

    def __init__(self, body: bytes, depth: int) -> None:
        self._body = body
        reader = Reader(body, depth=depth)
        try:
            self._leaves = reader.leaves()
        except JsonError as error:
            raise MalformedRequest(f"The body is not strict JSON: {error}.") from None
        self._containers = reader.containers
        if () not in self._containers and not any(leaf.path == () and leaf.kind == "empty" for leaf in self._leaves):
            raise MalformedRequest("The body must be a JSON object.")
        self._slots: list[Slot] = []
        self._members: dict[str, None] = {}
        self._roles: dict[int, str] = {}
        self._chars: dict[int, int] = {}
        self._media: dict[int, int] = {}
        self._tools: list[str] = []

    def prompt(self, *, stream_allowed: bool) -> Prompt:
        """The request. `stream_allowed`: whether this API streams at all."""
        view = self._view()
        for leaf in self._leaves:
            self._leaf(leaf)
        stream = bool(view.stream) and stream_allowed
        patches = self._ask_for_usage(view) if stream else ()
        return Prompt(
            frame=Frame(self._body, tuple(self._slots), last=True, patches=patches),
            model=view.model,
            stream=stream,
            choices=max(1, min(view.n or 1, _MOST_CHOICES)),
            max_tokens=view.max_completion_tokens if view.max_completion_tokens is not None else view.max_tokens,
            messages=self._messages(),
            tools=tuple(self._tools),
            members=tuple(self._members),
            usage_hidden=bool(patches),
        )

    def _view(self) -> _View:
        try:
            view = msgspec.json.decode(self._body, type=_View)
        except msgspec.ValidationError as error:
            raise MalformedRequest(f"The request does not fit the API: {error}.") from None
        except msgspec.DecodeError:
            raise MalformedRequest("The body is not valid JSON.") from None
        if not is_mark(view.model):
            raise MalformedRequest("`model` must be a model's name: letters, digits and _.:/@+=~-")
        return view

    def _messages(self) -> tuple[MessageFacts, ...]:
        return tuple(
            MessageFacts(self._roles.get(i, ""), self._chars.get(i, 0), self._media.get(i, 0))
            for i in sorted({*self._roles, *self._chars, *self._media})
        )

    def _leaf(self, leaf: Leaf) -> None:
        self._note_member(leaf)
        if leaf.kind == "string":
            self._string(leaf, self._text(leaf))
        elif leaf.kind == "number" and leaf.end - leaf.start >= _LONG_NUMBER and leaf.path != ("seed",):
            literal = self._body[leaf.start : leaf.end].decode()
            if literal.isdigit():
                self._slot(leaf, literal)

    def _string(self, leaf: Leaf, text: str) -> None:
        where = shape(leaf.path)
        if leaf.name:
            if not is_plain_name(text):
                self._slot(leaf, text, "#name")
        elif where == "messages[].role" and isinstance(leaf.path[1], int):
            self._roles[leaf.path[1]] = text if is_mark(text) else ""
            if not is_mark(text):
                self._slot(leaf, text)
        elif where in REQUEST_MEDIA and (not where.endswith("url") or text.startswith("data:")):
            self._count(self._media, leaf.path, 1)
        elif where in REQUEST_MARKS and is_mark(text):
            return
        elif text:
            self._inspect(leaf, where, text)

    def _inspect(self, leaf: Leaf, where: str, text: str) -> None:
        if where in REQUEST_MEDIA:
            self._count(self._media, leaf.path, 1)
        elif leaf.path[0] == "messages":
            self._count(self._chars, leaf.path, len(text))
        if where == "tools[].function.name":
            self._tools.append(text if is_mark(text) else "")
        if not is_inert(text):
            self._slot(leaf, text)

    def _note_member(self, leaf: Leaf) -> None:
        """Notes the members that smuggle, by name wherever they stand at the top, and token ids in place of text."""
        if not leaf.path:
            return
        top = leaf.path[0]
        if top in SMUGGLING:
            member = shape(leaf.path[:2]) if top == "nvext" and len(leaf.path) > 1 else str(top)
            self._members[member.removesuffix("[]")] = None
        elif top in TOKEN_ID_TEXTS and leaf.kind in ("number", "numbers"):
            self._members[f"{top}.token_ids"] = None

    @staticmethod
    def _count(table: dict[int, int], path: Path, amount: int) -> None:
        index = path[1] if len(path) > 1 else None
        if isinstance(index, int):
            table[index] = table.get(index, 0) + amount

    def _slot(self, leaf: Leaf, text: str, suffix: str = "") -> None:
        self._slots.append(Slot(Channel(0, dotted(leaf.path) + suffix), text, leaf.start, leaf.end))

    def _text(self, leaf: Leaf) -> str:
        try:
            return decode_string(self._body[leaf.start : leaf.end])
        except JsonError as error:
            raise MalformedRequest(f"The body is not strict JSON: {error}.") from None

    def _ask_for_usage(self, view: _View) -> tuple[tuple[int, int, bytes], ...]:
        """What to change so that the backend reports usage; nothing if the client asked already."""
        if view.stream_options is not None and view.stream_options.include_usage:
            return ()
        for leaf in self._leaves:
            if not leaf.name and leaf.path == ("stream_options", "include_usage"):
                return ((leaf.start, leaf.end, b"true"),)
            if not leaf.name and leaf.path == ("stream_options",):
                return ((leaf.start, leaf.end, b'{"include_usage":true}'),)
        span = self._containers.get(("stream_options",))
        if span is not None:
            return ((span[0] + 1, span[0] + 1, b'"include_usage":true,'),)
        end = self._containers[()][1] - 1
        return ((end, end, b',"stream_options":{"include_usage":true}'),)
