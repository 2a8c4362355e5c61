"""Sessions answer as the model does, ask ONNX Runtime for what they should, and say what serves.

The GPU ways are held to what they ask for: a stand-in for `InferenceSession` notes it, and computes with the real one
on the CPU. No GPU has run them.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from guard.errors import ConfigError, EngineError
from guard.inference.device import CPU, CUDA, TENSORRT, Device
from guard.inference.manifest import EntitySpec, FileSpec, KindSpec, ModelSpec, ScoreSpec, TokenizerSpec
from guard.inference.onnx import Library, library
from guard.inference.session import OnnxWindow, open_step, open_token, open_window
from guard.inference.shape import ALL, packed

onnxruntime: Any = library().module
"""Through the door that forbids it to report home, as Guard takes it."""

MODELS = Path(__file__).parent / "models"
WINDOW = (MODELS / "window.onnx").read_bytes()
STEP = (MODELS / "step.onnx").read_bytes()
ONE = Device("cpu", threads=1)


def spec(**changes: Any) -> ModelSpec:
    fields: dict[str, Any] = {
        "name": "tiny", "kind": "window", "file": "m.onnx", "sha256": "", "tokenizer": TokenizerSpec("t.json", ""),
        "license": "Apache-2.0", "version": "1", "dtype": "fp32",
        "scores": (ScoreSpec("injection", 0, kinds=KindSpec(1, ("INJECTION_OVERRIDE", "INJECTION_PERSONA"))),),
    }  # fmt: skip
    return ModelSpec(**fields | changes)


STREAM = spec(kind="stream", state=4)
TOKEN = (MODELS / "token.onnx").read_bytes()
LABELS = ("O", "B-PERSON", "I-PERSON", "B-LOCATION", "I-LOCATION")
LABELLED = spec(kind="token", scores=(), labels=LABELS, entities=(EntitySpec("PERSON"), EntitySpec("LOCATION")))


def ids(*rows: Sequence[int]) -> np.ndarray:
    return np.array(rows, dtype=np.int64)


def test_a_window_model_answers_one_row_of_logits_each() -> None:
    window = open_window(WINDOW, spec(), ONE)
    logits = window.run(ids([1, 2, 3], [4, 0, 0]), ids([1, 1, 1], [1, 0, 0]))
    assert logits.tolist() == [[6, 3, 3], [4, 1, 3]]
    assert logits.dtype == np.float32


def test_a_token_model_answers_a_row_of_logits_for_each_token() -> None:
    tokens = open_token(TOKEN, LABELLED, ONE)
    logits = tokens.run(ids([*packed([1, 2], ALL), 8], [4, 0, 0]), ids([1, 1, 1], [1, 0, 0]))
    assert logits.shape == (2, 3, 5)
    assert logits.argmax(axis=2).tolist() == [[1, 2, 3], [4, 0, 0]]
    assert logits.max(axis=2).tolist() == [[3, 4, 8], [4, 0, 0]]


@pytest.mark.parametrize(
    ("model", "kind", "said"),
    [
        (WINDOW, LABELLED, "a token model has the inputs input_ids, attention_mask, shapes"),
        (TOKEN, spec(kind="token", scores=(), labels=LABELS[:3], entities=(EntitySpec("PERSON"),)), "has 5 columns"),
    ],
)
def test_a_model_of_another_kind_or_with_other_labels_is_refused(model: bytes, kind: ModelSpec, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        open_token(model, kind, ONE)


def test_a_stream_model_answers_logits_and_the_state_after() -> None:
    step = open_step(STEP, STREAM, ONE)
    logits, state = step.step(np.array([1, 2]), np.array([[0, 0, 0, 0], [1, 1, 1, 1]], dtype=np.float32))
    assert state.tolist() == [[1, 1, 1, 1], [3, 3, 3, 3]]
    assert (logits.shape, logits[:, 0].tolist()) == ((2, 15), [4, 12])


@pytest.mark.parametrize(
    ("device", "said"),
    [
        (Device("auto", threads=1), "tiny: CPUExecutionProvider, fp32, 1 thread"),
        (Device("cpu", threads=2, spin=True), "tiny: CPUExecutionProvider, fp32, 2 threads, spinning"),
    ],
)
def test_a_session_says_what_serves(device: Device, said: str) -> None:
    assert open_window(WINDOW, spec(), device).statement == said


@pytest.mark.parametrize("bad", [200, -1_000_000, 7])
def test_a_failed_run_is_an_engine_error_without_its_words(bad: int, capfd: pytest.CaptureFixture[str]) -> None:
    window = open_window(WINDOW, spec(), ONE)
    with pytest.raises(EngineError) as failure:
        window.run(ids([1, bad]), ids([1, 1]))
    assert str(bad) not in failure.value.message.replace("tiny", "")
    assert failure.value.__cause__ is None
    assert capfd.readouterr() == ("", "")
    assert window.run(ids([1]), ids([1])).tolist() == [[1, 1, 1]]


def test_arrays_of_a_wrong_type_are_an_engine_error() -> None:
    with pytest.raises(EngineError):
        open_window(WINDOW, spec(), ONE).run(ids([1]).astype(np.int32), ids([1]))


def test_after_its_end_a_session_answers_nothing() -> None:
    window = open_window(WINDOW, spec(), ONE)
    window.close()
    with pytest.raises(EngineError, match="closed"):
        window.run(ids([1]), ids([1]))


@pytest.mark.parametrize(
    ("model", "said"),
    [(b"", "can't be opened"), (b"no model", "can't be opened"), (WINDOW[:-40], "can't be opened"), (STEP, "inputs")],
)
def test_what_is_no_window_model_is_refused(model: bytes, said: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ConfigError, match=said):
        open_window(model, spec(), ONE)
    assert capfd.readouterr() == ("", "")


def test_a_model_with_fewer_columns_than_its_scores_is_refused() -> None:
    with pytest.raises(ConfigError, match="3 columns"):
        open_window(WINDOW, spec(scores=(ScoreSpec("injection", 3),)), ONE)


def test_a_state_of_another_size_is_refused() -> None:
    with pytest.raises(ConfigError, match="state of 4"):
        open_step(STEP, spec(kind="stream", state=8), ONE)


class Noted:
    """The module `onnxruntime` with sessions that note what is asked of them. `serves` are the providers that work."""

    SessionOptions = onnxruntime.SessionOptions
    RunOptions = onnxruntime.RunOptions
    GraphOptimizationLevel = onnxruntime.GraphOptimizationLevel

    def __init__(self, available: Sequence[str], serves: Sequence[str]) -> None:
        self.available = available
        self.serves = serves
        self.asked: list[list[tuple[str, dict[str, str]]]] = []
        self.options: Any = None
        self.fallback: int | None = None
        self.placed: list[tuple[list[int], object, str, int]] = []
        self.graphs: list[str] = []
        self.OrtValue = self

    def get_available_providers(self) -> Sequence[str]:
        return self.available

    def InferenceSession(  # noqa: N802
        self, model: bytes, options: Any, providers: list[tuple[str, dict[str, str]]], *, enable_fallback: int
    ) -> "NotedSession":
        self.asked.append(providers)
        self.options, self.fallback = options, enable_fallback
        return NotedSession(self, model, [name for name, _ in providers if name in self.serves])

    def ortvalue_from_shape_and_type(self, shape: list[int], dtype: object, device: str, index: int) -> "NotedValue":
        self.placed.append((shape, dtype, device, index))
        return NotedValue(np.zeros(shape, dtype))


class NotedValue:
    """A tensor on the "GPU": its array stays the same one."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array

    def update_inplace(self, data: np.ndarray) -> None:
        assert (data.shape, data.dtype) == (self.array.shape, self.array.dtype)
        self.array[...] = data

    def numpy(self) -> np.ndarray:
        return self.array.copy()


class NotedBinding:
    """Which tensors are bound to which names."""

    def __init__(self) -> None:
        self.inputs: dict[str, NotedValue] = {}
        self.outputs: dict[str, NotedValue] = {}

    def bind_ortvalue_input(self, name: str, value: NotedValue) -> None:
        self.inputs[name] = value

    def bind_ortvalue_output(self, name: str, value: NotedValue) -> None:
        self.outputs[name] = value


class NotedSession:
    """Computes with the real session on the CPU."""

    def __init__(self, module: Noted, model: bytes, providers: list[str]) -> None:
        self._module = module
        self._providers = providers
        self._real = onnxruntime.InferenceSession(model, providers=[CPU])
        self.get_inputs, self.get_outputs = self._real.get_inputs, self._real.get_outputs

    def get_providers(self) -> list[str]:
        return self._providers

    def run(self, names: Sequence[str], feeds: dict[str, np.ndarray], options: Any) -> Any:
        return self._real.run(names, feeds, options)

    def io_binding(self) -> NotedBinding:
        return NotedBinding()

    def run_with_iobinding(self, binding: NotedBinding, options: Any) -> None:
        try:
            self._module.graphs.append(options.get_run_config_entry("gpu_graph_id"))
        except RuntimeError:
            self._module.graphs.append("")
        answers = self._real.run(list(binding.outputs), {name: one.array for name, one in binding.inputs.items()})
        for value, answer in zip(binding.outputs.values(), answers, strict=True):
            value.array[...] = answer


def noted(available: Sequence[str], serves: Sequence[str] | None = None) -> tuple[Noted, Library]:
    module = Noted(available, available if serves is None else serves)
    return module, Library(module, library().failures)


def test_on_the_cpu_a_session_is_quiet_and_has_the_threads_it_was_given() -> None:
    module, onnx = noted((CPU,))
    open_window(WINDOW, spec(), Device(threads=2), onnx)
    options = module.options
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (2, 1)
    assert options.graph_optimization_level == onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"
    assert (options.log_severity_level, module.fallback) == (4, 0)


@pytest.mark.parametrize(
    ("device", "serves", "said"),
    [
        (Device(), (TENSORRT, CUDA, CPU), "tiny: TensorrtExecutionProvider, fp16, GPU 0"),
        (Device(half=False), (TENSORRT, CUDA, CPU), "tiny: TensorrtExecutionProvider, fp32, GPU 0"),
        (Device(index=1), (CUDA, CPU), "tiny: CUDAExecutionProvider, fp32, GPU 1, CUDA graphs"),
        (Device(graphs=False), (CUDA, CPU), "tiny: CUDAExecutionProvider, fp32, GPU 0"),
        (Device(), (CPU,), "tiny: CPUExecutionProvider, fp32, 1 thread"),
    ],
)
def test_the_first_provider_that_works_serves_and_is_named(device: Device, serves: Sequence[str], said: str) -> None:
    _, onnx = noted((TENSORRT, CUDA, CPU), serves)
    assert open_window(WINDOW, spec(), device, onnx).statement == said


def test_a_half_precision_file_is_named_as_such() -> None:
    _, onnx = noted((CUDA, CPU))
    both = spec(half=FileSpec("half.onnx", ""))
    assert "fp16" in open_window(WINDOW, both, Device("cuda"), onnx).statement


@pytest.mark.parametrize("kind", ["cuda", "tensorrt"])
def test_a_gpu_asked_for_by_name_is_never_replaced_by_the_cpu(kind: Any) -> None:
    module, onnx = noted((TENSORRT, CUDA, CPU), (CPU,))
    with pytest.raises(ConfigError, match=f"can't be opened on {kind}"):
        open_window(WINDOW, spec(), Device(kind), onnx)
    assert all(providers[0][0] != CPU for providers in module.asked)


def on_cuda(**changes: Any) -> tuple[Noted, OnnxWindow]:
    module, onnx = noted((CUDA, CPU))
    return module, open_window(WINDOW, spec(), Device("cuda", **changes), onnx)


def test_on_a_gpu_batches_are_padded_to_fixed_shapes_and_answered_without_padding() -> None:
    module, window = on_cuda(index=1)
    logits = window.run(ids([1, 2, 3], [4, 5, 6], [7 + 1, 0, 0]), ids([1, 1, 1], [1, 1, 1], [1, 0, 0]))
    assert logits[:, :2].tolist() == [[6, 3], [15, 3], [8, 1]]
    assert module.placed == [
        ([4, 16], np.int64, "cuda", 1),
        ([4, 16], np.int64, "cuda", 1),
        ([4, 3], np.float32, "cuda", 1),
    ]


def test_on_a_gpu_each_shape_has_its_tensors_and_its_graph_and_keeps_them() -> None:
    module, window = on_cuda()
    for length in (3, 20, 16, 31):
        window.run(np.ones((1, length), dtype=np.int64), np.ones((1, length), dtype=np.int64))
    assert module.graphs == ["1", "2", "1", "2"]
    assert len(module.placed) == 6


def test_without_cuda_graphs_no_run_asks_for_one() -> None:
    module, window = on_cuda(graphs=False)
    window.run(ids([1]), ids([1]))
    assert module.graphs == [""]


def test_what_was_there_before_does_not_show_in_the_padding() -> None:
    _, window = on_cuda()
    window.run(ids([9] * 16), ids([1] * 16))
    assert window.run(ids([1]), ids([1]))[0, :2].tolist() == [1, 1]


def test_a_batch_beyond_the_shapes_is_an_engine_error() -> None:
    _, window = on_cuda()
    with pytest.raises(EngineError, match="lower the batch limits"):
        window.run(np.ones((1025, 1), dtype=np.int64), np.ones((1025, 1), dtype=np.int64))


def test_on_a_gpu_a_token_models_padding_is_cut_off_both_ways() -> None:
    module, onnx = noted((CUDA, CPU))
    tokens = open_token(TOKEN, LABELLED, Device("cuda"), onnx)
    logits = tokens.run(ids([1, 2, 8], [4, 6, 0], [5, 0, 0]), ids([1, 1, 1], [1, 1, 0], [1, 0, 0]))
    assert logits.max(axis=2).tolist() == [[1, 2, 8], [4, 6, 0], [5, 0, 0]]
    assert [shape for shape, *_ in module.placed] == [[4, 16], [4, 16], [4, 16], [4, 16, 5]]


def test_on_a_gpu_streams_step_together() -> None:
    module, onnx = noted((CUDA, CPU))
    step = open_step(STEP, STREAM, Device("cuda"), onnx)
    logits, state = step.step(np.array([1, 2, 3]), np.ones((3, 4), dtype=np.float32))
    assert (state[:, 0].tolist(), logits[:, 0].tolist()) == ([2, 3, 4], [8, 12, 16])
    assert [shape for shape, *_ in module.placed] == [[4], [4, 4], [4, 15], [4, 4]]


def test_opening_a_model_leaves_nothing_behind_and_starts_no_reporter(tmp_path: Path) -> None:
    code = (
        "import os, pathlib\n"
        "from guard.inference.device import Device\n"
        "from tests.inference import test_session as here\n"
        "before = len(os.listdir('/proc/self/task'))\n"
        "here.open_window(here.WINDOW, here.spec(), Device('cpu', threads=1)).run(here.ids([1]), here.ids([1]))\n"
        "print(len(os.listdir('/proc/self/task')) - before)\n"
    )
    environ = {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "OPENBLAS_NUM_THREADS": "1"}
    root = Path(__file__).parents[2]
    run = subprocess.run([sys.executable, "-c", code], env=environ, cwd=root, capture_output=True, check=True)
    assert run.stdout == b"0\n"
    assert list(tmp_path.rglob("*")) == []
