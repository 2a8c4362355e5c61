"""What the section `metrics` must keep beyond its types."""

from collections.abc import Iterator
from typing import Final

from guard.config.address import parse_address
from guard.config.form import Complaint
from guard.config.settings import Settings

_LEAST_CHARS: Final = 16
_MOST_CHARS: Final = 4096


def metrics_rule(settings: Settings) -> Iterator[Complaint]:
    """The page is not for everybody who can reach it."""
    metrics = settings.metrics
    token = metrics.token.reveal() if metrics.token is not None else ""
    if metrics.token is not None and not _is_sound(token):
        yield "metrics.token", f"must be {_LEAST_CHARS} or more printable ASCII characters without spaces"
    if len(set(metrics.labels)) < len(metrics.labels):
        yield "metrics.labels", "names a label twice; keep one"
    if metrics.open and metrics.token is not None:
        yield "metrics.open", "contradicts metrics.token: remove that, or set it to false"
    if metrics.listen is None:
        return
    try:
        address = parse_address(metrics.listen)
    except ValueError as error:
        yield "metrics.listen", str(error)
        return
    if metrics.listen == settings.listen:
        yield "metrics.listen", "is the address of the API itself; choose another port"
    if not (address.is_loopback or metrics.token is not None or metrics.open):
        yield (
            "metrics.listen",
            "is reachable from other machines, and the page names models, tiers and budgets: "
            "add metrics.token, listen on 127.0.0.1, or set metrics.open: true",
        )


def _is_sound(token: str) -> bool:
    return _LEAST_CHARS <= len(token) <= _MOST_CHARS and token.isascii() and token.isprintable() and " " not in token
