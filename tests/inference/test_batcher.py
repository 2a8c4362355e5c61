"""Many callers, one thread that runs the model: everybody gets their own rows, in time, or is told why not."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import numpy as np
import pytest

from guard.errors import EngineBusy, EngineError, EngineTimeout
from guard.inference.batcher import Batcher, BatchReport
from guard.inference.device import Device
from guard.inference.manifest import EntitySpec, ModelSpec, ScoreSpec, TokenizerSpec
from guard.inference.runner import Floats, Ids, WindowRunner
from guard.inference.schedule import Limits
from guard.inference.session import open_token, open_window
from guard.inference.token import Window

TINY = ModelSpec("tiny", "window", "", "", TokenizerSpec("", ""), "", "", (ScoreSpec("injection", 0),))
LIMITS = Limits(windows=4, tokens=256, queue=8)
MODELS = Path(__file__).parent / "models"
MODEL = (MODELS / "window.onnx").read_bytes()
_LABELS = ("O", "B-PERSON", "I-PERSON", "B-LOCATION", "I-LOCATION")
LABELLED = msgspec.structs.replace(
    TINY, kind="token", scores=(), labels=_LABELS, entities=(EntitySpec("PERSON"), EntitySpec("LOCATION"))
)


def window(*ids: int) -> Window:
    return Window(np.array(ids, dtype=np.int64), 0, 0)


class Gate:
    """A runner that answers with each row's sum, but only once it is let. Fails on id 13, breaks its promise on 14."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.entered = threading.Event()
        self.shapes: list[tuple[int, ...]] = []
        self.threads: set[str] = set()

    def run(self, ids: Ids, mask: Ids) -> Floats:
        self.shapes.append(ids.shape)
        self.threads.add(threading.current_thread().name)
        self.entered.set()
        assert self.open.wait(20)
        if (ids == 13).any():
            raise EngineError("the model failed")
        if (ids == 14).any():
            raise LookupError
        return (ids * mask).sum(axis=1, keepdims=True).astype(np.float32)[: -1 if (ids == 15).any() else None]

    def close(self) -> None: ...


@asynccontextmanager
async def started(
    runner: WindowRunner,
    limits: Limits = LIMITS,
    observe: Callable[[BatchReport], None] = lambda _: None,
    lanes: int = 1,
) -> AsyncIterator[Batcher]:
    batcher = Batcher(runner, limits, observe, lanes=lanes)
    batcher.start()
    yield batcher
    await batcher.stop()


def soon(seconds: float = 20.0) -> float:
    return asyncio.get_running_loop().time() + seconds


async def until(true: Callable[[], bool]) -> None:
    while not true():  # noqa: ASYNC110 (the model runs on a thread)
        await asyncio.sleep(0)


async def held(batcher: Batcher, gate: Gate) -> "asyncio.Task[Floats]":
    """A first window that is being run, and stays so until the gate opens."""
    first = asyncio.create_task(batcher.score([window(1)], soon()))
    await until(gate.entered.is_set)
    return first


async def test_every_caller_gets_its_own_rows_in_order() -> None:
    async with started(open_window(MODEL, TINY, Device("cpu"))) as batcher:
        calls = [[window(*([n] * (1 + (n + i) % 40))) for i in range(1 + n % 4)] for n in range(10, 40)]
        batcher_calls = (batcher.score(call, soon()) for call in calls[:3])
        answers = list(await asyncio.gather(*batcher_calls))
        for call in calls[3:]:
            answers.append(await batcher.score(call, soon()))
    for call, answer in zip(calls, answers, strict=True):
        assert answer[:, 0].tolist() == [one.ids.sum() for one in call]
        assert answer[:, 1].tolist() == [len(one.ids) for one in call]


async def test_no_windows_are_no_rows() -> None:
    async with started(Gate()) as batcher:
        assert len(await batcher.score([], soon())) == 0
        assert len(await batcher.label([], soon())) == 0


async def test_a_token_models_rows_are_as_long_as_their_windows_whatever_batch_they_were_in() -> None:
    runner = open_token((MODELS / "token.onnx").read_bytes(), LABELLED, Device("cpu"))
    call = [window(*range(8, 8 + n)) for n in (3, 40, 4, 5)]
    async with started(runner) as batcher:
        answers = await batcher.label(call, soon())
    for one, answer in zip(call, answers, strict=True):
        assert answer.max(axis=1).tolist() == one.ids.tolist()


async def test_an_answer_for_other_tokens_than_were_asked_about_is_refused() -> None:
    class Short(Gate):
        def run(self, ids: Ids, mask: Ids) -> Floats:
            return np.zeros((len(ids), ids.shape[1] - 1, 5), dtype=np.float32)

    async with started(Short()) as batcher:
        with pytest.raises(EngineError, match="does not fit"):
            await batcher.label([window(8, 9)], soon())


async def test_a_lone_window_does_not_wait() -> None:
    gate = Gate()
    gate.open.set()
    async with started(gate, Limits(linger_s=60)) as batcher:
        assert (await batcher.score([window(5)], soon())).tolist() == [[5]]
    assert gate.shapes == [(1, 1)]


async def test_what_comes_during_a_run_leaves_together_on_the_models_own_thread() -> None:
    gate = Gate()
    async with started(gate) as batcher:
        first = await held(batcher, gate)
        rest = [asyncio.create_task(batcher.score([window(n, 1)], soon())) for n in (2, 3, 4)]
        await until(lambda: batcher.waiting == 3)
        gate.open.set()
        assert [(await one).tolist() for one in (first, *rest)] == [[[1]], [[3]], [[4]], [[5]]]
    assert gate.shapes == [(1, 1), (3, 2)]
    assert gate.threads == {"guard-batcher"}


async def test_an_announced_window_is_waited_for() -> None:
    gate = Gate()
    gate.open.set()
    async with started(gate, Limits(linger_s=60)) as batcher:
        with batcher.announced():
            first = asyncio.create_task(batcher.score([window(1)], soon()))
            await until(lambda: batcher.waiting == 1)
        assert (await batcher.score([window(2)], soon())).tolist() == [[2]]
        assert (await first).tolist() == [[1]]
    assert gate.shapes == [(2, 1)]


async def test_each_batch_is_reported() -> None:
    gate, reports = Gate(), list[BatchReport]()
    async with started(gate, observe=reports.append) as batcher:
        first = await held(batcher, gate)
        rest = asyncio.create_task(batcher.score([window(1, 2, 3, 13), window(1)], soon()))
        await until(lambda: batcher.waiting == 2)
        gate.open.set()
        await first
        with pytest.raises(EngineError):
            await rest
    assert [(one.windows, one.tokens, one.padding, one.failed) for one in reports] == [
        (1, 1, 0.0, False),
        (2, 5, 0.375, True),
    ]
    assert all(one.wait_s >= 0 and one.run_s >= 0 for one in reports)


async def test_a_full_queue_refuses_a_whole_call() -> None:
    gate = Gate()
    async with started(gate) as batcher:
        first = await held(batcher, gate)
        waits = asyncio.create_task(batcher.score([window(1)] * 7, soon()))
        await until(lambda: batcher.waiting == 7)
        with pytest.raises(EngineBusy):
            await batcher.score([window(1)] * 2, soon())
        assert batcher.waiting == 7
        gate.open.set()
        assert (len(await first), len(await waits)) == (1, 7)


async def test_a_deadline_that_passes_before_the_run_is_a_timeout() -> None:
    gate = Gate()
    async with started(gate) as batcher:
        first = await held(batcher, gate)
        with pytest.raises(EngineTimeout):
            await batcher.score([window(2)], soon(0.01))
        assert batcher.waiting == 0
        gate.open.set()
        await first
    assert gate.shapes == [(1, 1)]


async def test_a_deadline_that_passes_during_the_run_is_a_timeout_too() -> None:
    gate = Gate()
    async with started(gate) as batcher:
        with pytest.raises(EngineTimeout):
            await batcher.score([window(2)], soon(0.01))
        gate.open.set()


async def test_a_deadline_in_the_past_is_a_timeout_at_once() -> None:
    async with started(Gate()) as batcher:
        with pytest.raises(EngineTimeout):
            await batcher.score([window(2)], soon(-1))


async def test_a_cancelled_caller_frees_its_windows() -> None:
    gate = Gate()
    async with started(gate) as batcher:
        first = await held(batcher, gate)
        gone = asyncio.create_task(batcher.score([window(2)] * 5, soon()))
        await until(lambda: batcher.waiting == 5)
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
        assert batcher.waiting == 0
        gate.open.set()
        await first
    assert gate.shapes == [(1, 1)]


async def test_a_caller_cancelled_during_its_run_disturbs_nobody() -> None:
    gate = Gate()
    async with started(gate) as batcher:
        gone = await held(batcher, gate)
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
        gate.open.set()
        assert (await batcher.score([window(2)], soon())).tolist() == [[2]]


@pytest.mark.parametrize("bad", [13, 15])
async def test_a_failed_run_fails_all_in_its_batch_and_no_other(bad: int) -> None:
    gate = Gate()
    async with started(gate) as batcher:
        first = await held(batcher, gate)
        together = [asyncio.create_task(batcher.score([window(n)], soon())) for n in (bad, 2)]
        await until(lambda: batcher.waiting == 2)
        gate.open.set()
        await first
        for one in together:
            with pytest.raises(EngineError):
                await one
        assert (await batcher.score([window(2)], soon())).tolist() == [[2]]


async def test_answers_that_are_no_numbers_are_an_error() -> None:
    class NoNumber(Gate):
        def run(self, ids: Ids, mask: Ids) -> Floats:
            return np.full((len(ids), 1), np.nan, dtype=np.float32)

    async with started(NoNumber()) as batcher:
        with pytest.raises(EngineError):
            await batcher.score([window(2)], soon())


async def test_a_runner_that_breaks_its_promise_leaves_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[type[BaseException]] = []
    monkeypatch.setattr(threading, "excepthook", lambda what: seen.append(what.exc_type))
    gate = Gate()
    async with started(gate) as batcher:
        first = await held(batcher, gate)
        broken = asyncio.create_task(batcher.score([window(14)], soon()))
        await until(lambda: batcher.waiting == 1)
        gate.open.set()
        await first
        with pytest.raises(EngineError):
            await broken
        with pytest.raises(EngineError, match="not running"):
            await batcher.score([window(2)], soon())
    await until(lambda: seen == [LookupError])


async def test_the_stop_fails_what_waits_and_lets_the_run_end() -> None:
    gate = Gate()
    async with started(gate) as batcher:
        running = await held(batcher, gate)
        waits = asyncio.create_task(batcher.score([window(2)], soon()))
        await until(lambda: batcher.waiting == 1)
        stopping = asyncio.create_task(batcher.stop())
        with pytest.raises(EngineError, match="stopping"):
            await waits
        gate.open.set()
        assert (await running).tolist() == [[1]]
        await stopping
    assert gate.shapes == [(1, 1)]


async def test_lanes_run_side_by_side() -> None:
    gate = Gate()
    batcher = Batcher(gate, LIMITS, lanes=2)
    batcher.start()
    first = await held(batcher, gate)
    second = asyncio.create_task(batcher.score([window(2)], soon()))
    await until(lambda: len(gate.shapes) == 2)
    gate.open.set()
    assert [(await one).tolist() for one in (first, second)] == [[[1]], [[2]]]
    await batcher.stop()


async def test_before_the_start_and_after_the_stop_nobody_is_scored() -> None:
    batcher = Batcher(Gate(), LIMITS)
    with pytest.raises(EngineError, match="not running"):
        await batcher.score([window(2)], soon())
    await batcher.stop()
    batcher.start()
    await batcher.stop()
    with pytest.raises(EngineError, match="not running"):
        await batcher.score([window(2)], soon())


async def test_after_callers_came_left_and_were_late_in_any_order_nothing_is_left_behind() -> None:
    runner = open_window(MODEL, TINY, Device("cpu"))
    async with started(runner, Limits(windows=8, tokens=512, queue=5_000), lanes=2) as batcher:
        windows = [[window(*([2] * (1 + (n * i) % 60))) for i in range(1 + n % 5)] for n in range(600)]
        calls = [
            asyncio.create_task(batcher.score(one, soon(0.0005 if n % 7 == 0 else 20))) for n, one in enumerate(windows)
        ]
        await asyncio.sleep(0)
        for call in calls[::3]:
            call.cancel()
        answers = await asyncio.gather(*calls, return_exceptions=True)
        assert batcher.waiting == 0
        await asyncio.wait_for(batcher.score([window(1)], soon()), 20)
    for n, (one, answer) in enumerate(zip(windows, answers, strict=True)):
        if isinstance(answer, asyncio.CancelledError):
            assert n % 3 == 0
        elif isinstance(answer, BaseException):
            assert isinstance(answer, EngineTimeout)
            assert n % 7 == 0
        else:
            assert n % 3
            assert answer[:, 1].tolist() == [len(each.ids) for each in one]


async def test_a_thousand_callers_of_one_batcher_are_all_answered() -> None:
    runner = open_window(MODEL, TINY, Device("cpu"))
    async with started(runner, Limits(windows=32, tokens=1_024, queue=2_000)) as batcher:
        answers = await asyncio.gather(*(batcher.score([window(*([1] * (1 + n % 90)))], soon()) for n in range(1_000)))
    assert [answer[0, 0] for answer in answers] == [1 + n % 90 for n in range(1_000)]
