"""The budgets of the configuration: who may spend what. Every claim is one atomic step over all that it counts in."""

import heapq
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from guard.core.budget import BudgetAlarm, BudgetClaim, BudgetFigures, Spending
from guard.core.counter import Claim, Taking
from guard.core.facts import BudgetFacts, Identity
from guard.errors import BudgetExhausted
from guard.metering.budget.bill import Bill
from guard.metering.budget.budget import UNLIMITED, Budget, Line, Unit
from guard.metering.budget.purse import BudgetPurse
from guard.metering.budget.watch import Watch
from guard.ports import Counters, Rater

_TRIES: Final = 8
"""How often a claim is made smaller while others claim as well."""
_SOON_S: Final = 1


def unix_ms() -> int:
    """The time."""
    return time.time_ns() // 1_000_000


def untold(_alarm: BudgetAlarm) -> None:
    """Nobody is told."""


class BudgetBook:
    """Implements `ports.Budgets`."""

    def __init__(
        self,
        budgets: Sequence[Budget],
        counters: Counters,
        rater: Rater | None = None,
        tell: Callable[[BudgetAlarm], None] = untold,
        clock: Callable[[], int] = unix_ms,
    ) -> None:
        """`clock` tells Unix milliseconds."""
        self._budgets = tuple(budgets)
        self._counters = counters
        self._rater = rater
        self._watch = Watch(tell)
        self._clock = clock

    async def reserve(self, claim: BudgetClaim) -> BudgetPurse:
        """Reserves what the exchange may come to, or as much of it as is left.

        Raises BudgetExhausted, Unpriced, CountersUnavailable.
        """
        lines, bill = self._lines(claim.identity, claim.labels, claim.at_ms), Bill(claim, self._rater)
        if not lines:
            return BudgetPurse((), Taking(True, 0, ()), self._counters, self._watch, self._clock, None)
        most = claim.answer_tokens
        if most is None:
            most = min((line.budget.answer_tokens for line in lines), default=0)
        answer, blamed = most, next((line for line in lines if line.budget.hard), None)
        for _ in range(_TRIES):
            claims = [line.claim(bill.amount(line.budget.unit, answer, line.budget.hard)) for line in lines]
            taking = await self._counters.take(claims, claim.exchange)
            if taking.taken:
                return self._purse(lines, claims, taking, None if blamed is None else (answer, blamed.budget.name))
            found = self._room(lines, taking, bill, answer)
            answer, blamed = found[0], lines[found[1]]
            if answer < claim.least_tokens or answer < 0:
                raise self._exhausted(blamed, taking, found[1], bill.amount(blamed.budget.unit, claim.least_tokens))
        raise BudgetExhausted(_told(lines[0]), _SOON_S)

    async def left(self, identity: Identity) -> BudgetFacts:
        """What is left for them, in the budgets that labels have no part in. Raises CountersUnavailable."""
        lines = self._lines(identity, {}, self._clock())
        if not lines:
            return BudgetFacts()
        taking = await self._counters.take([line.claim(0) for line in lines], "")
        left: dict[Unit, int] = {}
        scarcest, name = 2.0, ""
        for line, standing in zip(lines, taking.standings, strict=True):
            budget, rest = line.budget, max(0, line.budget.limit - standing.used)
            left[budget.unit] = min(rest, left.get(budget.unit, UNLIMITED))
            if rest / budget.limit < scarcest:
                scarcest, name = rest / budget.limit, budget.name
        return BudgetFacts(left.get(Unit.TOKENS), left.get(Unit.NANOUSD), name)

    def figures(self, most: int) -> tuple[BudgetFigures, ...]:
        """How budgets stand that were asked for in their running period: the fullest, so many at most."""
        now = self._clock()
        running = (
            BudgetFigures(line.budget.name, line.subject, line.budget.unit.value, line.budget.limit, spent, reserved)
            for line, spent, reserved in self._watch.standings()
            if line.period == line.budget.period.label(now)
        )
        return tuple(heapq.nlargest(most, running, lambda one: (one.spent + one.reserved) / one.limit))

    def since_ms(self) -> int:
        """From when on spendings still count."""
        now = self._clock()
        return min((budget.period.begin_ms(now) for budget in self._budgets), default=now)

    def claims_of(self, spendings: Iterable[Spending]) -> list[Claim]:
        """What was spent before, as claims to note in counters that forgot it. What rolls counts from now on."""
        now = self._clock()
        sums: dict[Line, int] = {}
        for spending in spendings:
            for line in self._lines(spending.identity, spending.labels, spending.at_ms):
                if spending.at_ms >= line.budget.period.begin_ms(now):
                    amount = spending.tokens if line.budget.unit is Unit.TOKENS else spending.nanousd
                    sums[line] = sums.get(line, 0) + amount
        return [line.claim(amount) for line, amount in sums.items()]

    def _lines(self, identity: Identity, labels: Mapping[str, str], at_ms: int) -> list[Line]:
        lines: list[Line] = []
        for budget in self._budgets:
            subject = budget.scope.subject(identity, labels)
            if subject is not None:
                lines.append(Line(budget, subject, budget.period.label(at_ms)))
        return lines

    def _purse(
        self, lines: Sequence[Line], claims: Sequence[Claim], taking: Taking, bound: tuple[int, str] | None
    ) -> BudgetPurse:
        now = self._clock()
        for line, claim, standing in zip(lines, claims, taking.standings, strict=True):
            self._watch.reserved(line, claim.amount, standing.used, now)
        pairs = tuple(zip(lines, claims, strict=True))
        return BudgetPurse(pairs, taking, self._counters, self._watch, self._clock, bound)

    @staticmethod
    def _room(lines: Sequence[Line], taking: Taking, bill: Bill, answer: int) -> tuple[int, int]:
        """The longest answer that there is room for, and the number of the line that leaves the least."""
        fits = (
            (bill.affordable(line.budget.unit, standing.remaining, answer), number)
            for number, (line, standing) in enumerate(zip(lines, taking.standings, strict=True))
            if line.budget.hard
        )
        return min(fits)

    def _exhausted(self, line: Line, taking: Taking, number: int, needed: int) -> BudgetExhausted:
        """The refusal, which says when it may go better: what is reserved only may be free in a moment."""
        now, standing = self._clock(), taking.standings[number]
        self._watch.refused(line, standing.used, now)
        if self._watch.spent(line) + needed <= line.budget.limit:
            return BudgetExhausted(_told(line), _SOON_S)
        wait_ms = standing.wait_ms if line.budget.period.rolls else line.budget.period.end_ms(now) - now
        return BudgetExhausted(_told(line), max(_SOON_S, -(-wait_ms // 1000)))


def _told(line: Line) -> str:
    name = line.budget.name
    return f"What is left of the budget {name} is too little for this request; send a shorter one, or try again later."
