"""Writes ``manifest.yaml`` beside the model folders: hashes of their files, calibration and thresholds of ``settings``.

    python -m models.training.manifest --models models --settings models/training/settings.json

The manifest is written last and in one move, so that it never names a file that is not whole.
"""

import argparse
import hashlib
import json
from pathlib import Path
from typing import TypedDict

import yaml

from models.corpus.row import UNSAFE_KINDS
from models.training.ner_data import LABELS, TYPES
from models.training.stream_network import STATE

INJECTION_TYPES = (
    "INJECTION_OVERRIDE", "INJECTION_PERSONA", "INJECTION_EXTRACTION", "INJECTION_INDIRECT", "INJECTION_OBFUSCATED",
)  # fmt: skip
UNSAFE_TYPES = tuple(f"UNSAFE_{kind.upper()}" for kind in UNSAFE_KINDS)
LICENSE = "Apache-2.0"


class Score(TypedDict):
    """Calibration of one output and where its verdict changes, in calibrated scores."""

    a: float
    b: float
    threshold: float
    doubt: list[float]


class Settle(TypedDict):
    """Linear logits outside which the linear stage decides alone."""

    settle_below: float
    settle_above: float


class Entity(TypedDict):
    """Calibration of one type and the score from which it counts."""

    threshold: float
    a: float
    b: float


class Settings(TypedDict):
    """What training measured and the manifest repeats."""

    version: str
    scores: dict[str, Score]
    settle: dict[str, Settle]
    entities: dict[str, Entity]
    evaluation: dict[str, dict[str, float]]


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _file(folder: Path, name: str) -> dict[str, str]:
    return {"file": name, "sha256": _hash(folder / name)}


def _score(name: str, column: int, score: Score, kinds: dict[str, object] | None) -> dict[str, object]:
    entry: dict[str, object] = {"name": name, "column": column, **score}
    return entry | ({"kinds": kinds} if kinds else {})


def _base(folder: Path, name: str, kind: str, settings: Settings) -> dict[str, object]:
    return {
        "name": name,
        "kind": kind,
        **_file(folder, f"{name}/model.onnx"),
        "tokenizer": _file(folder, f"{name}/tokenizer.json"),
        "license": LICENSE,
        "version": settings["version"],
        "dtype": "int8",
        "max_tokens": 128,
        "stride_tokens": 32,
        "evaluation": settings["evaluation"].get(name, {}),
    }


def _window(folder: Path, name: str, types: tuple[str, ...], settings: Settings) -> dict[str, object]:
    entry = _base(folder, name, "window", settings)
    if name in settings["settle"] and (folder / name / "linear.npz").exists():
        entry["linear"] = _file(folder, f"{name}/linear.npz") | dict(settings["settle"][name])
    kinds: dict[str, object] = {"first": 1, "types": list(types)}
    return entry | {"state": 0, "scores": [_score(name, 0, settings["scores"][name], kinds)]}


def _stream(folder: Path, settings: Settings) -> dict[str, object]:
    kinds: dict[str, object] = {"first": 2, "types": list(UNSAFE_TYPES)}
    scores = [
        _score("injection", 0, settings["scores"]["stream_injection"], None),
        _score("unsafe", 1, settings["scores"]["stream_unsafe"], kinds),
    ]
    return _base(folder, "stream", "stream", settings) | {"state": STATE, "scores": scores}


def _token(folder: Path, settings: Settings) -> dict[str, object]:
    entities = [{"type": kind, **settings["entities"][kind]} for kind in TYPES]
    return _base(folder, "pii-ner", "token", settings) | {"labels": list(LABELS), "entities": entities}


def manifest(folder: Path, settings: Settings) -> dict[str, object]:
    """The manifest's content for the models that are there."""
    models = [
        _window(folder, "injection", INJECTION_TYPES, settings),
        _window(folder, "unsafe", UNSAFE_TYPES, settings),
        _stream(folder, settings),
        _token(folder, settings),
    ]
    return {"schema": 1, "models": models}


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--settings", type=Path, required=True)
    options = parser.parse_args()
    settings: Settings = json.loads(options.settings.read_text(encoding="utf-8"))
    text = yaml.safe_dump(manifest(options.models, settings), sort_keys=False, width=120)
    new = options.models / "manifest.yaml.new"
    new.write_text(text, encoding="utf-8")
    new.replace(options.models / "manifest.yaml")


if __name__ == "__main__":
    main()
