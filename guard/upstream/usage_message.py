"""A batch of usage events as it is posted: CloudEvents in batched mode, signed as Standard Webhooks says. Pure.

CloudEvents 1.0.2, HTTP binding §3.3 and JSON format §4: https://github.com/cloudevents/spec
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, Literal

import msgspec

from guard.core.usage_event import UsageData, UsageEvent

CONTENT_TYPE: Final = "application/cloudevents-batch+json; charset=utf-8"
TYPE: Final = "guard.usage"
Subject = Literal["tenant", "key"]


class UsageCloudEvent(msgspec.Struct, frozen=True):
    """The envelope. `source` and `id` together name an event for good."""

    specversion: str
    type: str
    id: str
    source: str
    subject: str
    time: str
    datacontenttype: str
    data: UsageData


def batch_body(events: Sequence[UsageEvent], source: str, subject: Subject) -> bytes:
    """What is posted. The same events have the same bytes, whenever they are sent."""
    return msgspec.json.encode([_envelope(event, source, subject) for event in events])


def batch_id(events: Sequence[UsageEvent]) -> str:
    """Names a batch by what is in it."""
    return f"usage_{hashlib.sha256(','.join(event.id for event in events).encode()).hexdigest()[:32]}"


def _envelope(event: UsageEvent, source: str, subject: Subject) -> UsageCloudEvent:
    whose = event.data.tenant if subject == "tenant" else event.data.key
    time = datetime.fromtimestamp(event.at_ms / 1000, UTC).isoformat(timespec="milliseconds")
    return UsageCloudEvent("1.0", TYPE, event.id, source, whose, time, "application/json", event.data)
