"""An event as it is posted: a CloudEvent in structured mode, signed as Standard Webhooks says. Pure but for the clock.

CloudEvents 1.0.2, HTTP binding §3.2: https://github.com/cloudevents/spec
Standard Webhooks 1.0.0: https://github.com/standard-webhooks/standard-webhooks
"""

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from typing import Final

import msgspec

from guard.core.approval import ApprovalEvent
from guard.core.approval_view import ApprovalView, view
from guard.core.budget import BudgetAlarm

CONTENT_TYPE: Final = "application/cloudevents+json; charset=utf-8"
_PREFIX: Final = "whsec_"


class CloudEvent(msgspec.Struct, frozen=True):
    """The envelope. `source` names the instance of Guard, `subject` the approval, or the budget and whose it is."""

    id: str
    source: str
    type: str
    subject: str
    time: str
    data: ApprovalView | BudgetAlarm
    specversion: str = "1.0"
    datacontenttype: str = "application/json"

    def __repr__(self) -> str:
        return f"CloudEvent(type={self.type!r}, subject={self.subject!r})"


Notice = ApprovalEvent | BudgetAlarm
"""What somebody may be told of."""


def subject_of(event: Notice) -> str:
    """What an event is about."""
    if isinstance(event, BudgetAlarm):
        return f"{event.name}/{event.subject}" if event.subject else event.name
    return event.question.id


def _type_of(event: Notice) -> str:
    return f"guard.budget.{event.what}" if isinstance(event, BudgetAlarm) else f"guard.approval.{event.state.value}"


def body_of(event: Notice, source: str) -> bytes:
    """What is posted. Types are `guard.approval.waiting`, …, `guard.budget.threshold`, `guard.budget.exhausted`."""
    return msgspec.json.encode(
        CloudEvent(
            id=event.id,
            source=source,
            type=_type_of(event),
            subject=subject_of(event),
            time=datetime.fromtimestamp(event.at_ms / 1000, UTC).isoformat(timespec="milliseconds"),
            data=event if isinstance(event, BudgetAlarm) else view(event),
        )
    )


def signing_key(secret: str) -> bytes:
    """The key's bytes from `whsec_` and base64. Raises ValueError."""
    return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)


def signed_headers(key: bytes, message: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers by which a receiver knows who sent it and when. `timestamp` is Unix seconds."""
    content = b".".join((message.encode(), str(timestamp).encode(), body))
    signature = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    return {
        "content-type": CONTENT_TYPE,
        "webhook-id": message,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{signature}",
    }
