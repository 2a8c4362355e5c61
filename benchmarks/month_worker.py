"""One process of `benchmarks/month.py`: exchanges on a ledger, until they are all done or somebody kills it.

The backend stands in this process and counts in a file that outlives it: what it sent, and what was taken off it.
Guard's own account and ledger do the rest, as in the pump: the account is opened, the backend asked, every piece
noted, the account closed.
"""

import mmap
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from guard.core.entry import Opening, Status
from guard.core.finding import Finding
from guard.core.usage import Usage
from guard.metering.ledger.ledger import SqlLedger
from guard.metering.ledger.options import LedgerOptions
from guard.metering.price.book import Book, Price
from guard.metering.price.rating import BookRater
from guard.ports import Ledger
from guard.runtime.account import Account

CELLS: Final = 4
OPENED, ASKED, SENT, TAKEN = range(CELLS)
OVER: Final = 2
"""In the cell `OPENED`: the exchange came to its end, so there can be no doubt about it."""
AT_ONCE: Final = 32
PRICE: Final = Price(prompt=2_000_000, answer=8_000_000)
RATER: Final = BookRater(Book("month", (PRICE,)))
START_MS: Final = 1_790_000_000_000
MONTH_MS: Final = 30 * 86_400_000
_ENDS: Final = (
    (0.80, Status.COMPLETED, ""),
    (0.88, Status.ABORTED, "client_left"),
    (0.94, Status.BLOCKED, "content_filter"),
    (0.98, Status.FAILED, "backend_broken"),
    (1.00, Status.FAILED, "policy_error"),
)


class Task(msgspec.Struct, frozen=True):
    """What a process has to do: exchanges `first` to `last` of a month of `count`."""

    options: LedgerOptions
    counts: str
    count: int
    first: int
    seed: int


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

    def __init__(self, prompt: int, reports: int) -> None:
        self.deltas = self.generated_chars = 0
        self.usage: Usage | None = None
        self._prompt, self._reports, self._told = prompt, reports, 0

    @property
    def untold(self) -> tuple[int, int]:
        return 3 * (self.deltas - self._told), self.deltas - self._told

    def take(self, last: bool) -> None:
        """One more piece; the backend counts now and then, or at the end, or never."""
        self.deltas += 1
        self.generated_chars += 3
        if self._reports and (last or self.deltas % self._reports == 0):
            self.usage, self._told = Usage(prompt=self._prompt, completion=self.deltas), self.deltas


def exchange_id(number: int) -> str:
    return f"01MONTH{number:019}"


def prompt_tokens(number: int) -> int:
    return 1 + number % 97


def exchange(ledger: Ledger, cells: memoryview, number: int, draw: random.Random, count: int) -> Iterator[None]:
    """One exchange, a piece at a time."""
    at, prompt = number * CELLS, prompt_tokens(number)
    cells[at + OPENED] = 1
    again = number % 50 == 49  # The client asks once more, with the idempotency key of the exchange before it.
    opening = Opening(
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
    account = Account(ledger, opening, 4 * prompt, RATER)
    chance = draw.random()
    status, reason = next((status, reason) for bound, status, reason in _ENDS if chance < bound)
    answer = Answer(prompt, draw.choice((0, 1, 4, 1_000)))
    if reason != "policy_error":
        account.ask()
        cells[at + ASKED] = 1
        pieces = draw.randrange(1, 12)
        for piece in range(pieces):
            cells[at + SENT] += 1
            answer.take(last=status is Status.COMPLETED and piece == pieces - 1)
            account.note(answer)  # type: ignore[arg-type]
            cells[at + TAKEN] += 1
            yield
    account.ends(status, reason)
    account.close(answer if account.asked else None)  # type: ignore[arg-type]
    cells[at + OPENED] = OVER


def main() -> None:
    task = msgspec.json.decode(sys.stdin.buffer.readline(), type=Task, dec_hook=lambda kind, value: kind(value))
    ledger = SqlLedger(task.options, RATER)
    ledger.start()
    cells = Counts(Path(task.counts), task.count).cells
    draw = random.Random(task.seed * 1_000_003 + task.first)
    running: list[Iterator[None]] = []
    numbers = iter(range(task.first, task.count))
    while True:
        while len(running) < AT_ONCE and (number := next(numbers, None)) is not None:
            running.append(exchange(ledger, cells, number, draw, task.count))
        if not running:
            break
        running = [one for one in running if next(one, _OVER) is not _OVER]
    ledger.stop(600)


_OVER: Final = object()

if __name__ == "__main__":
    main()
