"""What a request says of earlier tool calls: which were made, and what was found in their results."""

from collections.abc import Iterator, Sequence
from typing import Final

from guard.core.facts import CallFacts
from guard.core.prompt import EarlierCall, Prompt
from guard.core.taxonomy import group_of
from guard.runtime.prompt_check import PromptCheck
from guard.runtime.tool.source import Told

NEWEST_CALLS: Final = 200
"""A policy engine reads each; an agent of days makes thousands."""
MOST_OLDER: Final = 64
"""Kinds of calls before those."""
_ATTACK: Final = "injection"


def earlier_calls(prompt: Prompt, check: PromptCheck) -> tuple[CallFacts, ...]:
    """The calls of the conversation, in its order. A result that belongs to no call is one without a name."""
    return told_of([_facts(call, prompt, check) for call in prompt.calls])


def told_of(calls: Sequence[CallFacts]) -> tuple[CallFacts, ...]:
    """What a policy is told of these calls: the newest, and before them what older ones were like, each kind once.

    Or harmless calls in plenty would make a policy forget that the web was read. Of more kinds than may be
    those with untrusted results go last, then those in whose results something was found, then tools that are offered.
    """
    older = dict.fromkeys(calls[:-NEWEST_CALLS])
    heaviest = sorted(older, key=lambda call: (call.untrusted, bool(call.findings), call.offered), reverse=True)
    kept = set(heaviest[:MOST_OLDER])
    return (*(call for call in older if call in kept), *calls[-NEWEST_CALLS:])


def _facts(call: EarlierCall, prompt: Prompt, check: PromptCheck) -> CallFacts:
    types = _types(call.results, check)
    return CallFacts(
        name=call.name,
        offered=call.name in prompt.tools,
        answered=call.answered,
        findings=types,
        untrusted=any(group_of(type_) == _ATTACK for type_ in types),
    )


def told(prompt: Prompt, check: PromptCheck) -> Iterator[Told]:
    """Everything that was said in the conversation."""
    tools = {slot: call.name for call in prompt.calls for slot in call.results}
    for number, (slot, role) in enumerate(zip(prompt.frame.slots, prompt.roles, strict=False)):
        if role:
            types = check.types_at(number)
            yield Told(slot.text, role, tools.get(number, ""), any(group_of(type_) == _ATTACK for type_ in types))


def _types(slots: Sequence[int], check: PromptCheck) -> tuple[str, ...]:
    return tuple(sorted({type_ for slot in slots for type_ in check.types_at(slot)}))
