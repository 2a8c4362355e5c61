"""Facts without what somebody wrote: for logs and records, which hold no text.

Names that a client chooses stay (models, tools, roles); texts, arguments, schemas and keys that are no names do not.
"""

import re
from typing import Final

import msgspec

from guard.core.facts import RequestFacts
from guard.core.record import AnyFacts
from guard.core.tool_facts import ToolFacts

_KEY: Final = re.compile(r"(?<=\.)[^.\[\]]*")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}|\{\d+\}")
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
    return _KEY.sub(lambda key: key[0] if _NAME.fullmatch(key[0]) else _HIDDEN, path)


def _request(facts: RequestFacts) -> tuple[AnyFacts, tuple[str, ...]]:
    erased = tuple(f"/messages/{index}/text" for index, message in enumerate(facts.messages) if message.text)
    if not erased:
        return facts, ()
    messages = tuple(msgspec.structs.replace(message, text="") for message in facts.messages)
    return msgspec.structs.replace(facts, messages=messages), erased


def _tool(facts: ToolFacts) -> tuple[AnyFacts, tuple[str, ...]]:
    call = facts.tool
    erased = tuple(f"/tool/{name}" for name in ("arguments", "schema") if getattr(call, name) is not None)
    told = msgspec.structs.replace(call, arguments=None, schema=None)
    sources = tuple(msgspec.structs.replace(source, path=bare_path(source.path)) for source in facts.sources)
    return msgspec.structs.replace(facts, tool=told, sources=sources), erased
