"""`/v1/guard/admin/…`: the wire's own structs, and nothing else."""

from collections.abc import Mapping
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from guard.core.approval_view import ApprovalView
from guard.core.audit_figures import WriterFigures
from guard.core.discreet import Discreet
from guard.core.policy_status import PolicyStatus
from guard.core.server_figures import ServerFigures
from guard.core.shadow import ShadowFigures
from guard.dialects.complaint import decoded

REASON_CHARS: Final = 500


class ApprovalReason(Discreet, frozen=True, forbid_unknown_fields=True):
    """What whoever decides says about it; the client is told when it is a denial."""

    reason: Annotated[str, Meta(max_length=REASON_CHARS)] = ""


class ApprovalList(Discreet, frozen=True):
    """What waits here, the oldest first; how many came to each end; what became of events (null without a webhook)."""

    approvals: tuple[ApprovalView, ...]
    figures: Mapping[str, int]
    webhook: Mapping[str, int] | None = None


class PolicyState(PolicyStatus, frozen=True, kw_only=True):
    """What policies serve on this instance, and for which entry points they have rules.

    `server` is what asking an OPA server has been like, null without one.
    """

    points: tuple[str, ...]
    server: ServerFigures | None = None


class DecisionState(msgspec.Struct, frozen=True):
    """What becomes of decisions here: each place that they are written to, and the candidate, null without one."""

    places: tuple[WriterFigures, ...]
    shadow: ShadowFigures | None = None


def decode_reason(body: bytes) -> ApprovalReason:
    """No body is no reason. Raises MalformedRequest that names the member and repeats nothing of it."""
    return decoded(body, ApprovalReason) if body.strip() else ApprovalReason()
