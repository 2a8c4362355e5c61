"""What a decision does to an exchange, as short names that can be counted and compared."""

import enum

import msgspec

from guard.core.action import Action


class Kind(enum.Enum):
    """In the order of how much they take from the client."""

    DENIED = "denied"
    FAILED = "failed"
    APPROVAL = "approval"
    PROMPT_BLOCKED = "prompt blocked"
    ANSWER_BLOCKED = "answer blocked"
    TOOL_DENIED = "tool denied"
    TOOL_APPROVAL = "tool approval"
    TOOL_BOUNDED = "tool bounded"
    TOOL_REDACTED = "tool redacted"
    PROMPT_REDACTED = "prompt redacted"
    ANSWER_REDACTED = "answer redacted"
    ROUTED = "routed"
    LIMITED = "limited"
    REWRITTEN = "rewritten"
    PROMPT_FLAGGED = "prompt flagged"
    ANSWER_FLAGGED = "answer flagged"
    LABELLED = "labelled"


class Effect(msgspec.Struct, frozen=True, order=True):
    """One thing done. `rule` names why: a denial's code, a finding's type, a tool, a parameter, a label."""

    kind: str
    rule: str


class Verdict(enum.Enum):
    """What becomes of an exchange as a whole."""

    SERVED = "served"
    APPROVAL = "approval"
    BLOCKED = "blocked"
    FAILED = "failed"
    DENIED = "denied"

    @property
    def severity(self) -> int:
        """How much it takes from the client; the least is 0."""
        return list(Verdict).index(self)


PROMPT = {Action.FLAG: Kind.PROMPT_FLAGGED, Action.REDACT: Kind.PROMPT_REDACTED, Action.BLOCK: Kind.PROMPT_BLOCKED}
ANSWER = {Action.FLAG: Kind.ANSWER_FLAGGED, Action.REDACT: Kind.ANSWER_REDACTED, Action.BLOCK: Kind.ANSWER_BLOCKED}


class Bill(msgspec.Struct, frozen=True):
    """Tokens that a backend would count, and for which model."""

    model: str
    prompt_tokens: int = 0
    answer_tokens: int = 0


class Outcome(msgspec.Struct, frozen=True):
    """What one policy makes of one exchange."""

    verdict: Verdict
    effects: frozenset[Effect]
    bill: Bill
