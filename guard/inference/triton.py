"""Writes a model repository for NVIDIA Triton: one folder per model, with its settings and the verified ONNX file.

Triton's backend for ONNX Runtime runs the files, its dynamic batcher joins requests of many proxies. Source: Triton's
documentation, "Model Repository" and "Model Configuration". Its schema reads the settings in the tests, and Triton 2.51
served them with its Python backend; its backend for ONNX Runtime was not at hand.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from guard.errors import ConfigError
from guard.inference.manifest import FileSpec, ModelSpec, verified
from guard.inference.remote import STREAM_ROWS, WINDOW_ROWS, contract
from guard.inference.remote_wire import TensorSpec

QUEUE_DELAY_US: Final = {"window": 1000, "token": 1000, "stream": 500}
"""How long a request may wait for others, in microseconds. A stream's every token waits so long at most."""

_TYPES: Final = {"INT64": "TYPE_INT64", "FP32": "TYPE_FP32"}
_VERSION: Final = "1"


def export(directory: Path, specs: Sequence[ModelSpec], target: Path, gpu: bool = False) -> tuple[Path, ...]:
    """Writes `target/<name>/config.pbtxt` and `target/<name>/1/model.onnx` for each model below `directory`.

    `gpu` takes a model's 16-bit file where there is one; its inputs and outputs must be int64 and float32 all the same.
    Returns the models' folders. Raises ConfigError: a file's digest differs, a model's folder exists, a disk refuses.
    """
    models = [(spec, _model(directory, spec.serving(gpu))) for spec in specs]
    for spec, _ in models:
        if (target / spec.name).exists():
            raise ConfigError(f"{target / spec.name}: exists already; name a new directory, or remove it first")
    return tuple(_write(target / spec.name, config(spec), model) for spec, model in models)


def config(spec: ModelSpec) -> str:
    """The `config.pbtxt` of a model: rows of many requests are batched, so the shapes are those of one row.

    A stream's row of ids is a single number. Triton has no empty shape for what it batches: it is sent as (rows, 1) and
    handed to the model as (rows,).
    """
    ours = contract(spec)
    rows = STREAM_ROWS if spec.kind == "stream" else WINDOW_ROWS
    preferred = ", ".join(str(rows >> shift) for shift in (2, 1, 0))
    lines = [
        f'name: "{spec.name}"',
        'platform: "onnxruntime_onnx"',
        f"max_batch_size: {rows}",
        *(_tensor("input", one) for one in ours.inputs),
        *(_tensor("output", one) for one in ours.outputs),
        "dynamic_batching {",
        f"  preferred_batch_size: [ {preferred} ]",
        f"  max_queue_delay_microseconds: {QUEUE_DELAY_US[spec.kind]}",
        "}",
    ]
    return "\n".join(lines) + "\n"


def _tensor(field: str, spec: TensorSpec) -> str:
    shape = spec.shape[1:]
    dims = f"dims: [ {', '.join(map(str, shape))} ]" if shape else "dims: [ 1 ]\n  reshape: { shape: [ ] }"
    return f'{field} {{\n  name: "{spec.name}"\n  data_type: {_TYPES[spec.datatype]}\n  {dims}\n}}'


def _model(directory: Path, file: FileSpec) -> bytes:
    return verified(directory, file.file, file.sha256)


def _write(folder: Path, settings: str, model: bytes) -> Path:
    try:
        (folder / _VERSION).mkdir(parents=True)
        (folder / _VERSION / "model.onnx").write_bytes(model)
        (folder / "config.pbtxt").write_text(settings, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{folder}: can't be written ({error.strerror}); name another directory") from None
    return folder
