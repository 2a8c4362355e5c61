"""`guard models eval` on a token model: exact spans, by type, through the engine as it is served."""

import hashlib
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import yaml
from command import MINIMAL

from guard.cli.main import run
from guard.inference.manifest import EntitySpec
from tests.inference.vocabulary import tokenizer_json
from tests.pii.names.token_model import SPEC

MODEL = Path(__file__).parents[1] / "inference" / "models" / "token.onnx"
ROWS = [
    {"text": "it Ann", "spans": [{"start": 3, "end": 6, "type": "PERSON"}]},
    {"text": "Ann it", "spans": [{"start": 0, "end": 3, "type": "PERSON"}, {"start": 4, "end": 6, "type": "US_SSN"}]},
    {"text": "it it Ann", "spans": [{"start": 3, "end": 9, "type": "PERSON"}]},
]

Eval = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture
def evaluated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Eval:
    """Runs `guard models eval` on rows, with a model that takes `ann` for a person."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KEY", "fake")
    models = tmp_path / "models"
    models.mkdir()
    (tmp_path / "policies").mkdir()
    tokenizer = tokenizer_json(("[PAD]", "[UNK]", "[CLS]", "[SEP]", "london", "it", "ann"))
    (models / "t").write_bytes(tokenizer)
    (models / "m").write_bytes(MODEL.read_bytes())
    spec = msgspec.structs.replace(
        SPEC,
        sha256=hashlib.sha256(MODEL.read_bytes()).hexdigest(),
        entities=(EntitySpec("PERSON", 0.9), EntitySpec("LOCATION", 0.9)),
        tokenizer=msgspec.structs.replace(SPEC.tokenizer, sha256=hashlib.sha256(tokenizer).hexdigest()),
    )
    entry = msgspec.json.decode(msgspec.json.encode(spec))
    (models / "manifest.yaml").write_text(yaml.safe_dump({"schema": 1, "models": [entry]}))
    (tmp_path / "guard.yaml").write_text(f"{MINIMAL}models: models\n")

    def done(text: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        (tmp_path / "rows.jsonl").write_text(text)
        status = run(["models", "eval", "rows.jsonl", "--model", "pii-ner", *arguments])
        return subprocess.CompletedProcess(arguments, status, *capfdbinary.readouterr())

    return done


def test_exact_spans_count_and_only_types_that_the_model_knows(evaluated: Eval) -> None:
    done = evaluated("\n".join(map(json.dumps, ROWS)), "--json")
    assert done.returncode == 0, done
    found = json.loads(done.stdout)
    by_type = {one["type"]: one for one in found["types"]}
    assert (found["rows"], found["failed"]) == (3, 0)
    assert (by_type["PERSON"]["spans"], by_type["PERSON"]["recall"]) == (3, pytest.approx(2 / 3))
    assert by_type["LOCATION"]["recall"] is None
    assert by_type["all"]["f2"] == pytest.approx(2 / 3)


def test_the_table_has_a_line_for_each_type_and_one_for_all(evaluated: Eval) -> None:
    lines = evaluated("\n".join(map(json.dumps, ROWS))).stdout.decode().splitlines()
    assert [line.split()[0] for line in lines] == ["type", "PERSON", "LOCATION", "all", "model"]


@pytest.mark.parametrize(
    ("text", "said"),
    [("", b"no rows"), ('{"text": "Ann"}', b"line 1"), ('{"text": "Ann", "spans": []}\nx', b"line 2 is not a JSON")],
)
def test_a_bad_line_is_named_and_not_quoted(evaluated: Eval, text: str, said: bytes) -> None:
    done = evaluated(text)
    assert done.returncode == 3
    assert said in done.stderr
    assert b"Ann" not in done.stderr.replace(b'"Ann"', b"")
