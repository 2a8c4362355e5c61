"""Sessions: a verified model file, opened on the best device there is, that answers with logits.

A session says in one line what serves it. It takes arrays of token ids and can't see text. Every failure of ONNX
Runtime becomes an EngineError (a ConfigError while opening) that repeats none of its words, for those may name values.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from guard.errors import ConfigError, EngineError
from guard.inference.binding import BoundCall
from guard.inference.device import Device, Way, providers
from guard.inference.manifest import ModelSpec
from guard.inference.onnx import FATAL, Library, Session, Tensor, library
from guard.inference.runner import Floats, Ids
from guard.inference.shape import unpacked

_Call = Callable[[Mapping[str, Tensor]], Sequence[Tensor]]


class _Opened:
    """What both kinds of session share: one call with named arrays in and arrays out."""

    def __init__(self, spec: ModelSpec, call: _Call, failures: tuple[type[Exception], ...], statement: str) -> None:
        self.statement = statement
        self._spec = spec
        self._call: _Call | None = call
        self._failures = failures

    def close(self) -> None:
        """Frees the session. Nothing is run after it."""
        self._call = None

    def _run(self, **feeds: Tensor) -> Sequence[Floats]:
        if self._call is None:
            raise EngineError(f"the model {self._spec.name} has been closed")
        try:
            outputs = self._call(feeds)
        except self._failures:
            raise EngineError(f"the model {self._spec.name} failed to run; see its statement at start") from None
        return [np.asarray(output, dtype=np.float32) for output in outputs]

    def _logits(self, **feeds: Tensor) -> Floats:
        (logits,) = self._run(**feeds)
        if not np.isfinite(logits).all():
            raise EngineError(f"the model {self._spec.name} answered with what is not a number")
        return logits


class OnnxWindow(_Opened):
    """A model that knows no past. Implements `runner.WindowRunner`."""

    def run(self, ids: Ids, mask: Ids) -> Floats:
        """`ids` and `mask` are (windows, tokens); the answer is (windows, columns). Blocks. Raises EngineError."""
        return self._logits(input_ids=ids, attention_mask=mask)


class OnnxToken(_Opened):
    """A model that labels each token of a window. Implements `runner.WindowRunner`."""

    def run(self, ids: Ids, mask: Ids) -> Floats:
        """`ids`, with their words' shapes (see `shape.py`), and `mask` are (windows, tokens).

        The answer is (windows, tokens, labels). Blocks. Raises EngineError.
        """
        plain, shapes = unpacked(ids)
        return self._logits(input_ids=plain, attention_mask=mask, shapes=shapes)


class OnnxStep(_Opened):
    """A model that reads each token once. Implements `runner.StepRunner`."""

    def step(self, ids: Ids, state: Floats) -> tuple[Floats, Floats]:
        """`ids` is (streams,), `state` (streams, size): logits (streams, columns) and the state after.

        What is not a number is for the caller to find: it fails one stream, not all. Blocks. Raises EngineError.
        """
        logits, after = self._run(ids=ids, state=state)
        return logits, after


def open_window(model: bytes, spec: ModelSpec, device: Device, onnx: Library | None = None) -> OnnxWindow:
    """Opens a window model from verified bytes. Raises ConfigError. `onnx` is by default the real library."""
    return OnnxWindow(*_open(model, spec, device, ("input_ids", "attention_mask"), ("logits",), onnx or library()))


def open_token(model: bytes, spec: ModelSpec, device: Device, onnx: Library | None = None) -> OnnxToken:
    """Opens a token model from verified bytes. Raises ConfigError. `onnx` is by default the real library."""
    inputs = ("input_ids", "attention_mask", "shapes")
    return OnnxToken(*_open(model, spec, device, inputs, ("logits",), onnx or library()))


def open_step(model: bytes, spec: ModelSpec, device: Device, onnx: Library | None = None) -> OnnxStep:
    """Opens a stream model from verified bytes. Raises ConfigError. `onnx` is ONNX Runtime, by default the real one."""
    return OnnxStep(*_open(model, spec, device, ("ids", "state"), ("logits", "state_out"), onnx or library()))


def _open(
    model: bytes, spec: ModelSpec, device: Device, inputs: Sequence[str], outputs: Sequence[str], onnx: Library
) -> tuple[ModelSpec, _Call, tuple[type[Exception], ...], str]:
    for way in providers(device, onnx.module.get_available_providers()):
        session = _session(model, device, way, onnx)
        if session is None:
            continue
        _check(session, spec, inputs, outputs)
        call = (
            BoundCall(onnx.module, session, outputs, way, device.index) if way.gpu else _direct(session, outputs, onnx)
        )
        return spec, call, onnx.failures, _statement(spec, device, way)
    raise ConfigError(
        f"models: {spec.name}: can't be opened on {device.kind}; check that its file is for this version of Guard, "
        "and on a GPU that the driver and libraries are those that ONNX Runtime asks for"
    )


def _session(model: bytes, device: Device, way: Way, onnx: Library) -> Session | None:
    """None if ONNX Runtime can't serve the model this way; it would silently go to the CPU instead."""
    try:
        session = onnx.module.InferenceSession(model, _options(device, onnx), list(way.providers), enable_fallback=0)
    except onnx.failures:
        return None
    return session if way.name in session.get_providers()[:1] else None


def _options(device: Device, onnx: Library) -> Any:
    options = onnx.module.SessionOptions()
    options.intra_op_num_threads = device.threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = onnx.module.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.add_session_config_entry("session.intra_op.allow_spinning", str(int(device.spin)))
    options.log_severity_level = FATAL
    return options


def _direct(session: Session, outputs: Sequence[str], onnx: Library) -> _Call:
    options = onnx.module.RunOptions()
    options.log_severity_level = FATAL
    return lambda feeds: session.run(outputs, feeds, options)


def _check(session: Session, spec: ModelSpec, inputs: Sequence[str], outputs: Sequence[str]) -> None:
    """Refuses a model whose inputs, outputs or columns are not what the manifest says they are."""
    named = {one.name for one in session.get_inputs()}, {one.name for one in session.get_outputs()}
    if named != (set(inputs), set(outputs)):
        raise ConfigError(
            f"models: {spec.name}: a {spec.kind} model has the inputs {', '.join(inputs)} and the outputs "
            f"{', '.join(outputs)}; export it so, or correct kind in the manifest"
        )
    axes = {one.name: len(one.shape) for one in session.get_outputs()}
    if axes["logits"] != (3 if spec.kind == "token" else 2):
        raise ConfigError(
            f"models: {spec.name}: a {spec.kind} model gives a row of logits for each "
            f"{'token' if spec.kind == 'token' else 'window or stream'}; correct kind in the manifest"
        )
    widths = {one.name: one.shape[-1] for one in session.get_outputs()}
    columns, state = widths["logits"], widths.get("state_out")
    if isinstance(columns, int) and (columns < spec.columns or (spec.labels and columns > spec.columns)):
        raise ConfigError(f"models: {spec.name}: has {columns} columns and the manifest names {spec.columns}")
    if isinstance(state, int) and state != spec.state:
        raise ConfigError(f"models: {spec.name}: has a state of {state} floats and the manifest says {spec.state}")


def _statement(spec: ModelSpec, device: Device, way: Way) -> str:
    if way.gpu:
        dtype = "fp16" if spec.half or (device.half and way.name.startswith("Tensorrt")) else spec.dtype
        rest = (dtype, f"GPU {device.index}", "CUDA graphs" if way.graphs else "")
    else:
        rest = (spec.dtype, f"{device.threads} thread{'s' if device.threads > 1 else ''}", "spinning" * device.spin)
    return f"{spec.name}: {', '.join(part for part in (way.name, *rest) if part)}"
