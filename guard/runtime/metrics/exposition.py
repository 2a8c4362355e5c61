"""The page that Prometheus reads: figures are taken on the event loop, and written as text in a thread.

Prometheus text format 0.0.4, or OpenMetrics 1.0.0 where it is asked for:
https://prometheus.io/docs/instrumenting/exposition_formats/
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from prometheus_client import PlatformCollector, ProcessCollector
from prometheus_client.core import Metric
from prometheus_client.exposition import generate_latest
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import Collector

from guard import __version__
from guard.runtime.metrics.family import gauge

Source = Callable[[], Iterable[Metric]]
PLAIN: Final = "text/plain; version=0.0.4; charset=utf-8"
OPEN: Final = "application/openmetrics-text; version=1.0.0; charset=utf-8"


class _Snapshot(Collector):
    """Families that were taken, and those of the process, which are read from /proc where this is read."""

    def __init__(self, taken: Sequence[Metric], process: Sequence[Collector]) -> None:
        self._taken = taken
        self._process = process

    def collect(self) -> Iterable[Metric]:
        yield from self._taken
        for collector in self._process:
            yield from collector.collect()


class Exposition:
    """All metrics of one application."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = (*sources, _build)
        self._process = (ProcessCollector(registry=None), PlatformCollector(registry=None))

    async def page(self, accept: str) -> tuple[bytes, str]:
        """The page and its content type. `accept` is the scraper's header."""
        taken = [family for source in self._sources for family in source() if family.samples]
        encode, content_type = (
            (openmetrics.generate_latest, OPEN)
            if "application/openmetrics-text" in accept
            else (generate_latest, PLAIN)
        )
        return await asyncio.to_thread(encode, _Snapshot(taken, self._process)), content_type


def _build() -> Iterable[Metric]:
    return (gauge("guard_build_info", "The version.", ("version",), [((__version__,), 1)]),)
