"""Builds what is told of decisions, and who is asked about them: log, record, approvals, administrators."""

import socket
from pathlib import Path

from ulid import ULID

from guard import __version__
from guard.audit.audit import Audit
from guard.audit.event import EventWriter
from guard.audit.file import RotatingFile
from guard.audit.http import HttpLog
from guard.audit.keeper import RecordKeeper, RecordOptions
from guard.audit.log import DecisionLog, LogPlace
from guard.audit.mask import Mask
from guard.audit.stdout import write_stdout
from guard.config import (
    LogPlaceSettings,
    Settings,
    WebhookSettings,
)
from guard.core.facts import Identity
from guard.core.grant import Key
from guard.ports import Policies
from guard.runtime.administration import Administration
from guard.runtime.approval import ApprovalLimits, ApprovalRoom
from guard.upstream.client import open_transport
from guard.upstream.webhook import Webhook, WebhookAddress
from guard.upstream.webhook_message import signing_key


def build_audit(settings: Settings) -> Audit:
    """The decision log and the record, as far as they are configured; not started. Raises ConfigError."""
    chosen, record = settings.decisions, settings.decisions.record
    places = [_log_place(place) for place in chosen.log]
    events = EventWriter(str(ULID()), __version__, [Mask(pointer) for pointer in chosen.mask])
    keeper = None
    if record is not None:
        secret = record.key.reveal() if record.text and record.key is not None else None
        keeper = RecordKeeper(RecordOptions(Path(record.path), record.keep_days, secret))
    return Audit(DecisionLog(places, events) if places else None, keeper)


def _log_place(place: LogPlaceSettings) -> LogPlace:
    if place.kind == "http":
        token = place.token.reveal() if place.token is not None else None
        service = HttpLog(place.url or "", token, place.ca_file)
        return LogPlace(place.url or "", service.write, service.close)
    if place.kind == "file":
        path = place.path or ""
        return LogPlace(path, RotatingFile(Path(path), place.bytes, place.files).write)
    return LogPlace("stdout", write_stdout)


def build_approvals(settings: Settings) -> tuple[ApprovalRoom, Webhook | None]:
    """Where what needs approval waits, and who is told of it. Raises ConfigError."""
    chosen = settings.approval
    limits = ApprovalLimits(chosen.waiting, chosen.timeout_s, attended=bool(settings.admin.keys))
    if chosen.webhook is None:
        return ApprovalRoom(limits, lambda _event: None), None
    webhook = build_webhook(chosen.webhook)
    return ApprovalRoom(limits, webhook.tell), webhook


def build_webhook(chosen: WebhookSettings) -> Webhook:
    """Who tells a receiver of events; not running. Raises ConfigError."""
    address = WebhookAddress(
        url=chosen.url.reveal(),
        key=signing_key(chosen.secret.reveal()),
        source=f"//{socket.gethostname()}/guard",
        timeout_s=chosen.timeout_s,
    )
    return Webhook(address, open_transport(chosen.ca_file))


def build_administration(settings: Settings, policies: Policies) -> Administration:
    """Who may do what to Guard itself."""
    keys = tuple(Key(key.sha256, Identity(tenant="", key=key.name, tier="")) for key in settings.admin.keys)
    return Administration(keys, policies)
