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

CONTENT_TYPE: Final = "application/cloudevents+json; charset=utf-8"
_PREFIX: Final = "whsec_"


class CloudEvent(msgspec.Struct, frozen=True):
    """The envelope. `source` names the instance of Guard, `subject` the approval."""

    id: str
    source: str
    type: str
    subject: str
    time: str
    data: ApprovalView
    specversion: str = "1.0"
    datacontenttype: str = "application/json"

    def __repr__(self) -> str:
        return f"CloudEvent(type={self.type!r}, subject={self.subject!r})"


def body_of(event: ApprovalEvent, source: str) -> bytes:
    """What is posted. Types are `guard.approval.waiting`, `guard.approval.approved` and so on."""
    return msgspec.json.encode(
        CloudEvent(
            id=event.id,
            source=source,
            type=f"guard.approval.{event.state.value}",
            subject=event.question.id,
            time=datetime.fromtimestamp(event.at_ms / 1000, UTC).isoformat(timespec="milliseconds"),
            data=view(event),
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
