"""What OpenAI's clients read as an error, and as an answer that a filter ended.

Sources: OpenAI API reference, "Error codes" and "The chat completion chunk object" (`finish_reason:
"content_filter"`). The `guard` member says what Guard did, by finding type and never by text.
"""

from collections.abc import Sequence

import msgspec

from guard.core.cut import CutNote
from guard.core.tool_call import Amendment
from guard.core.usage import Usage
from guard.core.usage_note import UsageNote
from guard.dialects.openai_amendment import ToolNote, refusal_text, tool_note
from guard.dialects.openai_bill import Bill, bill
from guard.errors import GuardError


class _Details(msgspec.Struct):
    message: str
    type: str
    param: str | None
    code: str
    exchange: str
    findings: Sequence[str] | msgspec.UnsetType = msgspec.UNSET


class _Body(msgspec.Struct):
    error: _Details


class _Guard(msgspec.Struct):
    exchange: str
    reason: str
    findings: Sequence[str]


class _Delta(msgspec.Struct, omit_defaults=True):
    role: str = ""
    content: str | None = None


class _ChatChoice(msgspec.Struct, omit_defaults=True):
    index: int
    finish_reason: str | None
    delta: _Delta | None = None
    message: _Delta | None = None
    text: str | None = None


class _Tokens(msgspec.Struct):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class _Completion(msgspec.Struct, omit_defaults=True):
    id: str
    object: str
    created: int
    model: str
    choices: Sequence[_ChatChoice]
    usage: _Tokens | None = None
    guard: _Guard | ToolNote | CutNote | Bill | None = None


class Origin(msgspec.Struct, frozen=True):
    """What a chunk of this answer carries in its head: the backend's own id, model and time."""

    id: str
    object: str
    created: int
    model: str


def error_body(error: GuardError, exchange: str, types: Sequence[str] = ()) -> bytes:
    """An error answer's body."""
    return msgspec.json.encode(
        _Body(_Details(error.message, error.kind, None, error.code, exchange, tuple(types) or msgspec.UNSET))
    )


def error_event(error: GuardError, exchange: str) -> bytes:
    """A failure after the first byte: an error event. No end mark follows."""
    return _event(_Body(_Details(error.message, error.kind, None, error.code, exchange)))


def filtered_events(
    origin: Origin, choices: Sequence[int], exchange: str, types: Sequence[str], usage: Usage | None, last: bytes
) -> bytes:
    """A blocked stream's end: each open choice finishes, then the usage if it was asked for, `last`, the end mark."""
    guard = _Guard(exchange, "blocked", tuple(types))
    ends = [_ended_choice(origin, index, streamed=True) for index in choices]
    out = [_event(_completion(origin, (end,), guard)) for end in ends]
    if usage is not None:
        out.append(usage_event(origin, usage))
    return b"".join(out) + last + b"data: [DONE]\n\n"


def length_event(origin: Origin, choice: int, note: CutNote) -> bytes:
    """A chunk that ends a choice at its limit, and says whose limit that is."""
    return _event(_completion(origin, (_ended_choice(origin, choice, streamed=True, reason="length"),), note))


def usage_event(origin: Origin, usage: Usage) -> bytes:
    """The chunk of counts at a stream's end."""
    return _event(_completion(origin, (), None, usage))


def bill_event(origin: Origin, note: UsageNote) -> bytes:
    """The chunk that tells what a stream came to. Like the chunk of counts it has no choices."""
    return _event(_completion(origin, (), bill(note)))


def refused_event(origin: Origin, amendment: Amendment, exchange: str) -> bytes:
    """A chunk that tells a stream's client of calls that the policy refuses."""
    told = refusal_text(amendment.said, behind=amendment.spoken)
    choice = _ChatChoice(amendment.choice, None, delta=_Delta(content=told))
    return _event(_completion(origin, (choice,), tool_note(amendment.said, exchange)))


def filtered_body(origin: Origin, choices: Sequence[int], exchange: str, types: Sequence[str], usage: Usage) -> bytes:
    """A blocked whole answer."""
    guard = _Guard(exchange, "blocked", tuple(types))
    ends = [_ended_choice(origin, index, streamed=False) for index in choices]
    return msgspec.json.encode(_completion(origin, ends, guard, usage))


def _ended_choice(origin: Origin, index: int, *, streamed: bool, reason: str = "content_filter") -> _ChatChoice:
    if origin.object.startswith("text_completion"):
        return _ChatChoice(index, reason, text="")
    if streamed:
        return _ChatChoice(index, reason, delta=_Delta())
    return _ChatChoice(index, reason, message=_Delta("assistant", ""))


def _completion(
    origin: Origin,
    choices: Sequence[_ChatChoice],
    guard: _Guard | ToolNote | CutNote | Bill | None,
    usage: Usage | None = None,
) -> _Completion:
    tokens = None
    if usage is not None:
        prompt, completion = usage.prompt or 0, usage.completion or 0
        tokens = _Tokens(prompt, completion, prompt + completion)
    return _Completion(origin.id, origin.object, origin.created, origin.model, choices, tokens, guard)


def _event(body: object) -> bytes:
    return b"data: " + msgspec.json.encode(body) + b"\n\n"
