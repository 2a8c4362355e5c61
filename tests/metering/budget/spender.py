"""Budgets over real counters in this process, with a clock that the test sets."""

from guard.core.budget import BudgetAlarm, BudgetClaim
from guard.core.facts import Identity
from guard.metering.budget.book import BudgetBook
from guard.metering.budget.budget import Budget, Scope, Unit
from guard.metering.budget.period import Period
from guard.metering.counter.memory import MemoryCounters
from guard.metering.price.book import Book, Price
from guard.metering.price.rating import BookRater

ACME = Identity("acme", "app1", "free")
OTHER = Identity("other", "app2", "free")
NOON = 1_764_072_000_000
"""2025-11-25, 12:00 UTC."""
RATER = BookRater(Book("v", (Price(models=("m",), prompt=2_000_000, answer=10_000_000, reasoning=20_000_000),)))
"""Two nano-dollars for a token of the prompt, ten for one of the answer, twenty if it is thought."""


def budget(limit: int = 1000, unit: Unit = Unit.TOKENS, per: Period | None = None, **more: object) -> Budget:
    whole = {"name": "b", "scope": Scope(tenant="*"), **more}
    return Budget(unit=unit, limit=limit, period=per or Period("day"), **whole)  # type: ignore[arg-type]


def claim(
    answer: int | None = 50, prompt: int = 10, who: Identity = ACME, model: str = "m", least: int = 1, **labels: str
) -> BudgetClaim:
    return BudgetClaim("01X", who, labels, model, prompt, answer, least, NOON)


class Spender:
    """A book, its counters, the alarms that it raised, and the time."""

    def __init__(self, *budgets: Budget) -> None:
        self.now = NOON
        self.alarms: list[BudgetAlarm] = []
        self.counters = MemoryCounters(self.clock)
        self.book = BudgetBook(budgets, self.counters, RATER, self.alarms.append, self.clock)

    def clock(self) -> int:
        return self.now

    def used(self, key: str = "budget:b:tenant=acme:2025-11-25") -> int:
        """What a counter holds: spent and reserved."""
        return sum(sum(window._slots.values()) for name, (window, _) in self.counters._windows.items() if name == key)

    @property
    def told(self) -> list[tuple[float | None, int]]:
        return [(alarm.threshold, alarm.spent) for alarm in self.alarms]
