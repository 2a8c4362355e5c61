"""The models that one configuration runs: opened from a directory, in this process or on an inference server.

Whoever asks for a model gets its runner and its tokenizer, verified; what serves each is told in a line. It starts no
thread and can't see what a model is for.
"""

from collections.abc import Callable
from pathlib import Path

from guard.inference import remote
from guard.inference.device import Device, has_gpu
from guard.inference.manifest import ModelSpec, verified
from guard.inference.onnx import library
from guard.inference.remote_wire import Remote
from guard.inference.runner import StepRunner, WindowRunner
from guard.inference.session import open_step, open_token, open_window
from guard.inference.token import Tokens


class Opened:
    """What is open. Everything raises ConfigError (file, key, cure)."""

    def __init__(self, directory: Path, device: Device, server: Remote | None) -> None:
        """`server` runs the models in place of this process."""
        self._directory = directory
        self._device = device
        self._server = server
        self._runners: list[WindowRunner | StepRunner] = []
        self._checks: list[Callable[[], None]] = []
        """What asks an inference server whether it is ready."""
        self.statements: tuple[str, ...] = ()
        """What serves each model, in a line each."""

    def window(self, spec: ModelSpec) -> WindowRunner:
        """A window or token model."""
        token = spec.kind == "token"
        if self._server is not None:
            there = remote.open_token(spec, self._server) if token else remote.open_window(spec, self._server)
            self._add(there, there.statement, there.ready)
            return there
        here = (open_token if token else open_window)(self._model(spec), spec, self._device)
        self._add(here, here.statement)
        return here

    def step(self, spec: ModelSpec) -> StepRunner:
        """A stream model."""
        if self._server is not None:
            there = remote.open_step(spec, self._server)
            self._add(there, there.statement, there.ready)
            return there
        here = open_step(self._model(spec), spec, self._device)
        self._add(here, here.statement)
        return here

    def tokens(self, spec: ModelSpec) -> Tokens:
        """A model's tokenizer."""
        return Tokens(self.file(spec.tokenizer.file, spec.tokenizer.sha256), spec.max_tokens, spec.stride_tokens)

    def file(self, file: str, sha256: str) -> bytes:
        """A file's bytes, once they have the digest."""
        return verified(self._directory, file, sha256)

    def ready(self) -> None:
        """Asks the inference server, if there is one, whether it serves what was opened."""
        for check in self._checks:
            check()

    def close(self) -> None:
        """Closes the models. Nothing runs them any more."""
        for runner in self._runners:
            runner.close()

    def _model(self, spec: ModelSpec) -> bytes:
        file = spec.serving(gpu=has_gpu(self._device, library().module.get_available_providers()))
        return self.file(file.file, file.sha256)

    def _add(self, runner: WindowRunner | StepRunner, statement: str, ready: Callable[[], None] | None = None) -> None:
        self._runners.append(runner)
        self.statements = (*self.statements, statement)
        if ready is not None:
            self._checks.append(ready)
