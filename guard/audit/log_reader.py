"""Reads decisions back from a log in OPA's format: events one a line, or one JSON array of them, also gzipped.

It takes OPA's own logs, too, as far as they are about Guard's entry points. What was masked is gone.
"""

import gzip
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from guard.core.record import RecordedDecision
from guard.errors import AuditError

_PACKAGE: Final = "guard/"
_GZIP: Final = b"\x1f\x8b"
_MOST_BYTES: Final = 1 << 30


class LoggedEvent(msgspec.Struct, frozen=True):
    """One decision as the log has it. `erased` are pointers to what was left out."""

    decision: RecordedDecision
    exchange: str
    erased: tuple[str, ...] = ()


class _Error(msgspec.Struct):
    message: str = ""


class _Bundle(msgspec.Struct):
    revision: str = ""


class _Event(msgspec.Struct):
    path: str = ""
    decision_id: str = ""
    labels: Mapping[str, str] = {}
    bundles: Mapping[str, _Bundle] = {}
    input: msgspec.Raw = msgspec.Raw(b"{}")
    result: msgspec.Raw = msgspec.Raw(b"")
    erased: tuple[str, ...] = ()
    error: _Error | None = None
    timestamp: str = ""
    metrics: Mapping[str, msgspec.Raw] = {}


def read_log(path: Path, asked: str) -> tuple[LoggedEvent, ...]:
    """The decisions of an exchange, or the one decision, of this id, in the log's order. Raises AuditError."""
    try:
        return tuple(
            _logged(event)
            for event in _events(_content(path), asked.encode())
            if asked in (event.decision_id, event.labels.get("exchange")) and event.path.startswith(_PACKAGE)
        )
    except OSError as error:
        raise AuditError(f"the decision log {path} can't be read ({error.strerror or error}): name a file") from None
    except (msgspec.MsgspecError, ValueError):
        raise AuditError(f"{path} is no decision log in OPA's format: name one that holds JSON events") from None


def _content(path: Path) -> bytes:
    with path.open("rb") as file:
        packed = file.read(len(_GZIP)) == _GZIP
        file.seek(0)
        with gzip.open(file) if packed else file as stream:
            content = stream.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise AuditError(
            f"the decision log {path} is larger than {_MOST_BYTES} bytes: cut out the part that is asked for"
        )
    return content


def _events(content: bytes, asked: bytes) -> Iterator[_Event]:
    if content.lstrip()[:1] == b"[":
        yield from msgspec.json.decode(content, type=list[_Event])
        return
    for line in content.splitlines():
        if asked in line:
            yield msgspec.json.decode(line, type=_Event)


def _logged(event: _Event) -> LoggedEvent:
    generation = event.labels.get("generation") or next((one.revision for one in event.bundles.values()), "")
    at = datetime.fromisoformat(event.timestamp) if event.timestamp else None
    decision = RecordedDecision(
        decision_id=event.decision_id,
        point=event.path.removeprefix(_PACKAGE),
        generation=generation,
        at_ns=int(at.timestamp() * 1_000_000) * 1000 if at else 0,
        elapsed_ns=0,
        error=event.error.message if event.error else "",
        facts=bytes(event.input),
        result=bytes(event.result),
    )
    return LoggedEvent(decision, event.labels.get("exchange", ""), event.erased)
