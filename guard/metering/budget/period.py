"""The times that budgets are for: a day, a month (both UTC), or so many hours that roll. Pure: the time is told."""

from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

_HOUR_MS: Final = 3_600_000
_DAY_MS: Final = 24 * _HOUR_MS
_KEPT_DAYS: Final = 32
"""How long a calendar's counter is kept: its key names the period, so that a longer time does no harm."""


class Period(msgspec.Struct, frozen=True):
    """`day`, `month`, or `hours` of which there are so many."""

    kind: str
    hours: int = 0

    @property
    def rolls(self) -> bool:
        """Whether it is always the time just past."""
        return self.kind == "hours"

    @property
    def window_ms(self) -> int:
        """How long what is counted stays."""
        return self.hours * _HOUR_MS if self.rolls else _KEPT_DAYS * _DAY_MS

    @property
    def slots(self) -> int:
        """In how many parts a counter remembers it."""
        return 60 if self.rolls else 1

    def label(self, at_ms: int) -> str:
        """`2026-11-25` or `2026-11`; empty for one that rolls."""
        if self.rolls:
            return ""
        return _utc(at_ms).strftime("%Y-%m-%d" if self.kind == "day" else "%Y-%m")

    def begin_ms(self, at_ms: int) -> int:
        """When the period began that a moment is in."""
        if self.rolls:
            return at_ms - self.window_ms
        return _ms(self._first(at_ms))

    def end_ms(self, at_ms: int) -> int:
        """When it ends."""
        if self.rolls:
            return at_ms + self.window_ms
        first = self._first(at_ms)
        if self.kind == "day":
            return _ms(first + timedelta(days=1))
        return _ms((first + timedelta(days=_KEPT_DAYS)).replace(day=1))

    def _first(self, at_ms: int) -> datetime:
        midnight = _utc(at_ms).replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight if self.kind == "day" else midnight.replace(day=1)


def _utc(at_ms: int) -> datetime:
    return datetime.fromtimestamp(at_ms // 1000, UTC)


def _ms(moment: datetime) -> int:
    return int(moment.timestamp()) * 1000
