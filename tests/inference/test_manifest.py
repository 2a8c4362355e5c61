"""The manifest is read strictly: what it does not say clearly, it does not say; files are what it names, or unread."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from guard.errors import ConfigError
from guard.inference.manifest import (
    EntitySpec,
    FileSpec,
    KindSpec,
    LinearSpec,
    ModelSpec,
    ScoreSpec,
    TokenizerSpec,
    read_manifest,
    verified,
)

DIGEST = "0" * 64
WHOLE = f"""
models:
  - name: injection
    kind: window
    file: injection/model.onnx
    sha256: "{DIGEST}"
    tokenizer: {{file: injection/tokenizer.json, sha256: "{DIGEST}"}}
    linear: {{file: injection/linear.npz, sha256: "{DIGEST}", settle_below: -4, settle_above: 6.0}}
    license: Apache-2.0
    version: "1"
    max_tokens: 64
    stride_tokens: 16
    state: 0
    scores:
      - name: injection
        column: 0
        a: 1.5
        b: -0.5
        threshold: 0.4
        doubt: [0.1, 0.9]
        kinds: {{first: 1, types: [INJECTION_OVERRIDE, INJECTION_PERSONA]}}
    evaluation: {{auc: 0.97, rows: 12}}
"""
MINIMAL = f"""
models:
  - name: stream
    kind: stream
    file: stream/model.onnx
    sha256: "{DIGEST}"
    tokenizer: {{file: t.json, sha256: "{DIGEST}"}}
    license: Apache-2.0
    version: "1"
    state: 512
    scores: [{{name: injection, column: 0}}, {{name: unsafe, column: 1, kinds: {{first: 2, types: [UNSAFE_HATE]}}}}]
"""


TOKEN = f"""
models:
  - name: pii-ner
    kind: token
    file: pii-ner/model.onnx
    sha256: "{DIGEST}"
    tokenizer: {{file: t.json, sha256: "{DIGEST}"}}
    license: Apache-2.0
    version: "1"
    labels: [O, B-PERSON, I-PERSON, B-LOCATION, I-LOCATION]
    entities:
      - {{type: PERSON, threshold: 0.4, a: 1.5, b: -0.5}}
      - {{type: LOCATION}}
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def written(text: str) -> Path:
        (tmp_path / "manifest.yaml").write_text(text)
        return tmp_path

    return written


def test_every_key_is_read(write: Callable[[str], Path]) -> None:
    kinds = KindSpec(first=1, types=("INJECTION_OVERRIDE", "INJECTION_PERSONA"))
    assert read_manifest(write(WHOLE)) == (
        ModelSpec(
            name="injection",
            kind="window",
            file="injection/model.onnx",
            sha256=DIGEST,
            tokenizer=TokenizerSpec("injection/tokenizer.json", DIGEST),
            linear=LinearSpec("injection/linear.npz", DIGEST, -4.0, 6.0),
            license="Apache-2.0",
            version="1",
            max_tokens=64,
            stride_tokens=16,
            state=0,
            scores=(ScoreSpec("injection", 0, 1.5, -0.5, 0.4, (0.1, 0.9), kinds),),
            evaluation={"auc": 0.97, "rows": 12.0},
        ),
    )


def test_what_may_be_left_out_has_a_default(write: Callable[[str], Path]) -> None:
    (model,) = read_manifest(write(MINIMAL))
    assert (model.max_tokens, model.stride_tokens, model.linear) == (128, 32, None)
    assert (model.score("unsafe").threshold, model.score("injection").kinds) == (0.5, None)
    assert model.columns == 3


def test_a_token_model_has_labels_in_place_of_scores(write: Callable[[str], Path]) -> None:
    (model,) = read_manifest(write(TOKEN))
    assert model.labels == ("O", "B-PERSON", "I-PERSON", "B-LOCATION", "I-LOCATION")
    assert model.entities == (EntitySpec("PERSON", 0.4, 1.5, -0.5), EntitySpec("LOCATION"))
    assert (model.columns, model.scores) == (5, ())


def test_a_score_that_is_not_there_is_refused(write: Callable[[str], Path]) -> None:
    (model,) = read_manifest(write(MINIMAL))
    with pytest.raises(ConfigError, match="no score named toxicity"):
        model.score("toxicity")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("kind: window", "kind: oracle", r"models\[0\].kind: Invalid enum value 'oracle'"),
        ("kind: window", "flavour: x\n    kind: window", r"models\[0\]: Object contains unknown field `flavour`"),
        ("column: 0", "column: 0\n        flavour: 1", "scores"),
        ("    license: Apache-2.0\n", "", "missing required field `license`"),
        ('version: "1"', "version: 1", r"models\[0\].version: Expected `str`"),
        ("models:", "schema: 2\nmodels:", "schema"),
        ("    state: 0", "    state: 0\n    state: 0", ":14: state stands here a second time"),
        ("evaluation: {auc: 0.97, rows: 12}", "evaluation: {auc: high}", "evaluation"),
        ("license: Apache-2.0", "license: &x Apache-2.0\n    dtype: *x", "aliases"),
        ("models:", "models: [", ":[0-9]+: "),
        ("models:", "\x00", "not plain YAML"),
        ("name: injection\n    kind", "name: In/jection\n    kind", r"models\[0\].name: "),
        ("file: injection/model.onnx", "file: ../model.onnx", r"models\[0\].file: must be a relative path"),
        ("file: injection/model.onnx", "file: /model.onnx", r"models\[0\].file: must be a relative path"),
        ("file: injection/linear.npz", "file: a/../../b", r"models\[0\].linear.file: "),
        (f'sha256: "{DIGEST}"\n', 'sha256: "00"\n', r"models\[0\].sha256: must be 64"),
        ("max_tokens: 64", "max_tokens: 3", r"models\[0\].max_tokens: "),
        ("stride_tokens: 16", "stride_tokens: 62", r"models\[0\].stride_tokens: "),
        ("state: 0", "state: 4", r"models\[0\].state: "),
        ("settle_below: -4", "settle_below: 7", r"models\[0\].linear.settle_below: "),
        ("column: 0", "column: -1", r"scores\[0\].column: "),
        ("a: 1.5", "a: 0", r"scores\[0\].a: "),
        ("a: 1.5", "a: .nan", r"scores\[0\].a: "),
        ("threshold: 0.4", "threshold: 1.5", r"scores\[0\].threshold: "),
        ("doubt: [0.1, 0.9]", "doubt: [0.9, 0.1]", r"scores\[0\].doubt: "),
        ("doubt: [0.1, 0.9]", "doubt: [0.9]", r"scores\[0\].doubt"),
        ("types: [INJECTION_OVERRIDE, ", "types: [override, ", r"scores\[0\].kinds: "),
    ],
)
def test_what_is_not_clear_is_refused_by_file_key_and_cure(
    write: Callable[[str], Path], old: str, new: str, said: str
) -> None:
    _refused(write, WHOLE, old, new, said)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("labels: [O, ", "labels: [", r"models\[0\].labels: must be O"),
        ("I-LOCATION]", "I-LOCATION, B-AGE, I-AGE]", r"models\[0\].labels: "),
        ("I-LOCATION]", "I-LOCATION, O]", r"models\[0\].labels: "),
        ("    labels", "    scores: [{name: injection, column: 0}]\n    labels", r"models\[0\].scores: "),
        ("{type: LOCATION}", "{type: location}", r"models\[0\].entities: "),
        ("{type: LOCATION}", "{type: PERSON}", r"models\[0\].entities: "),
        ("threshold: 0.4", "threshold: 4", r"entities\[0\].threshold: "),
        ("a: 1.5", "a: -1", r"entities\[0\].a: "),
        ("    labels", "    state: 4\n    labels", r"models\[0\].state: "),
        ("kind: token", "kind: window", r"models\[0\].scores: "),
        (
            "kind: token",
            "scores: [{name: x, column: 0}]\n    kind: window",
            r"models\[0\].labels: .* token models only",
        ),
    ],
)
def test_labels_that_do_not_fit_their_types_are_refused(
    write: Callable[[str], Path], old: str, new: str, said: str
) -> None:
    _refused(write, TOKEN, old, new, said)


def _refused(write: Callable[[str], Path], text: str, old: str, new: str, said: str) -> None:
    assert text.count(old) == 1
    with pytest.raises(ConfigError, match=said) as refusal:
        read_manifest(write(text.replace(old, new)))
    assert "manifest.yaml" in refusal.value.message
    assert "mend the manifest" in refusal.value.message


def test_two_models_of_one_name_are_refused(write: Callable[[str], Path]) -> None:
    with pytest.raises(ConfigError, match=r"models\[1\].name: "):
        read_manifest(write(WHOLE + WHOLE.partition("models:\n")[2]))


def test_a_directory_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read"):
        read_manifest(tmp_path)


def test_a_gpu_is_served_the_half_precision_file_where_there_is_one(write: Callable[[str], Path]) -> None:
    (plain,) = read_manifest(write(WHOLE))
    (both,) = read_manifest(write(WHOLE + f'    half: {{file: half.onnx, sha256: "{DIGEST}"}}\n'))
    assert [plain.serving(gpu).file for gpu in (False, True)] == ["injection/model.onnx"] * 2
    assert both.serving(gpu=True) == FileSpec("half.onnx", DIGEST)
    assert both.serving(gpu=False).file == "injection/model.onnx"


def test_a_file_with_its_digest_is_handed_out(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "model.onnx").write_bytes(b"weights")
    assert verified(tmp_path, "m/model.onnx", hashlib.sha256(b"weights").hexdigest()) == b"weights"


@pytest.mark.parametrize(
    ("file", "said"),
    [("model.onnx", "SHA-256 differs"), ("missing.onnx", "can't be read"), ("../model.onnx", "relative path")],
)
def test_any_other_file_is_not(tmp_path: Path, file: str, said: str) -> None:
    (tmp_path / "model.onnx").write_bytes(b"other weights")
    with pytest.raises(ConfigError, match=said):
        verified(tmp_path, file, hashlib.sha256(b"weights").hexdigest())
