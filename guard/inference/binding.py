"""Runs a session on a GPU: fixed shapes, tensors that stay in the GPU's memory, and a CUDA graph for each shape.

This has not been run on a GPU: none was at hand. Tests hold it to what ONNX Runtime's documentation asks for: bound
tensors at fixed addresses, and `gpu_graph_id` for each shape that is recorded.
"""

import bisect
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
import numpy as np

from guard.errors import ConfigError, EngineError
from guard.inference.device import Way
from guard.inference.onnx import FATAL, Binding, Described, Module, Placed, Session, Tensor

ROWS: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
TOKENS: Final = (16, 32, 64, 128, 256, 512)
_TYPES: Final[dict[str, type[np.generic]]] = {
    "tensor(int64)": np.int64,
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
}

Shape = tuple[int, ...]


class _Slot(msgspec.Struct, frozen=True):
    """One shape's tensors."""

    binding: Binding
    inputs: dict[str, Placed]
    outputs: tuple[Placed, ...]
    options: Any


class BoundCall:
    """Calls a session on a GPU. Each shape gets its tensors when it first comes; there are few shapes."""

    def __init__(self, module: Module, session: Session, outputs: Sequence[str], way: Way, index: int) -> None:
        """`outputs` are answered in this order. Raises ConfigError for a model whose outputs have no fixed width."""
        self._module = module
        self._session = session
        self._graphs = way.graphs
        self._index = index
        self._inputs = {one.name: _dtype(one) for one in session.get_inputs()}
        described = {one.name: one for one in session.get_outputs()}
        self._outputs = {name: (_dtype(described[name]), _trailing(described[name])) for name in outputs}
        self._slots: dict[tuple[Shape, ...], _Slot] = {}

    def __call__(self, feeds: Mapping[str, Tensor]) -> Sequence[Tensor]:
        """The outputs for `feeds`, whose first axis counts rows and whose second may be tokens."""
        first = next(iter(feeds.values()))
        padded = {name: self._padded(name, feed) for name, feed in feeds.items()}
        slot = self._slot(padded)
        for name, feed in padded.items():
            slot.inputs[name].update_inplace(feed)
        self._session.run_with_iobinding(slot.binding, slot.options)
        cuts = [tuple(map(slice, first.shape[: len(shape)])) for _, shape in self._outputs.values()]
        return [output.numpy()[cut] for output, cut in zip(slot.outputs, cuts, strict=True)]

    def _padded(self, name: str, feed: Tensor) -> Tensor:
        shape = [_fit(feed.shape[0], ROWS), *feed.shape[1:]]
        if feed.ndim == 2 and self._inputs[name] == np.int64:
            shape[1] = _fit(feed.shape[1], TOKENS)
        padded = np.zeros(shape, self._inputs[name])
        padded[tuple(slice(size) for size in feed.shape)] = feed
        return padded

    def _slot(self, feeds: Mapping[str, Tensor]) -> _Slot:
        key = tuple(feed.shape for feed in feeds.values())
        slot = self._slots.get(key)
        if slot is None:
            slot = self._slots[key] = self._made(feeds, len(self._slots) + 1)
        return slot

    def _made(self, feeds: Mapping[str, Tensor], number: int) -> _Slot:
        first = next(iter(feeds.values()))
        binding = self._session.io_binding()
        inputs = {name: self._placed(feed.shape, self._inputs[name]) for name, feed in feeds.items()}
        shapes = {name: (*first.shape[: len(shape)], shape[-1]) for name, (_, shape) in self._outputs.items()}
        outputs = {name: self._placed(shapes[name], dtype) for name, (dtype, _) in self._outputs.items()}
        for name, value in inputs.items():
            binding.bind_ortvalue_input(name, value)
        for name, value in outputs.items():
            binding.bind_ortvalue_output(name, value)
        options = self._module.RunOptions()
        options.log_severity_level = FATAL
        if self._graphs:
            options.add_run_config_entry("gpu_graph_id", str(number))
        return _Slot(binding, inputs, tuple(outputs.values()), options)

    def _placed(self, shape: Shape, dtype: type[np.generic]) -> Placed:
        return self._module.OrtValue.ortvalue_from_shape_and_type(list(shape), dtype, "cuda", self._index)


def _fit(size: int, steps: Sequence[int]) -> int:
    """The smallest step that holds `size`."""
    at = bisect.bisect_left(steps, size)
    if at == len(steps):
        raise EngineError(f"a batch is larger than the {steps[-1]} that the GPU's shapes hold; lower the batch limits")
    return steps[at]


def _dtype(one: Described) -> type[np.generic]:
    dtype = _TYPES.get(one.type)
    if dtype is None:
        raise ConfigError(f"models: {one.name} is a {one.type}, which is not served; export int64 and float tensors")
    return dtype


def _trailing(one: Described) -> tuple[int, ...]:
    """An output's axes behind its rows: its width, or its tokens (0: as many as come in) and its width."""
    width = one.shape[-1]
    if not isinstance(width, int) or len(one.shape) not in (2, 3):
        raise ConfigError(f"models: output {one.name} has no fixed width; export it with one")
    return (width,) if len(one.shape) == 2 else (0, width)
