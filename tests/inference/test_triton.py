"""The model repository for Triton: settings that its own schema reads, and the manifest's files."""

import json
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest

from guard.errors import ConfigError
from guard.inference.manifest import FileSpec, ModelSpec
from guard.inference.triton import config, export
from tests.inference.inference_server import ENVIRONMENT, MODELS
from tests.inference.remote_case import STREAM, TOKEN, WINDOW

READ = """
import json, sys
from google.protobuf import json_format, text_format
from tritonclient.grpc.model_config_pb2 import ModelConfig
print(json.dumps(json_format.MessageToDict(text_format.Parse(sys.stdin.read(), ModelConfig()))))
"""


def _read(settings: str) -> dict[str, Any]:
    """What Triton's own schema, from its client's package, makes of a `config.pbtxt`."""
    python = ENVIRONMENT / "bin" / "python"
    assert python.exists(), "Triton's schema is not installed; run `make setup-mlserver`"
    command = [str(python), "-c", READ]
    ran = subprocess.run(command, input=settings, capture_output=True, text=True, timeout=60, check=True)
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def test_a_window_model_is_batched_by_rows_of_any_length() -> None:
    assert _read(config(WINDOW)) == {
        "name": "injection",
        "platform": "onnxruntime_onnx",
        "maxBatchSize": 64,
        "input": [
            {"name": "input_ids", "dataType": "TYPE_INT64", "dims": ["-1"]},
            {"name": "attention_mask", "dataType": "TYPE_INT64", "dims": ["-1"]},
        ],
        "output": [{"name": "logits", "dataType": "TYPE_FP32", "dims": ["3"]}],
        "dynamicBatching": {"preferredBatchSize": [16, 32, 64], "maxQueueDelayMicroseconds": "1000"},
    }


def test_a_token_model_answers_for_each_token() -> None:
    assert _read(config(TOKEN))["output"] == [{"name": "logits", "dataType": "TYPE_FP32", "dims": ["-1", "5"]}]


def test_a_stream_model_has_a_token_and_a_state_for_each_row() -> None:
    assert _read(config(STREAM)) == {
        "name": "stream",
        "platform": "onnxruntime_onnx",
        "maxBatchSize": 512,
        "input": [
            {"name": "ids", "dataType": "TYPE_INT64", "dims": ["1"], "reshape": {}},
            {"name": "state", "dataType": "TYPE_FP32", "dims": ["4"]},
        ],
        "output": [
            {"name": "logits", "dataType": "TYPE_FP32", "dims": ["15"]},
            {"name": "state_out", "dataType": "TYPE_FP32", "dims": ["4"]},
        ],
        "dynamicBatching": {"preferredBatchSize": [128, 256, 512], "maxQueueDelayMicroseconds": "500"},
    }


def test_a_repository_has_a_folder_for_each_model(tmp_path: Path) -> None:
    folders = export(MODELS, (WINDOW, STREAM), tmp_path / "new" / "repository")
    assert [folder.name for folder in folders] == ["injection", "stream"]
    for folder, spec in zip(folders, (WINDOW, STREAM), strict=True):
        assert sorted(str(path.relative_to(folder)) for path in folder.rglob("*")) == [
            "1",
            "1/model.onnx",
            "config.pbtxt",
        ]
        assert (folder / "1" / "model.onnx").read_bytes() == (MODELS / spec.file).read_bytes()
        assert (folder / "config.pbtxt").read_text() == config(spec)


def test_a_gpu_gets_the_16_bit_file_where_there_is_one(tmp_path: Path) -> None:
    both = msgspec.structs.replace(WINDOW, half=FileSpec(STREAM.file, STREAM.sha256))
    for gpu, file in ((True, STREAM.file), (False, WINDOW.file)):
        (folder,) = export(MODELS, (both,), tmp_path / file, gpu=gpu)
        assert (folder / "1" / "model.onnx").read_bytes() == (MODELS / file).read_bytes()


def _refused(specs: tuple[ModelSpec, ...], target: Path, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        export(MODELS, specs, target)


def test_a_file_that_is_not_the_manifests_is_not_exported(tmp_path: Path) -> None:
    _refused((STREAM, msgspec.structs.replace(WINDOW, sha256="0" * 64)), tmp_path / "repository", "SHA-256 differs")
    assert not (tmp_path / "repository").exists()


def test_what_stands_there_is_not_written_over(tmp_path: Path) -> None:
    export(MODELS, (STREAM,), tmp_path)
    _refused((WINDOW, STREAM), tmp_path, "exists already")
    assert not (tmp_path / WINDOW.name).exists()


def test_a_place_that_can_not_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    _refused((WINDOW,), tmp_path / "file", "can't be written")
