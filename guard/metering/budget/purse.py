"""What one exchange has reserved, until it is known what it came to."""

from collections.abc import Callable, Sequence

from guard.core.counter import Claim, Taking
from guard.core.usage import Usage
from guard.metering.budget.budget import Line, Unit
from guard.metering.budget.watch import Watch
from guard.ports import Counters


class BudgetPurse:
    """Implements `ports.Purse`. Settled once; whatever comes later changes nothing."""

    def __init__(
        self,
        lines: Sequence[tuple[Line, Claim]],
        taking: Taking,
        counters: Counters,
        watch: Watch,
        clock: Callable[[], int],
        bound: tuple[int, str] | None,
    ) -> None:
        """`bound`: how many tokens the answers may have, and the name of the budget that says so."""
        self._lines = lines
        self._taking = taking
        self._counters = counters
        self._watch = watch
        self._clock = clock
        self._open = True
        self.answer_tokens: int | None = None if bound is None else bound[0]
        self.name = "" if bound is None else bound[1]

    @property
    def reserved_tokens(self) -> int:
        """The most tokens that any budget has set aside."""
        return self._most(Unit.TOKENS)

    @property
    def reserved_nanousd(self) -> int:
        """The most nano-dollars that any budget has set aside."""
        return self._most(Unit.NANOUSD)

    def settle(self, usage: Usage, cost_nanousd: int | None) -> None:
        """The exchange came to this."""
        tokens = (usage.prompt or 0) + (usage.completion or 0)
        self._end({Unit.TOKENS: tokens, Unit.NANOUSD: cost_nanousd or 0})

    def release(self) -> None:
        """It came to nothing."""
        self._end({Unit.TOKENS: 0, Unit.NANOUSD: 0})

    def _most(self, unit: Unit) -> int:
        return max((claim.amount for line, claim in self._lines if line.budget.unit is unit), default=0)

    def _end(self, spent: dict[Unit, int]) -> None:
        if not self._open:
            return
        self._open = False
        now = self._clock()
        for line, claim in self._lines:
            amount = spent[line.budget.unit]
            self._counters.correct(claim, self._taking, amount)
            self._watch.settled(line, claim.amount, amount, now)
