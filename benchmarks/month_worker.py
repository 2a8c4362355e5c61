"""One process of `benchmarks/month.py`: exchanges on a ledger, until they are all done or somebody kills it.

The backend stands in this process and counts in a file that outlives it: what it sent, and what was taken off it.
Guard's own account and ledger do the rest, as in the pump: the account is opened, a budget in Redis is claimed, the
backend asked, every piece noted, the account closed and the budget settled.
"""

import asyncio
import mmap
import random
import sys
from pathlib import Path
from typing import Final

import msgspec
import uvloop

from guard.core.budget import BudgetClaim
from guard.core.channel import Channel
from guard.core.entry import Opening, Status
from guard.core.facts import Identity
from guard.core.finding import Finding
from guard.core.usage import Usage
from guard.core.written import Written
from guard.metering.budget.book import BudgetBook
from guard.metering.budget.budget import Budget, Scope, Unit
from guard.metering.budget.period import Period
from guard.metering.counter.redis import RedisCounters, RedisPlace
from guard.metering.ledger.ledger import SqlLedger
from guard.metering.ledger.options import LedgerOptions
from guard.metering.price.book import Book, Price
from guard.metering.price.rating import BookRater
from guard.ports import Budgets, Ledger
from guard.runtime.account import Account
from guard.runtime.budgeting import NO_BUDGETS

CELLS: Final = 4
OPENED, ASKED, SENT, TAKEN = range(CELLS)
OVER: Final = 2
"""In the cell `OPENED`: the exchange came to its end, so there can be no doubt about it."""
AT_ONCE: Final = 32
FIELDS: Final = ("content", "reasoning_content", "tool_calls.arguments")
PRICE: Final = Price(prompt=2_000_000, answer=8_000_000)
RATER: Final = BookRater(Book("month", (PRICE,)))
START_MS: Final = 1_790_000_000_000
BUDGET: Final = Budget(
    name="month", scope=Scope(tenant="*"), unit=Unit.TOKENS, limit=1 << 50, period=Period("month"), answer_tokens=16
)
MONTH_MS: Final = 30 * 86_400_000
_ENDS: Final = (
    (0.80, Status.COMPLETED, ""),
    (0.88, Status.ABORTED, "client_left"),
    (0.94, Status.BLOCKED, "content_filter"),
    (0.98, Status.FAILED, "backend_broken"),
    (1.00, Status.FAILED, "policy_error"),
)


class Task(msgspec.Struct, frozen=True):
    """What a process has to do: exchanges from `first` on of a month of `count`. `redis`: where budgets are counted."""

    options: LedgerOptions
    counts: str
    count: int
    first: int
    seed: int
    redis: str = ""


class Counts:
    """The backend's own count, four cells per exchange, in a file. Once asked it has `prompt_tokens` of the prompt."""

    def __init__(self, path: Path, exchanges: int) -> None:
        size = exchanges * CELLS * 8
        with path.open("r+b" if path.exists() else "w+b") as file:
            file.truncate(size)
            self._map = mmap.mmap(file.fileno(), size)
        self.cells = memoryview(self._map).cast("q")


class Answer:
    """The backend's answer to one exchange, and what the account asks a stream machine: pieces of one token each."""

    findings: tuple[Finding, ...] = ()
    withheld_chars = 0

    def __init__(self, number: int, prompt: int, reports: int) -> None:
        self.deltas, self.begun = 0, 1
        self.usage: Usage | None = None
        self.written = Written()
        self._number = number
        self._scripts = [self.written.open(Channel(0, field)) for field in FIELDS]
        self._prompt, self._reports, self._told = prompt, reports, 0

    @property
    def generated_chars(self) -> int:
        return self.written.chars

    @property
    def untold(self) -> tuple[int, int]:
        return 3 * (self.deltas - self._told), self.deltas - self._told

    def withheld_of(self, _share: object) -> int:
        """Characters of one class that the client did not get: none."""
        return 0

    def take(self, last: bool) -> None:
        """One more piece; the backend counts now and then, or at the end, or never."""
        self.deltas += 1
        self._scripts[class_of(self._number, self.deltas)].add("so ")
        if self._reports and (last or self.deltas % self._reports == 0):
            self.usage, self._told = Usage(prompt=self._prompt, completion=self.deltas), self.deltas


def class_of(number: int, piece: int) -> int:
    """Of which of the `FIELDS` an exchange's piece is, from 1: some answers begin with thoughts, some with a call."""
    thoughts = number % 4
    return 1 if piece <= thoughts else 2 if piece <= thoughts + number % 3 else 0


def exchange_id(number: int) -> str:
    return f"01MONTH{number:019}"


def prompt_tokens(number: int) -> int:
    return 1 + number % 97


def opening_of(number: int, count: int) -> Opening:
    again = number % 50 == 49  # The client asks once more, with the idempotency key of the exchange before it.
    return Opening(
        exchange=exchange_id(number),
        tenant=f"tenant-{number // 100 % 7}",
        key="key",
        tier="mid",
        dialect="openai.chat",
        model=f"model-{number % 3}",
        backend="stand-in",
        stream=True,
        started_ms=START_MS + MONTH_MS * number // count,
        idempotency=f"again-{number - number % 2}" if again or number % 50 == 48 else "",
    )


def claim_of(opening: Opening, prompt: int) -> BudgetClaim:
    identity = Identity(opening.tenant, opening.key, opening.tier)
    return BudgetClaim(opening.exchange, identity, {}, opening.model, prompt, None, 1, opening.started_ms)


class Month:
    """Exchanges of a month, each of which may end at any instruction."""

    def __init__(self, ledger: Ledger, budgets: Budgets, cells: memoryview, draw: random.Random, count: int) -> None:
        self._ledger, self._budgets, self._cells, self._draw, self._count = ledger, budgets, cells, draw, count

    async def serve(self, number: int) -> None:
        """One exchange, a piece at a time."""
        cells, at, prompt = self._cells, number * CELLS, prompt_tokens(number)
        cells[at + OPENED] = 1
        opening = opening_of(number, self._count)
        account = Account(self._ledger, opening, 4 * prompt, RATER)
        chance = self._draw.random()
        status, reason = next((status, reason) for bound, status, reason in _ENDS if chance < bound)
        answer = Answer(number, prompt, self._draw.choice((0, 1, 4, 1_000)))
        if reason != "policy_error":
            account.purse = await self._budgets.reserve(claim_of(opening, prompt))
            account.ask()
            cells[at + ASKED] = 1
            await self._relay(account, answer, at, status)
        account.ends(status, reason)
        account.close(answer if account.asked else None)  # type: ignore[arg-type]
        cells[at + OPENED] = OVER

    async def _relay(self, account: Account, answer: Answer, at: int, status: Status) -> None:
        pieces = self._draw.randrange(1, 12)
        for piece in range(pieces):
            self._cells[at + SENT] += 1
            answer.take(last=status is Status.COMPLETED and piece == pieces - 1)
            account.note(answer)  # type: ignore[arg-type]
            self._cells[at + TAKEN] += 1
            await asyncio.sleep(0)


async def work(task: Task, ledger: Ledger) -> None:
    cells = Counts(Path(task.counts), task.count).cells
    counters = RedisCounters(RedisPlace(task.redis, timeout_s=30)) if task.redis else None
    budgets: Budgets = NO_BUDGETS
    if counters is not None:
        await counters.start()
        budgets = BudgetBook((BUDGET,), counters)
    month = Month(ledger, budgets, cells, random.Random(task.seed * 1_000_003 + task.first), task.count)
    numbers = iter(range(task.first, task.count))

    async def serve() -> None:
        for number in numbers:
            await month.serve(number)

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(serve())
    if counters is not None:
        await counters.stop()


def main() -> None:
    task = msgspec.json.decode(sys.stdin.buffer.readline(), type=Task, dec_hook=lambda kind, value: kind(value))
    ledger = SqlLedger(task.options, RATER)
    ledger.start()
    uvloop.run(work(task, ledger))
    ledger.stop(600)


if __name__ == "__main__":
    main()
