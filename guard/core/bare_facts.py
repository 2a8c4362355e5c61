"""Facts without what somebody wrote: for logs and records, which hold no text.

What requests name stays (models, tools, roles): the dialects let nothing else pass in those places. Texts, arguments
and schemas do not stay, and of the tools that an answer or a conversation calls only what has a name's form.
"""

import re
from typing import Final

import msgspec

from guard.core.facts import CallFacts, RequestFacts
from guard.core.record import AnyFacts
from guard.core.tool_facts import ToolFacts

_KEY: Final = re.compile(r"(?<=\.)[^.\[\]]*")
_NUMBERED: Final = re.compile(r"\{\d+\}")
_NAME: Final = re.compile(r"(?!.*\d(?:[_:.-]?\d){6})[A-Za-z_][A-Za-z0-9_:.-]{0,63}")
"""No text, no address, no row of digits that could be a value."""

_HIDDEN: Final = "*"


def bare(facts: AnyFacts) -> tuple[AnyFacts, tuple[str, ...]]:
    """The facts without texts, and JSON pointers to those that were taken out (`/messages/0/text`)."""
    if isinstance(facts, RequestFacts):
        return _request(facts)
    if isinstance(facts, ToolFacts):
        return _tool(facts)
    return facts, ()


def bare_path(path: str) -> str:
    """A JSON path whose keys are names; `*` stands for a key that is none (`$.to`, `$.*`)."""
    return _KEY.sub(lambda key: key[0] if _NUMBERED.fullmatch(key[0]) else _name(key[0]), path)


def _name(text: str) -> str:
    return text if _NAME.fullmatch(text) or not text else _HIDDEN


def _request(facts: RequestFacts) -> tuple[AnyFacts, tuple[str, ...]]:
    erased = tuple(f"/messages/{index}/text" for index, message in enumerate(facts.messages) if message.text)
    if not erased and not facts.calls:
        return facts, ()
    messages = tuple(msgspec.structs.replace(message, text="") for message in facts.messages)
    return msgspec.structs.replace(facts, messages=messages, calls=_calls(facts.calls)), erased


def _tool(facts: ToolFacts) -> tuple[AnyFacts, tuple[str, ...]]:
    call = facts.tool
    erased = tuple(f"/tool/{name}" for name in ("arguments", "schema") if getattr(call, name) is not None)
    told = msgspec.structs.replace(call, name=_name(call.name), arguments=None, schema=None)
    sources = tuple(
        msgspec.structs.replace(source, path=bare_path(source.path), tool=_name(source.tool))
        for source in facts.sources
    )
    return msgspec.structs.replace(facts, tool=told, sources=sources, calls=_calls(facts.calls)), erased


def _calls(calls: tuple[CallFacts, ...]) -> tuple[CallFacts, ...]:
    return tuple(msgspec.structs.replace(call, name=_name(call.name)) for call in calls)
