"""An approval as others are shown it: administrators by the API, receivers by events."""

from guard.core.approval import ApprovalEvent, ApprovalState, ArgumentShape
from guard.core.discreet import Discreet


class ApprovalView(Discreet, frozen=True):
    """One approval. Times are Unix milliseconds; `tenant`, `key` and `tier` are who asked.

    `reason` is why the policy wants it approved, `decision_reason` what whoever decided said.
    """

    id: str
    state: str
    exchange: str
    point: str
    tenant: str
    key: str
    tier: str
    model: str
    backend: str
    tool: str
    arguments: tuple[ArgumentShape, ...]
    reason: str
    asked_ms: int
    until_ms: int
    decided_ms: int | None = None
    decided_by: str = ""
    decision_reason: str = ""


def view(event: ApprovalEvent) -> ApprovalView:
    """The approval of which an event tells."""
    question, who = event.question, event.question.identity
    return ApprovalView(
        id=question.id,
        state=event.state.value,
        exchange=question.exchange,
        point=question.point,
        tenant=who.tenant,
        key=who.key,
        tier=who.tier,
        model=question.model,
        backend=question.backend,
        tool=question.tool,
        arguments=question.arguments,
        reason=question.reason,
        asked_ms=event.asked_ms,
        until_ms=event.until_ms,
        decided_ms=None if event.state is ApprovalState.WAITING else event.at_ms,
        decided_by=event.by,
        decision_reason=event.reason,
    )
