"""The batcher: windows of many callers become batches, which a model's own thread runs.

Callers await on the event loop. The thread takes the next batch from the schedule by itself, so that a busy loop never
idles the model. On a CPU with cores to spare, several threads may run batches side by side (`lanes`). What comes
together and when it leaves is the schedule's business, what a logit means the caller's.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import msgspec
import numpy as np

from guard.errors import EngineBusy, EngineError, EngineTimeout
from guard.inference.runner import Floats, Ids, WindowRunner
from guard.inference.schedule import Batch, Limits, Schedule
from guard.inference.token import Window

_STOP_S: Final = 10.0
_NOTHING: Final[Floats] = np.empty((0, 0), dtype=np.float32)


class BatchReport(msgspec.Struct, frozen=True):
    """One batch: how many windows, how many tokens without padding, and the padding's share of what was computed.

    `wait_s` is how long the first of them waited, `run_s` how long the model ran. `failed`: it gave no answer.
    """

    windows: int
    tokens: int
    padding: float
    wait_s: float
    run_s: float
    failed: bool = False


Observe = Callable[[BatchReport], None]


class _Call:
    """One caller's windows, and the rows that it has been answered so far."""

    def __init__(
        self, number: int, windows: Sequence[Window], deadline: float, future: asyncio.Future[list[Floats]]
    ) -> None:
        self.number = number
        self.windows = windows
        self.deadline = deadline
        self.future = future
        self._left = len(windows)
        self._rows: list[Floats] = [_NOTHING] * len(windows)

    def answer(self, index: int, row: Floats) -> None:
        self._rows[index] = row
        self._left -= 1
        if not self._left and not self.future.done():
            self.future.set_result(self._rows)

    def fail(self, error: EngineError) -> None:
        if not self.future.done():
            self.future.set_exception(error)


class Batcher:
    """One model's batches: construct, `start` on a running loop, `score` from its tasks, `stop`.

    The runner stays its owner's: close it after `stop`.
    """

    def __init__(
        self, runner: WindowRunner, limits: Limits, observe: Observe = lambda _: None, *, lanes: int = 1
    ) -> None:
        """`observe` is told of each batch, on the event loop. `lanes` batches run at once; one only on a GPU."""
        self._runner = runner
        self._observe = observe
        self._calls: dict[int, _Call] = {}
        self._count = 0
        self._lanes = lanes
        self._running = 0
        self._ended: asyncio.Event | None = None
        # Everything below is read and written under this lock, which is never held during a run.
        self._state = threading.Condition()
        self._schedule = Schedule(limits)
        self._coming = 0
        self._open = False

    @property
    def waiting(self) -> int:
        """Windows that wait for a run."""
        return self._schedule.waiting

    def start(self) -> None:
        """Starts the threads. Called on the event loop that callers will be on."""
        loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()
        self._open = True
        self._running = self._lanes
        for _ in range(self._lanes):
            threading.Thread(target=self._work, args=(loop,), name="guard-batcher", daemon=True).start()

    async def stop(self) -> None:
        """Fails what waits with EngineError, and waits for the runs under way.

        Raises EngineError when they take more than 10 seconds.
        """
        with self._state:
            self._open = False
            waiting = [self._calls[number] for number in self._schedule.clear()]
            self._state.notify_all()
        for call in waiting:
            call.fail(EngineError("the classifier is stopping"))
        if self._ended is None:
            return
        try:
            await asyncio.wait_for(self._ended.wait(), _STOP_S)
        except TimeoutError:
            raise EngineError("a classifier did not end its last run in time") from None

    async def score(self, windows: Sequence[Window], deadline: float) -> Floats:
        """The logits of the windows, (windows, columns), in their order.

        `deadline` is a time of the event loop's clock. Cancelling it frees the windows that wait. Raises EngineBusy
        when the queue has no room for them, EngineTimeout when the deadline passes first, EngineError when the model
        fails or is stopped.
        """
        return np.stack(await self._answered(windows, deadline)) if windows else _NOTHING

    async def label(self, windows: Sequence[Window], deadline: float) -> Sequence[Floats]:
        """A token model's logits: for each window (tokens, labels), with its special tokens. Raises like `score`."""
        rows = await self._answered(windows, deadline) if windows else ()
        return [row[: len(one.ids)] for row, one in zip(rows, windows, strict=True)]

    async def _answered(self, windows: Sequence[Window], deadline: float) -> list[Floats]:
        call = self._enter(windows, deadline)
        try:
            async with asyncio.timeout_at(deadline):
                return await call.future
        except TimeoutError:
            raise EngineTimeout("a classifier gave no verdict in time") from None
        finally:
            self._leave(call)

    @contextmanager
    def announced(self) -> Iterator[None]:
        """Around tokenising on the way to `score`: batches may then linger a little for these windows."""
        self._come(1)
        try:
            yield
        finally:
            self._come(-1)

    def _come(self, callers: int) -> None:
        # Nobody is woken: a batch lingers no longer than it said it would, and its company is about to wake the thread.
        with self._state:
            self._coming += callers

    def _enter(self, windows: Sequence[Window], deadline: float) -> _Call:
        loop = asyncio.get_running_loop()
        now = time.monotonic()
        if deadline <= now:
            raise EngineTimeout("a classifier was asked after its deadline")
        with self._state:
            if not self._open:
                raise EngineError("the classifier is not running")
            if not self._schedule.has_room(len(windows)):
                raise EngineBusy("more text waits for a classifier than its queue takes; try again in a moment")
            self._count += 1
            call = self._calls[self._count] = _Call(self._count, windows, deadline, loop.create_future())
            self._schedule.add(call.number, [len(one.ids) for one in windows], deadline, now)
            self._state.notify()
        return call

    def _leave(self, call: _Call) -> None:
        with self._state:
            self._calls.pop(call.number, None)
            self._schedule.remove(call.number, call.deadline)

    def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        """One lane's thread. However it ends, callers get to know."""
        try:
            while work := self._next():
                self._run(loop, *work)
        finally:
            loop.call_soon_threadsafe(self._end)

    def _end(self) -> None:
        """On the event loop, behind a lane's last delivery: nobody is left waiting, not even after a runner's bug."""
        self._running -= 1
        with self._state:
            self._open = False
            self._schedule.clear()
            self._state.notify_all()
        if self._running:
            return
        for call in self._calls.values():
            call.fail(EngineError("the classifier has ended"))
        if self._ended is not None:
            self._ended.set()

    def _next(self) -> tuple[Batch, list[_Call]] | None:
        """Waits for a batch that is to leave; None once stopped."""
        with self._state:
            while self._open:
                now = time.monotonic()
                self._schedule.expire(now)
                leave = self._schedule.leave_at(now, self._coming)
                if leave is not None and leave <= now:
                    batch = self._schedule.take()
                    return batch, [self._calls[row.call] for row in batch.rows]
                self._state.wait(None if leave is None else leave - now)
        return None

    def _run(self, loop: asyncio.AbstractEventLoop, batch: Batch, calls: list[_Call]) -> None:
        begun = time.monotonic()
        answer: Floats | EngineError
        try:
            ids, mask = _padded(batch, calls)
            answer = self._runner.run(ids, mask)
            fits = answer.ndim == 2 or (answer.ndim == 3 and answer.shape[1] == ids.shape[1])
            if not fits or len(answer) != len(calls) or not np.isfinite(answer).all():
                answer = EngineError("a classifier's answer does not fit its question")
        except EngineError as error:
            answer = error
        run_s = time.monotonic() - begun
        failed = isinstance(answer, EngineError)
        with self._state:
            self._schedule.pace.learn(batch.padded, run_s)
        report = BatchReport(
            windows=len(calls),
            tokens=batch.tokens,
            padding=1 - batch.tokens / batch.padded,
            wait_s=begun - batch.entered,
            run_s=run_s,
            failed=failed,
        )
        loop.call_soon_threadsafe(self._deliver, batch, calls, answer, report)

    def _deliver(self, batch: Batch, calls: list[_Call], answer: Floats | EngineError, report: BatchReport) -> None:
        for at, (row, call) in enumerate(zip(batch.rows, calls, strict=True)):
            if isinstance(answer, EngineError):
                call.fail(answer)
            else:
                call.answer(row.index, answer[at])
        self._observe(report)


def _padded(batch: Batch, calls: Sequence[_Call]) -> tuple[Ids, Ids]:
    """The batch's ids, with zeros behind short windows, and the mask that tells them apart."""
    ids = np.zeros((len(calls), batch.longest), dtype=np.int64)
    mask = np.zeros_like(ids)
    for at, (row, call) in enumerate(zip(batch.rows, calls, strict=True)):
        ids[at, : row.length] = call.windows[row.index].ids
        mask[at, : row.length] = 1
    return ids, mask
