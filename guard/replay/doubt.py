"""Why what a replay says about an exchange may not be what would have happened. Each reason is counted, none hidden."""

import enum
from collections.abc import Collection

from guard.core.entry import Status
from guard.core.facts import RequestFacts
from guard.replay.case import Case
from guard.replay.effect import Kind, Outcome, Verdict


class Doubt(enum.Enum):
    """A reason, in words for the report."""

    TEXTS = "a policy reads texts, and the record has none"
    LANGUAGES = "a policy reads languages, and the record has none"
    CONVERSATION = "a policy reads earlier decisions of the conversation, which would have been others"
    TOOL_CALLS = "a policy decides on tool calls, and those of this exchange were not recorded"
    ARGUMENTS = "a policy decides on tool calls, and the record has no arguments"
    ANSWER = "it would be answered now, and the record has no answer"
    CUT = "the answer was or would be cut off, and what is behind the cut is not known"


def doubts(
    case: Case, facts: RequestFacts, reads: Collection[str], points: Collection[str], live: Outcome, new: Outcome
) -> frozenset[Doubt]:
    """The reasons that hold for an exchange. `reads` and `points` are those of every policy that is asked anew."""
    checks = (
        (Doubt.TEXTS, "messages.text" in reads and _any_without(facts, "text")),
        (Doubt.LANGUAGES, "messages.language" in reads and _any_without(facts, "language")),
        (Doubt.CONVERSATION, "conversation" in reads and facts.conversation.exchanges > 0),
        (Doubt.TOOL_CALLS, "tool" in points and bool(facts.tools) and not case.tools and _reaches(new)),
        (Doubt.ARGUMENTS, "tool" in points and any(one.facts.tool.arguments is None for one in case.tools)),
        (Doubt.ANSWER, _reaches(new) and not _reaches(live)),
        (Doubt.CUT, _cut(case, live, new)),
    )
    return frozenset(doubt for doubt, holds in checks if holds)


def _any_without(facts: RequestFacts, member: str) -> bool:
    return any(message.chars and not getattr(message, member) for message in facts.messages)


def _reaches(outcome: Outcome) -> bool:
    """Whether the backend answers."""
    return outcome.verdict in (Verdict.SERVED, Verdict.APPROVAL) or _cuts(outcome)


def _cuts(outcome: Outcome) -> bool:
    return any(effect.kind == Kind.ANSWER_BLOCKED.value for effect in outcome.effects)


def _cut(case: Case, live: Outcome, new: Outcome) -> bool:
    """Whether the answer's end would lie elsewhere than it lay."""
    was_cut = case.status in (Status.BLOCKED, Status.ABORTED) and _reaches(live)
    return _cuts(live) != _cuts(new) or (was_cut and live.effects != new.effects)
