"""Where `guard usage` has its reports from: the ledger that the configuration names, or a running Guard's admin API."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from guard.cli.admin import AdminClient, key_of
from guard.cli.source import configured

if TYPE_CHECKING:
    from guard.metering.report.figures import UsageReport
    from guard.metering.report.statement import Question

PATIENCE_S: Final = 90.0
"""Longer than a server works on one report."""


class Source:
    """Makes reports. `prices` is the configured price book, None without one."""

    def __init__(self, ask: "Callable[[Question], UsageReport]", prices: Path | None = None) -> None:
        self.ask = ask
        self.prices = prices


def own_ledger(config_file: Path | None) -> Source:
    """Reads the ledger itself. Raises ConfigError."""
    from guard.app.usage import usage_report
    from guard.metering.report.book import Bounds

    settings = configured(config_file)
    prices = Path(settings.prices) if settings.prices else None
    return Source(lambda question: usage_report(settings, question, Bounds()), prices)


def running_guard(url: str, key_file: Path | None, ca_file: Path | None) -> Source:
    """Asks an administrator's questions of a server, which bounds their length. Raises ClickException."""
    client = AdminClient(url, key_of(key_file), ca_file, PATIENCE_S)

    def ask(question: "Question") -> "UsageReport":
        from guard.metering.report.figures import UsageReport

        return client.get(f"/usage?{query_of(question)}", UsageReport)

    return Source(ask)


def query_of(question: "Question") -> str:
    """The question as a query string."""
    asked = [
        ("by", ",".join(one.title for one in question.by)),
        ("since", _written(question.since_ms)),
        ("until", _written(question.until_ms)),
        *(("where", f"{one.dimension.title}={one.value}") for one in question.where),
    ]
    return urlencode(asked)


def now_ms() -> int:
    """Unix milliseconds."""
    return time.time_ns() // 1_000_000


def _written(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds")
