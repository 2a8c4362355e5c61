"""Reads OpenAI-style requests: a typed view for the policy, and the frame that keeps the client's bytes."""

from typing import Annotated, Final

import msgspec

from guard.core.channel import Channel
from guard.core.facts import MessageFacts, Scalar
from guard.core.frame import Frame, Slot
from guard.core.prompt import Prompt
from guard.dialects.json_path import PathNames
from guard.dialects.json_text import JsonError, Leaf, Path, Reader, decode_string, is_long_number
from guard.dialects.mark import FORM_ALONE, Marks, is_inert, is_media, is_model
from guard.dialects.openai_call import earlier_calls, offered_tools
from guard.dialects.openai_media import KINDS, MediaCount
from guard.dialects.openai_member import member_of, misspelled
from guard.dialects.openai_shape import REQUEST_MARKS, REQUEST_MEDIA, SEED
from guard.errors import MalformedRequest

_MOST_TEXTS: Final = 16_384
"""Texts that one request may consist of."""

_MOST_VALUES: Final = 250_000
"""Names and values that it may have: reading them takes a second."""

_SPOKEN: Final = frozenset({"prompt", "input", "suffix"})
"""Members whose text is a user's, without a role of its own."""

_SCALARS: Final = frozenset({"string", "number", "word"})
_TOOL_NAMES: Final = frozenset({"tools[].function.name", "functions[].name"})
_Choices = Annotated[int, msgspec.Meta(ge=1, le=128)]
_Tokens = Annotated[int, msgspec.Meta(ge=-2, le=2**31 - 1)]


_PART: Final = "messages[].content[].text"
"""A message's part: however short, since a model reads it together with the others."""

_MOST_CHOICES: Final = 4_096

_READ: Final = frozenset(
    {"prompt", "input", "tools", "functions", "response_format", "documents", "chat_template_kwargs"}
)
"""Members that chat templates show to the model, with the names in them."""
_ID_CHARS: Final = 4
"""What a token's id counts for: a token of text has about as many."""


class _StreamOptions(msgspec.Struct):
    include_usage: bool | None = None


class _View(msgspec.Struct):
    model: str
    stream: bool | None = None
    n: _Choices | None = None
    n_cmpl: _Choices | None = None
    """llama.cpp's name for `n`, which its server heeds before that."""
    best_of: _Choices | None = None
    max_tokens: _Tokens | None = None
    max_completion_tokens: _Tokens | None = None
    n_predict: _Tokens | None = None
    """llama.cpp's, which its server heeds before the others."""
    stream_options: _StreamOptions | None = None


class RequestReader:
    """Reads one request body. Raises MalformedRequest."""

    def __init__(self, body: bytes, depth: int, marks: Marks = FORM_ALONE) -> None:
        self._body = body
        self._marks = marks
        reader = Reader(body, depth=depth, most=_MOST_VALUES)
        try:
            self._leaves = reader.leaves()
        except JsonError as error:
            raise MalformedRequest(f"The body is not strict JSON: {error}.") from None
        self._containers = reader.containers
        if () not in self._containers:
            raise MalformedRequest("The body must be a JSON object.")
        self._names = PathNames(marks)
        self._slots: list[Slot] = []
        self._sources: list[int | str] = []
        """Whence each slot's text is: its message's index, or a role, empty for texts outside the conversation."""
        self._members: dict[str, None] = {}
        self._roles: dict[int, str] = {}
        self._chars: dict[int, int] = {}
        self._media: dict[int, int] = {}
        self._parts = MediaCount()
        self._prompts: set[str | int] = set()
        self._tools: list[str] = []
        self._aside = 0

    def prompt(self, *, stream_allowed: bool) -> Prompt:
        """The request. `stream_allowed`: whether this API streams at all."""
        view = self._view()
        for leaf in self._leaves:
            slots = len(self._slots)
            self._leaf(leaf)
            self._count_prompt(leaf)
            if len(self._slots) == slots:
                self._aside += self._aside_of(leaf)
        stream = bool(view.stream) and stream_allowed
        patches = self._ask_for_usage(view) if stream else ()
        choices = max(view.n or 1, view.n_cmpl or 1) * max(1, len(self._prompts))
        if choices > _MOST_CHOICES:
            raise MalformedRequest(f"The request asks for {choices} answers; {_MOST_CHOICES} at most.")
        return Prompt(
            frame=Frame(self._body, tuple(self._slots), last=True, patches=patches),
            model=view.model,
            stream=stream,
            choices=choices,
            max_tokens=_most_tokens(view),
            messages=self._messages(),
            roles=tuple(self._roles.get(s) or "user" if isinstance(s, int) else s for s in self._sources),
            groups=self._groups(),
            tools=tuple(self._tools),
            members=tuple(self._members),
            usage_hidden=bool(patches),
            media=self._parts.facts(),
            message_of=self._message_of(),
            names=tuple(str(leaf.path[0]) for leaf in self._leaves if leaf.name and len(leaf.path) == 1),
            parameters=self._parameters(),
            calls=earlier_calls(self._leaves, self._text, self._slots_of(), self._marks),
            offered=offered_tools(self._leaves, self._text, self._containers, self._body, self._marks),
            aside_chars=self._aside,
        )

    def _view(self) -> _View:
        try:
            view = msgspec.json.decode(self._body, type=_View)
        except msgspec.ValidationError as error:
            raise MalformedRequest(f"The request does not fit the API: {error}.") from None
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise MalformedRequest("The body is not valid JSON in UTF-8.") from None
        if not is_model(view.model):
            raise MalformedRequest("`model` must be a model's name: words of letters and digits with _.:/+=~- between.")
        return view

    def _messages(self) -> tuple[MessageFacts, ...]:
        return tuple(
            MessageFacts(self._roles.get(i, ""), self._chars.get(i, 0), self._media.get(i, 0)) for i in self._numbers()
        )

    def _numbers(self) -> list[int]:
        """Where the messages that are told of stand."""
        return sorted({*self._roles, *self._chars, *self._media})

    def _message_of(self) -> tuple[int | None, ...]:
        place = {number: index for index, number in enumerate(self._numbers())}
        return tuple(place.get(source) if isinstance(source, int) else None for source in self._sources)

    def _slots_of(self) -> dict[int, list[int]]:
        """The slots of each message, by its place."""
        of: dict[int, list[int]] = {}
        for slot, source in enumerate(self._sources):
            if isinstance(source, int):
                of.setdefault(source, []).append(slot)
        return of

    def _groups(self) -> tuple[tuple[int, ...], ...]:
        """The slots of each message that has several."""
        return tuple(tuple(slots) for slots in self._slots_of().values() if len(slots) > 1)

    def _parameters(self) -> dict[str, Scalar]:
        """The request's own scalar members; strings and names only if they are plain words."""
        found: dict[str, Scalar] = {}
        for leaf in self._leaves:
            if leaf.name or len(leaf.path) != 1 or leaf.kind not in _SCALARS:
                continue
            name, value = str(leaf.path[0]), _scalar(self._body[leaf.start : leaf.end])
            if self._marks.is_plain_name(name) and not (isinstance(value, str) and not self._marks.is_mark(value)):
                found[name] = value
        return found

    def _count_prompt(self, leaf: Leaf) -> None:
        """Each item of `prompt` is one of its own, but for ids, which together are one."""
        path = leaf.path
        if path[0] != "prompt" or leaf.name or len(path) < 2:
            return
        if len(path) > 2 or leaf.kind != "number":
            self._prompts.add(path[1])

    def _leaf(self, leaf: Leaf) -> None:
        if member := member_of(leaf, self._body[leaf.start : leaf.end]):
            self._members[member] = None
        if leaf.name:
            self._name(leaf, self._text(leaf))
        elif leaf.kind == "string":
            self._string(leaf, self._text(leaf))
        elif leaf.kind == "number" and leaf.where != SEED:
            literal = self._body[leaf.start : leaf.end]
            if is_long_number(literal):
                self._slot(leaf, literal.decode())

    def _aside_of(self, leaf: Leaf) -> int:
        """Characters that a model may read of what is no text to inspect."""
        where, size = leaf.where, leaf.end - leaf.start
        if leaf.path[0] == "messages":
            said = leaf.kind == "string" and not leaf.name and where not in REQUEST_MARKS and where not in REQUEST_MEDIA
            return max(0, size - 2) if said else 0
        if leaf.path[0] not in _READ or (leaf.name and len(leaf.path) == 1):
            return 0
        if leaf.kind == "numbers":
            return max(size, _ID_CHARS * (self._body.count(b",", leaf.start, leaf.end) + 1))
        return max(0, size - 2) if leaf.name or leaf.kind == "string" else size

    def _name(self, leaf: Leaf, text: str) -> None:
        if len(leaf.path) == 1 and misspelled(text):
            raise MalformedRequest("Write the names of the request's members in lower case, as the API does.")
        if not self._marks.is_plain_name(text):
            self._slot(leaf, text, "#name")

    def _string(self, leaf: Leaf, text: str) -> None:
        where, path = leaf.where, leaf.path
        if where == "messages[].role" and isinstance(path[1], int):
            self._roles[path[1]] = text if self._marks.is_mark(text) else ""
        if where in KINDS:
            self._parts.add(where, text)
        if where in REQUEST_MEDIA:
            self._count(self._media, path, 1)
            if is_media(text):
                return
        elif path[0] == "messages" and where not in REQUEST_MARKS:
            self._count(self._chars, path, len(text))
        if where in _TOOL_NAMES:
            self._tools.append(text if self._marks.is_mark(text) else "")
        mark = where in REQUEST_MARKS and self._marks.is_mark(text)
        if text and (where == _PART or not (is_inert(text) or mark)):
            self._slot(leaf, text)

    @staticmethod
    def _count(table: dict[int, int], path: Path, amount: int) -> None:
        index = path[1] if len(path) > 1 else None
        if isinstance(index, int):
            table[index] = table.get(index, 0) + amount

    def _slot(self, leaf: Leaf, text: str, suffix: str = "") -> None:
        if len(self._slots) >= _MOST_TEXTS:
            raise MalformedRequest(f"The request has more than {_MOST_TEXTS:,} texts; send it in parts.")
        self._slots.append(Slot(Channel(0, self._names.spell(leaf.path) + suffix), text, leaf.start, leaf.end))
        self._sources.append(_source(leaf))

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
        options = self._containers.get(("stream_options",))
        if options is not None:
            return ((options.start + 1, options.start + 1, b'"include_usage":true,'),)
        end = self._containers[()].end - 1
        return ((end, end, b',"stream_options":{"include_usage":true}'),)


def _scalar(literal: bytes) -> Scalar:
    """A literal's value; a number that is none for a computer counts as the largest."""
    try:
        value: Scalar = msgspec.json.decode(literal)
        return value
    except (msgspec.DecodeError, UnicodeDecodeError):
        return float(2**53)


def _source(leaf: Leaf) -> int | str:
    first = leaf.path[0]
    if first in _SPOKEN:
        return "user"
    index = leaf.path[1] if first == "messages" and len(leaf.path) > 2 else ""
    return index if isinstance(index, int) else ""


def _most_tokens(view: _View) -> int | None:
    """The largest of the limits, since backends differ in which they heed. Nothing, or less, means no limit to some."""
    told = [limit for limit in (view.max_tokens, view.max_completion_tokens, view.n_predict) if limit is not None]
    return max(told) if told and min(told) > 0 else None
