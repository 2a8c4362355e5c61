"""The energy meter: reads each pool's counters every few seconds, hears of exchanges, and keeps what is settled.

The hot path adds to a queue, no more. Books are settled and written in a thread, one turn of a pool at a time. Whatever
fails is a gap in the numbers and a line in the log, never an exchange's problem.
"""

import asyncio
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Final

import msgspec
import structlog

from guard.core.energy_figures import EnergyFigures, PoolFigures
from guard.core.entry import ExchangeEnergy
from guard.core.work import Work
from guard.errors import EnergyError
from guard.metering.energy.interval import Intervals, Limits, Sample
from guard.metering.energy.own import OwnMeter
from guard.metering.energy.pool import Pool
from guard.metering.energy.rated import RatedPool
from guard.metering.energy.result import Origin, Settled
from guard.metering.energy.source import Source
from guard.metering.energy.store import EnergyStore
from guard.metering.energy.weight import Tokens

_log: Final = structlog.get_logger("guard.energy")
MOST_UNWRITTEN: Final = 1000
"""Settled intervals that wait for a disk that can't be written; the oldest are given up beyond it."""


class Measured(msgspec.Struct, frozen=True):
    """A pool whose counters are read from `source` every `interval_s`."""

    pool: Pool
    source: Source
    limits: Limits


class PoolPlan(msgspec.Struct, frozen=True):
    """One pool: which backends work on it, and how its energy is had."""

    origin: Origin
    backends: frozenset[str]
    interval_s: float
    books: Measured | RatedPool


class _Desk:
    """A pool at work."""

    def __init__(self, plan: PoolPlan) -> None:
        self.plan = plan
        self.inbox: deque[Work] = deque()
        self.running: dict[str, float] = {}
        self.intervals = Intervals(plan.books.limits) if isinstance(plan.books, Measured) else None
        self.voids: Counter[str] = Counter()
        self.totals: Counter[str] = Counter()
        self.problem = ""
        self.power_w: float | None = None
        self.idle_w: float | None = None

    def count(self, results: Sequence[Settled]) -> None:
        """Adds settled intervals to the figures since the start."""
        for settled in results:
            interval = settled.interval
            self.voids[interval.void.value if interval.void else ""] += 1
            self.totals["energy_mj"] += interval.energy_mj or 0
            self.totals["idle_mj"] += interval.idle_mj or 0
            metered = [group for group in settled.groups if group.energy_mj is not None]
            self.totals["work_mj"] += round(sum(group.energy_mj or 0.0 for group in metered))
            self.totals["tokens"] += round(sum((group.tokens for group in metered), Tokens()).total)


class Meter:
    """`guard.ports.EnergyMeter`; works while `running`."""

    def __init__(
        self,
        plans: Sequence[PoolPlan],
        own: OwnMeter,
        open_store: Callable[[], EnergyStore],
        tell: Callable[[Sequence[ExchangeEnergy]], None],
        own_interval_s: float = 10.0,
    ) -> None:
        """`tell` hears once, in a thread, what each exchange took."""
        self._desks = tuple(_Desk(plan) for plan in plans)
        self._of = {backend: desk for desk in self._desks for backend in desk.plan.backends}
        self._own = own
        self._own_interval_s = own_interval_s
        self._own_totals: Counter[str] = Counter()
        self._open_store = open_store
        self._tell = tell
        self._store: EnergyStore | None = None
        self._turn = asyncio.Lock()
        self._unwritten: deque[Settled] = deque()
        self._given_up = 0
        self._stopping = asyncio.Event()

    def asked(self, exchange: str, backend: str, at_s: float) -> None:
        """A backend begins to work for an exchange."""
        desk = self._of.get(backend)
        if desk is not None:
            desk.running[exchange] = at_s

    def note(self, work: Work) -> None:
        """An exchange is over."""
        desk = self._of.get(work.backend)
        if desk is not None:
            desk.running.pop(work.exchange, None)
            desk.inbox.append(work)

    def figures(self) -> EnergyFigures:
        """What was metered since the start."""
        own = self._own_totals
        return EnergyFigures(
            pools=tuple(_figures(desk) for desk in self._desks),
            guard_mj=own["energy_mj"],
            guard_method=self._own.method,
            unwritten=len(self._unwritten),
            given_up=self._given_up,
        )

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Meters until it is left; then each pool is read and settled once more. Raises EnergyError at the start."""
        self._store = await asyncio.to_thread(self._open_store)
        try:
            async with asyncio.TaskGroup() as group:
                for desk in self._desks:
                    group.create_task(self._tend(desk))
                group.create_task(self._tend_own())
                try:
                    yield
                finally:
                    # Not cancelled: a thread could still be at the books when the last turn begins.
                    self._stopping.set()
            for desk in self._desks:
                await self._turned(desk, last=True)
            await self._keep(self._own.settle(time.monotonic(), _now_ms()), self._own_totals)
        finally:
            self._store.close()

    async def _turned(self, desk: _Desk, last: bool = False) -> None:
        """Reads a pool's counters and settles what it can; at the last turn all, whoever still runs."""
        sample = await self._sampled(desk)
        running = tuple(desk.running.values())
        async with self._turn:
            results = await asyncio.to_thread(self._settle, desk, sample, running, last)
        desk.count(results)
        await self._keep(results)

    def _settle(self, desk: _Desk, sample: Sample | None, running: Sequence[float], last: bool) -> Sequence[Settled]:
        """In a thread."""
        results = _settled(desk, sample, running, last)
        told = [one for settled in results for one in settled.told()]
        books = desk.plan.books
        if last and isinstance(books, Measured):
            told.extend(books.pool.leave(_now_ms()))
        if told:
            self._tell(told)
        return results

    async def _tend(self, desk: _Desk) -> None:
        while not self._stopping.is_set():
            begun = time.monotonic()
            await self._turned(desk)
            await self._pause(desk.plan.interval_s - (time.monotonic() - begun))

    async def _tend_own(self) -> None:
        while not self._stopping.is_set():
            await self._keep(self._own.settle(time.monotonic(), _now_ms()), self._own_totals)
            await self._pause(self._own_interval_s)

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(max(seconds, 0.0)):
                await self._stopping.wait()
        except TimeoutError:
            return

    async def _sampled(self, desk: _Desk) -> Sample | None:
        """The counters now: at the middle of the time that reading them took. None if they can't be had."""
        books = desk.plan.books
        if not isinstance(books, Measured):
            return None
        begun = time.monotonic()
        try:
            counters = await books.source.read()
        except EnergyError as error:
            if error.message != desk.problem:
                _log.warning("energy", pool=desk.plan.origin.pool, problem=error.message)
            desk.problem = error.message
            return None
        desk.problem = ""
        took = time.monotonic() - begun
        return Sample(begun + took / 2, _now_ms() - round(took * 500), counters)

    async def _keep(self, results: Sequence[Settled], totals: Counter[str] | None = None) -> None:
        if totals is not None:
            totals["energy_mj"] += sum(settled.interval.energy_mj or 0 for settled in results)
        async with self._turn:
            self._unwritten.extend(results)
            while len(self._unwritten) > MOST_UNWRITTEN:
                self._unwritten.popleft()
                self._given_up += 1
            batch = tuple(self._unwritten)
            if not batch or self._store is None:
                return
            try:
                await asyncio.to_thread(self._store.write, batch, _now_ms())
            except EnergyError as error:
                _log.warning("energy", problem=error.message, unwritten=len(batch))
                return
            for _ in batch:
                self._unwritten.popleft()


def _settled(desk: _Desk, sample: Sample | None, running: Sequence[float], last: bool) -> Sequence[Settled]:
    """In a thread. Exchanges that ended before `running` was taken are in the inbox by now."""
    books = desk.plan.books
    works = [desk.inbox.popleft() for _ in range(len(desk.inbox))]
    pool = books.pool if isinstance(books, Measured) else books
    for work in works:
        pool.add(work)
    if isinstance(books, RatedPool):
        return books.settle(time.monotonic(), _now_ms())
    if desk.intervals is not None and sample is None:
        desk.intervals.miss()
    interval = desk.intervals.take(sample, last) if desk.intervals is not None and sample is not None else None
    if interval is not None:
        books.pool.put(interval)
        known = interval.energy_mj is not None and interval.void is None
        desk.power_w = (interval.energy_mj or 0) / 1000 / interval.seconds if known else None
    results = books.pool.settle(running, float("inf") if last else time.monotonic())
    idle = books.pool.baseline.idle()
    desk.idle_w = None if idle is None else idle.watts
    return results


def _figures(desk: _Desk) -> PoolFigures:
    plan, totals = desk.plan, desk.totals
    voids: Mapping[str, int] = {reason: count for reason, count in sorted(desk.voids.items()) if reason}
    return PoolFigures(
        pool=plan.origin.pool,
        method=plan.origin.method,
        weights=plan.origin.weights,
        intervals=desk.voids.total(),
        voids=voids,
        energy_mj=totals["energy_mj"],
        idle_mj=totals["idle_mj"],
        work_mj=totals["work_mj"],
        tokens=totals["tokens"],
        power_w=desk.power_w,
        idle_w=desk.idle_w,
        running=len(desk.running),
        problem=desk.problem,
    )


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
