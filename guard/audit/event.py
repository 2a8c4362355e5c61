"""One decision as OPA writes it: https://www.openpolicyagent.org/docs/management-decision-logs. Pure.

Beside OPA's labels (`id` of this run, `version`) an event has Guard's: exchange, tenant, generation, backend.
"""

import time
from collections.abc import Sequence
from typing import Final

import msgspec

from guard.audit.mask import Mask
from guard.core.admin_facts import AdminFacts
from guard.core.bare_facts import bare
from guard.core.decision_json import decision_json, sound_json
from guard.core.record import DecisionRecord
from guard.errors import PolicyError

BUNDLE: Final = "guard"


class LoggedDecision(msgspec.Struct, frozen=True):
    """A decision on its way into logs, without texts: `erased` are pointers to them. `number` counts decisions."""

    record: DecisionRecord
    erased: tuple[str, ...]
    number: int


def logged(record: DecisionRecord, number: int) -> LoggedDecision:
    """Takes the texts out at once, so that none waits anywhere."""
    facts, erased = bare(record.facts)
    if erased or facts is not record.facts:
        record = msgspec.structs.replace(record, facts=facts)
    return LoggedDecision(record, tuple(f"/input{pointer}" for pointer in erased), number)


class EventWriter:
    """Writes events of one run."""

    def __init__(self, run: str, version: str, masks: Sequence[Mask]) -> None:
        self._own = {"app": "guard", "id": run, "version": version}
        self._masks = masks

    def event(self, logged: LoggedDecision) -> bytes:
        """One event as JSON, without a newline."""
        record = logged.record
        event: dict[str, object] = {
            "labels": {**self._own, **_labels(record)},
            "decision_id": record.decision_id,
            "bundles": {BUNDLE: {"revision": record.generation}},
            "path": f"guard/{record.point}",
            "input": msgspec.json.decode(sound_json(record.facts)),
        }
        if record.decision is not None:
            event["result"] = msgspec.json.decode(decision_json(record.decision))
        masks = (*map(Mask, logged.erased), *self._masks)
        erased = [pointer for mask in masks for pointer in mask.erase(event)]
        if erased:
            event["erased"] = erased
        if record.error:
            event["error"] = {"code": PolicyError.code, "message": record.error}
        event["requested_by"] = record.facts.client.address
        event["timestamp"] = _timestamp(record.at_ns)
        event["metrics"] = {"timer_server_handler_ns": record.elapsed_ns}
        event["req_id"] = logged.number
        return msgspec.json.encode(event)


def _labels(record: DecisionRecord) -> dict[str, str]:
    backend = "" if isinstance(record.facts, AdminFacts) else record.facts.backend
    return {
        "exchange": record.exchange,
        "tenant": record.identity.tenant,
        "generation": record.generation,
        "backend": backend,
    }


def _timestamp(at_ns: int) -> str:
    seconds, rest = divmod(at_ns, 1_000_000_000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{rest:09d}Z"
