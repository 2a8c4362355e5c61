"""Models on an inference server: the runners that the batcher and the stepper know, with the work done elsewhere.

Any server that speaks the Open Inference Protocol will do. A call blocks on its caller's thread. Names, shapes, types
and numbers of an answer are checked; whether the server runs the manifest's weights can't be seen from here.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from guard.errors import ConfigError, EngineError
from guard.inference.manifest import ModelSpec
from guard.inference.remote_http import HttpWire
from guard.inference.remote_wire import ANY, Contract, Input, Remote, TensorSpec, Wire, accept
from guard.inference.runner import Floats, Ids
from guard.inference.shape import unpacked

WINDOW_ROWS: Final = 64
"""Windows in one request at most; more are sent as several."""
STREAM_ROWS: Final = 512
"""Streams in one request at most: with their states it stays below the 4 MiB that gRPC servers take by default."""

_CURE: Final = "serve the models that `guard models export` writes"


class _Served:
    """What both runners share: a model's contract, a wire, and the check at start."""

    def __init__(self, spec: ModelSpec, remote: Remote, wire: Wire, contract: Contract) -> None:
        self.statement = f"{spec.name}: {remote.url}, Open Inference Protocol"
        self._name = spec.name
        self._url = remote.url
        self._contract = contract
        self._wire: Wire | None = wire

    def ready(self) -> None:
        """Asks the server whether it lives, has the model ready, and describes it as the manifest does.

        Raises ConfigError (the server, what is wrong, the cure). Blocks for at most three of the server's `timeout_s`.
        """
        wire = self._open()
        try:
            if not wire.live():
                raise self._unfit("says that it is not live; look at its log")
            if not wire.serves(self._name):
                raise self._unfit(f"does not have the model ready; {_CURE}, under the same names")
            self._compare(wire.describe(self._name))
        except EngineError as error:
            raise self._unfit(f"{error.message}; start the server, or correct its url, token or ca_file") from None

    def close(self) -> None:
        """Drops the connection. Nothing is run after it."""
        wire, self._wire = self._wire, None
        if wire:
            wire.close()

    def _compare(self, theirs: Contract) -> None:
        ours = self._contract
        given = {kind.name: kind for kind in theirs.inputs}
        if len(given) != len(ours.inputs) or not all(kind.name in given for kind in ours.inputs):
            raise self._unfit(f"takes other inputs than {_listed(ours.inputs)}; {_CURE}")
        for kind in ours.inputs:
            if not kind.admits(given[kind.name]):
                raise self._unfit(f"takes another type or shape than {kind} (-1: any); {_CURE}")
        for kind in ours.outputs:
            if not any(kind.admits(output) for output in theirs.outputs):
                raise self._unfit(f"does not give {kind} (-1: any); {_CURE}")

    def _infer(self, inputs: list[Input], shape: tuple[int, ...]) -> list[Floats]:
        """`shape` is that of the ids: an answer has as many rows, and where it has tokens, as many of them."""
        expected = [_filled(one, shape) for one in self._contract.outputs]
        received = self._open().infer(self._name, inputs, [kind.name for kind in expected])
        return accept(expected, received)

    def _open(self) -> Wire:
        if self._wire is None:
            raise EngineError(f"the model {self._name} has been closed")
        return self._wire

    def _unfit(self, problem: str) -> ConfigError:
        return ConfigError(f"models: {self._name}: {self._url}: {problem}")


class RemoteWindow(_Served):
    """A model that knows no past. Implements `runner.WindowRunner`."""

    def run(self, ids: Ids, mask: Ids) -> Floats:
        """`ids` and `mask` are (windows, tokens); the answer is (windows, columns). Blocks.

        Raises EngineError, and EngineTimeout when a request took longer than the server's `timeout_s`.
        """
        parts = [self._run(ids[part], mask[part]) for part in _parts(len(ids), WINDOW_ROWS)]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _run(self, ids: Ids, mask: Ids) -> Floats:
        return self._infer([Input("input_ids", ids), Input("attention_mask", mask)], ids.shape)[0]


class RemoteToken(RemoteWindow):
    """A model that labels each token of a window. Implements `runner.WindowRunner`."""

    def _run(self, ids: Ids, mask: Ids) -> Floats:
        plain, shapes = unpacked(ids)
        inputs = [Input("input_ids", plain), Input("attention_mask", mask), Input("shapes", shapes)]
        return self._infer(inputs, ids.shape)[0]


class RemoteStep(_Served):
    """A model that reads each token once. Implements `runner.StepRunner`."""

    _upright = False
    """Whether the server wants ids as a column: one that batches rows itself can't take (streams,)."""

    def step(self, ids: Ids, state: Floats) -> tuple[Floats, Floats]:
        """`ids` is (streams,), `state` (streams, size): logits (streams, columns) and the state after. Blocks.

        Raises EngineError, and EngineTimeout when a request took longer than the server's `timeout_s`.
        """
        parts = [self._step(ids[part], state[part]) for part in _parts(len(ids), STREAM_ROWS)]
        if len(parts) == 1:
            return parts[0]
        return np.concatenate([logits for logits, _ in parts]), np.concatenate([after for _, after in parts])

    def _step(self, ids: Ids, state: Floats) -> tuple[Floats, Floats]:
        shaped = ids[:, np.newaxis] if self._upright else ids
        logits, after = self._infer([Input("ids", shaped), Input("state", state)], ids.shape)
        return logits, after

    def _compare(self, theirs: Contract) -> None:
        ids = self._contract.inputs[0]
        column = TensorSpec(ids.name, ids.datatype, (ANY, 1))
        self._upright = any(column.admits(kind) for kind in theirs.inputs)
        if self._upright:
            theirs = Contract(tuple(ids if kind.name == ids.name else kind for kind in theirs.inputs), theirs.outputs)
        super()._compare(theirs)


def open_window(spec: ModelSpec, remote: Remote) -> RemoteWindow:
    """A window model on a server. Opens no connection; `ready` does. Raises ConfigError."""
    return RemoteWindow(spec, remote, _wire(remote, WINDOW_ROWS * spec.columns), contract(spec))


def open_token(spec: ModelSpec, remote: Remote) -> RemoteToken:
    """A token model on a server. Opens no connection; `ready` does. Raises ConfigError."""
    return RemoteToken(spec, remote, _wire(remote, WINDOW_ROWS * spec.max_tokens * spec.columns), contract(spec))


def open_step(spec: ModelSpec, remote: Remote) -> RemoteStep:
    """A stream model on a server. Opens no connection; call `ready` before the first step. Raises ConfigError."""
    return RemoteStep(spec, remote, _wire(remote, STREAM_ROWS * (spec.columns + spec.state)), contract(spec))


def contract(spec: ModelSpec) -> Contract:
    """What a model of the manifest takes and gives."""
    logits = TensorSpec("logits", "FP32", (ANY, ANY, spec.columns) if spec.kind == "token" else (ANY, spec.columns))
    if spec.kind != "stream":
        names = ("input_ids", "attention_mask", "shapes")[: 3 if spec.kind == "token" else 2]
        return Contract(tuple(TensorSpec(name, "INT64", (ANY, ANY)) for name in names), (logits,))
    inputs = (TensorSpec("ids", "INT64", (ANY,)), TensorSpec("state", "FP32", (ANY, spec.state)))
    return Contract(inputs, (logits, TensorSpec("state_out", "FP32", (ANY, spec.state))))


def _wire(remote: Remote, numbers: int) -> Wire:
    """`numbers` is how many an answer has at most."""
    if not remote.is_grpc:
        return HttpWire(remote, numbers)
    try:
        from guard.inference.remote_grpc import GrpcWire
    except ImportError:
        raise ConfigError(
            "models: an inference server over gRPC needs the extra [remote]; install it, or use its http url"
        ) from None
    return GrpcWire(remote, numbers)


def _filled(kind: TensorSpec, shape: tuple[int, ...]) -> TensorSpec:
    return TensorSpec(kind.name, kind.datatype, (*shape[: len(kind.shape) - 1], kind.shape[-1]))


def _parts(rows: int, most: int) -> Iterator[slice]:
    return (slice(start, start + most) for start in range(0, max(rows, 1), most))


def _listed(kinds: tuple[TensorSpec, ...]) -> str:
    return ", ".join(kind.name for kind in kinds)
