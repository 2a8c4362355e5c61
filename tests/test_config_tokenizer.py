"""A tokenizer is a file of its own form and of bounded size, which is loaded at the start and named in the log."""

import hashlib
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from guard.app.tokenizers import build_tokenizers
from guard.config import load
from guard.errors import ConfigError
from tests.configuration import MINIMAL, written
from tests.metering.count.words import words_json

ROW = "tokenizers: [{models: [qwen3-*], file: qwen3.json, picture_tokens: 256}]\n"


def test_a_tokenizer_is_loaded_and_named_by_its_digest(tmp_path: Path) -> None:
    (tmp_path / "qwen3.json").write_bytes(words_json())
    settings = load(written(tmp_path, MINIMAL + ROW), {})

    with capture_logs() as logs:
        desk = build_tokenizers(settings.tokenizers)
    assert desk is not None
    counter = desk.of("qwen3-8b")
    assert counter is not None
    assert (counter.picture_tokens, desk.of("llama")) == (256, None)
    digest = hashlib.sha256(words_json()).hexdigest()
    assert logs == [{"event": "tokenizer", "log_level": "info", "models": ["qwen3-*"], "sha256": digest}]
    desk.stop()


def test_without_any_nothing_is_built(tmp_path: Path) -> None:
    assert build_tokenizers(load(written(tmp_path, MINIMAL), {}).tokenizers) is None


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"tokenizers\[0\]\.file: must be a model's tokenizer\.json"):
        load(written(tmp_path, MINIMAL + ROW), {})


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "qwen3.json").open("wb") as file:
        file.truncate((64 << 20) + 1)
    with pytest.raises(ConfigError, match=r"tokenizers\[0\]\.file: is larger than 64 MiB"):
        load(written(tmp_path, MINIMAL + ROW), {})


def test_a_file_that_is_no_tokenizer_is_refused(tmp_path: Path) -> None:
    (tmp_path / "qwen3.json").write_text('{"model": {}}')
    settings = load(written(tmp_path, MINIMAL + ROW), {})
    with pytest.raises(ConfigError, match=r"tokenizers\[0\]\.file: .* can't be read as a tokenizer\.json; fetch"):
        build_tokenizers(settings.tokenizers)


def test_a_row_without_models_is_refused(tmp_path: Path) -> None:
    (tmp_path / "qwen3.json").write_bytes(words_json())
    with pytest.raises(ConfigError, match=r"tokenizers\[0\]\.models: is empty"):
        load(written(tmp_path, MINIMAL + ROW.replace("[qwen3-*]", "[]")), {})
