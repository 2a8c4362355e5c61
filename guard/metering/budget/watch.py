"""What is known here of how much of each budget is spent, and who is told when it runs low.

A counter holds what is spent and what is reserved. What this process has reserved is known here; what others have
counts as spent until they settle, so an alarm may come a little early where several processes share a budget.
"""

import hashlib
from collections.abc import Callable, Iterator
from typing import Final

import structlog

from guard.core.budget import BudgetAlarm
from guard.metering.budget.budget import Line

_log: Final = structlog.get_logger("guard.budget")
_MOST: Final = 100_000
"""Budgets that are remembered; the oldest that reserve nothing are forgotten."""

Tell = Callable[[BudgetAlarm], None]


class _Level:
    __slots__ = ("line", "open", "refused", "reserved", "spent", "told")

    def __init__(self, line: Line) -> None:
        self.line = line
        self.spent = self.reserved = self.open = 0
        self.told: set[float] = set()
        self.refused = False


class Watch:
    """Follows every budget that is in use."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._levels: dict[str, _Level] = {}

    def reserved(self, line: Line, amount: int, used: int, at_ms: int) -> None:
        """So much was reserved, and the counter holds `used` now."""
        level = self._level(line)
        level.reserved += amount
        level.open += 1
        level.spent = max(0, used - level.reserved)
        self._look(line, level, at_ms)

    def settled(self, line: Line, amount: int, spent: int, at_ms: int) -> None:
        """What was reserved came to `spent`."""
        level = self._level(line)
        level.reserved -= amount
        level.open -= 1
        level.spent += spent
        self._look(line, level, at_ms)

    def refused(self, line: Line, used: int, at_ms: int) -> None:
        """A request found no room."""
        level = self._level(line)
        level.spent = max(0, used - level.reserved)
        self._look(line, level, at_ms)
        if not level.refused:
            level.refused = True
            self._raise(line, level, None, at_ms)

    def spent(self, line: Line) -> int:
        """What is known to be spent."""
        level = self._levels.get(line.key)
        return 0 if level is None else level.spent

    def standings(self) -> Iterator[tuple[Line, int, int]]:
        """Every budget that is followed, what of it is known to be spent, and what this process has reserved."""
        return ((level.line, level.spent, level.reserved) for level in self._levels.values())

    def _level(self, line: Line) -> _Level:
        level = self._levels.get(line.key)
        if level is None:
            if len(self._levels) >= _MOST:
                self._forget()
            level = self._levels[line.key] = _Level(line)
        return level

    def _forget(self) -> None:
        idle = [key for key, level in self._levels.items() if not level.open]
        for key in idle[: _MOST // 10]:
            del self._levels[key]

    def _look(self, line: Line, level: _Level, at_ms: int) -> None:
        share = level.spent / line.budget.limit
        for threshold in line.budget.warn_at:
            if share >= threshold and threshold not in level.told:
                level.told.add(threshold)
                self._raise(line, level, threshold, at_ms)
            elif share < threshold and line.budget.period.rolls:
                level.told.discard(threshold)
                level.refused = level.refused and share >= min(line.budget.warn_at)

    def _raise(self, line: Line, level: _Level, threshold: float | None, at_ms: int) -> None:
        budget = line.budget
        alarm = BudgetAlarm(
            id=_alarm_id(line, threshold, at_ms),
            name=budget.name,
            subject=line.subject,
            unit=budget.unit.value,
            spent=level.spent,
            limit=budget.limit,
            period=line.period,
            threshold=threshold,
            hard=budget.hard,
            at_ms=at_ms,
        )
        _log.warning(
            "budget", state=alarm.what, budget=budget.name, subject=line.subject, period=line.period,
            threshold=threshold, spent=level.spent, limit=budget.limit, unit=alarm.unit,
        )  # fmt: skip
        self._tell(alarm)


def _alarm_id(line: Line, threshold: float | None, at_ms: int) -> str:
    """The same for all processes that share a budget; one that rolls has an alarm of its own each time."""
    when = at_ms if line.budget.period.rolls else 0
    return hashlib.sha256(f"{line.key}:{threshold}:{when}".encode()).hexdigest()[:32]
