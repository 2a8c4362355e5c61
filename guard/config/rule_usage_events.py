"""What the section `usage_events` must keep beyond its types."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from guard.config.form import NAME, NAME_CURE, Complaint, url_cure
from guard.config.rule_approval import SIGNING_CURE, is_webhook_secret
from guard.config.settings import Settings
from guard.config.usage_events import UsageEventSettings
from guard.metering.location import parse_location

_EXAMPLE: Final = "https://openmeter.example.com/api/v1/events"
_MOST_SOURCE: Final = 256


def usage_events_rule(settings: Settings) -> Iterator[Complaint]:
    """The receiver can tell who sends, and what was sent outlives the process."""
    chosen = settings.usage_events
    if chosen is None:
        return
    for key, cure in _complaints(chosen):
        yield f"usage_events.{key}" if key else "usage_events", cure
    try:
        location = parse_location(settings.ledger_section.url)
    except ValueError:
        return  # Another rule tells.
    if location.path is None and not location.server:
        yield "usage_events", "needs a ledger that stays: name a file or a server under ledger"


def _complaints(chosen: UsageEventSettings) -> Iterator[Complaint]:
    if cure := url_cure(chosen.url.reveal(), _EXAMPLE, "token", query=True):
        yield "url", cure
    if chosen.token is None and chosen.secret is None:
        yield "", "needs token or secret, so that the receiver knows who sends"
    if chosen.secret is not None and not is_webhook_secret(chosen.secret):
        yield "secret", SIGNING_CURE
    token = chosen.token.reveal() if chosen.token is not None else ""
    if not (token.isascii() and (not token or token.isprintable())) or " " in token:
        yield "token", "must be printable ASCII without spaces, for it travels in a header"
    if not NAME.fullmatch(chosen.name):
        yield "name", NAME_CURE
    if not chosen.source.isprintable() or " " in chosen.source or len(chosen.source) > _MOST_SOURCE:
        yield "source", f"must be a URI or a name of {_MOST_SOURCE} characters at most, without spaces"
    if chosen.ca_file is not None and not Path(chosen.ca_file).is_file():
        yield "ca_file", "is not a file; name a PEM file of certificates"
