"""Builds who tells a billing system of usage."""

from guard.config import LedgerSettings, UsageEventSettings
from guard.metering.delivery.outbox import Outbox
from guard.upstream.client import open_transport
from guard.upstream.usage_feed import FeedAddress, UsageFeed
from guard.upstream.webhook_message import signing_key


def build_feed(chosen: UsageEventSettings | None, ledger: LedgerSettings) -> UsageFeed | None:
    """The feed; None if nobody is told. Raises ConfigError."""
    if chosen is None:
        return None
    password = ledger.password.reveal() if ledger.password is not None else ""
    address = FeedAddress(
        url=chosen.url.reveal(),
        key=signing_key(chosen.secret.reveal()) if chosen.secret is not None else b"",
        token=chosen.token.reveal() if chosen.token is not None else "",
        source=chosen.source,
        subject=chosen.subject,
        batch=chosen.batch,
        timeout_s=chosen.timeout_s,
    )
    outbox = Outbox(ledger.url, password, chosen.name, chosen.history)
    return UsageFeed(address, outbox, open_transport(chosen.ca_file))
