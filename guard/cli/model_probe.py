"""Opens models on this machine to see whether they are sound and how fast they are. It knows no inference server."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Final

import msgspec
import numpy as np

from guard.config import Settings
from guard.errors import EngineError, GuardError
from guard.inference.device import Device, has_gpu
from guard.inference.linear import Linear
from guard.inference.manifest import ModelSpec, verified
from guard.inference.onnx import library
from guard.inference.runner import Ids, WindowRunner
from guard.inference.session import OnnxStep, OnnxToken, OnnxWindow, open_step, open_token, open_window
from guard.inference.token import Tokens
from guard.replay.fit import Timed

SAMPLE: Final = "The quick brown fox jumps over the lazy dog, and then it rests in the shade of an old tree. " * 24
WINDOW_TOKENS: Final = 32
STREAMS: Final = (100, 200)
_ROUNDS: Final = 100
_SIZES: Final = ((1, 16), (1, 64), (1, 128), (4, 32), (8, 64))
"""Windows and their tokens."""
_STEPS: Final = (1, 8, 32, 128)


class Found(msgspec.Struct, frozen=True):
    """Whether a model is sound, and what serves it, or what is wrong with it."""

    model: str
    sound: bool
    detail: str


class Speed(msgspec.Struct, frozen=True):
    """One measurement."""

    model: str
    what: str
    value: float
    unit: str


class Probe:
    """One model's files below the models' directory, verified before they are opened. Raises ConfigError."""

    def __init__(self, settings: Settings, spec: ModelSpec) -> None:
        self._directory = Path(settings.models)
        self._spec = spec
        self._device = Device(settings.inference.device, settings.inference.threads)
        self._threads = settings.inference.threads
        self._batch = settings.inference.batch_windows
        self._tokenizer = verified(self._directory, spec.tokenizer.file, spec.tokenizer.sha256)

    def verify(self) -> Found:
        """Every file's digest, and one batch."""
        spec = self._spec
        if spec.half is not None:
            verified(self._directory, spec.half.file, spec.half.sha256)
        if spec.linear is not None:
            Linear(verified(self._directory, spec.linear.file, spec.linear.sha256), spec.linear)
        if spec.kind != "stream":
            window = self._open_window()
            shape, statement = window.run(*self._windows(spec.max_tokens, 2)).shape, window.statement
        else:
            step = self._open_step()
            logits, state = step.step(self._ids(2), np.zeros((2, spec.state), dtype=np.float32))
            shape, statement = logits.shape, step.statement
            if state.shape != (2, spec.state):
                raise EngineError(
                    f"{spec.name}: gives states of another size than it takes; take the one Guard came with"
                )
        if shape[0] != 2 or shape[-1] < spec.columns:
            raise EngineError(f"{spec.name}: has not the columns that the manifest names; take the one Guard came with")
        return Found(spec.name, True, statement.removeprefix(f"{spec.name}: "))

    def measures(self) -> tuple[Callable[[], Speed], ...]:
        """What can be measured; each takes a second or so."""
        if self._spec.kind != "stream":
            window = self._open_window()
            return (lambda: self._alone(window), lambda: self._batches(window))
        step = self._open_step()
        return tuple(lambda streams=streams: self._steps(step, streams) for streams in STREAMS)

    def timed(self) -> tuple[Timed, ...]:
        """Runs of several sizes, for the simulation to be calibrated with."""
        if self._spec.kind != "stream":
            window = self._open_window()
            return tuple(self._timed_window(window, rows, tokens) for rows, tokens in _SIZES)
        step = self._open_step()
        return tuple(self._timed_step(step, rows) for rows in _STEPS)

    def _timed_window(self, window: WindowRunner, rows: int, tokens: int) -> Timed:
        ids, mask = self._windows(min(tokens, self._spec.max_tokens), rows)
        return Timed(rows, ids.size, _median_s(lambda: window.run(ids, mask), rounds=20))

    def _timed_step(self, step: OnnxStep, rows: int) -> Timed:
        ids, state = self._ids(rows), np.zeros((rows, self._spec.state), dtype=np.float32)
        return Timed(rows, rows, _median_s(lambda: step.step(ids, state), rounds=50))

    def _alone(self, window: WindowRunner) -> Speed:
        ids, mask = self._windows(WINDOW_TOKENS, 1)
        return Speed(
            self._spec.name,
            f"one window of {WINDOW_TOKENS} tokens",
            _median_s(lambda: window.run(ids, mask)) * 1e3,
            "ms",
        )

    def _batches(self, window: WindowRunner) -> Speed:
        ids, mask = self._windows(self._spec.max_tokens, self._batch)
        seconds = _median_s(lambda: window.run(ids, mask), rounds=5)
        what = f"batches of {self._batch} windows of {self._spec.max_tokens} tokens"
        return Speed(self._spec.name, what, ids.size / seconds, "tokens/s")

    def _steps(self, step: OnnxStep, streams: int) -> Speed:
        ids, state = self._ids(streams), np.zeros((streams, self._spec.state), dtype=np.float32)
        seconds = _median_s(lambda: step.step(ids, state))
        return Speed(
            self._spec.name, f"steps of {streams} streams", streams / seconds / self._threads, "tokens/s a core"
        )

    def _open_window(self) -> OnnxWindow | OnnxToken:
        opens = open_token if self._spec.kind == "token" else open_window
        return opens(self._model(), self._spec, self._device)

    def _open_step(self) -> OnnxStep:
        return open_step(self._model(), self._spec, self._device)

    def _model(self) -> bytes:
        file = self._spec.serving(gpu=has_gpu(self._device, library().module.get_available_providers()))
        return verified(self._directory, file.file, file.sha256)

    def _windows(self, tokens: int, count: int) -> tuple[Ids, Ids]:
        """`count` windows of so many tokens, and their mask."""
        ids = Tokens(self._tokenizer, tokens, 0).windows(SAMPLE)[0].ids
        rows = np.tile(ids, (count, 1))
        return rows, np.ones_like(rows)

    def _ids(self, streams: int) -> Ids:
        words = Tokens(self._tokenizer, self._spec.max_tokens, 0).words(SAMPLE)
        return np.resize(np.array(words, dtype=np.int64), streams)


def verify(settings: Settings, specs: tuple[ModelSpec, ...]) -> Iterator[Found]:
    """Each model in turn; what is wrong with one does not hide the next."""
    for spec in specs:
        try:
            yield Probe(settings, spec).verify()
        except GuardError as error:
            yield Found(spec.name, False, error.message)


def _median_s(work: Callable[[], object], rounds: int = _ROUNDS) -> float:
    """The median of so many rounds, in seconds, after a warm-up."""
    work()
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return median(times)
