"""The manifest: which models there are, what their columns mean, and the digests that their files must have.

It reads `manifest.yaml` and files beside it. It loads no model and can't see whether one is any good.
"""

import hashlib
import hmac
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Final, Literal

import msgspec
import yaml

from guard.errors import ConfigError

NAME: Final = "manifest.yaml"
_MOST_BYTES: Final = 1 << 20
_MOST_FILE_BYTES: Final = 1 << 30
_WORD: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")
_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_TYPE: Final = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_CURE: Final = "mend the manifest, or take the one that came with the models"


class FileSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file by its path below the manifest's directory and its SHA-256 in lower-case hex."""

    file: str
    sha256: str


class TokenizerSpec(FileSpec, frozen=True, forbid_unknown_fields=True):
    """A `tokenizer.json`."""


class LinearSpec(FileSpec, frozen=True, forbid_unknown_fields=True):
    """The linear stage: it decides alone below `settle_below` and above `settle_above` (its own logits)."""

    settle_below: float
    settle_above: float


class KindSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Finding types by column, from column `first` on: the largest logit among them names a finding."""

    first: int
    types: tuple[str, ...]


class ScoreSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One score: sigmoid(`a` × logit of `column` + `b`). `threshold` and `doubt` are scores, 0 to 1."""

    name: str
    column: int
    a: float = 1.0
    b: float = 0.0
    threshold: float = 0.5
    doubt: tuple[float, float] = (0.2, 0.8)
    kinds: KindSpec | None = None


class EntitySpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One finding type of a token model: its score is sigmoid(`a` × its labels' log-odds + `b`), as is `threshold`."""

    type: str
    threshold: float = 0.5
    a: float = 1.0
    b: float = 0.0


class ModelSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One model. `max_tokens` is a window's size with its two special tokens, `state` a stream's floats.

    `half` is the same model in 16-bit floats, which a GPU runs in place of `file`. `dtype` is what `file` computes in.
    A token model has `labels` in place of `scores`, one for each column: `O`, and `B-` and `I-` before a finding type
    for a name's first word and its further ones; `entities` say what each type's score is worth.
    """

    name: str
    kind: Literal["window", "stream", "token"]
    file: str
    sha256: str
    tokenizer: TokenizerSpec
    license: str
    version: str
    scores: tuple[ScoreSpec, ...] = ()
    max_tokens: int = 128
    stride_tokens: int = 32
    state: int = 0
    linear: LinearSpec | None = None
    half: FileSpec | None = None
    dtype: Literal["", "int8", "fp16", "fp32"] = ""
    evaluation: Mapping[str, float] = {}
    labels: tuple[str, ...] = ()
    entities: tuple[EntitySpec, ...] = ()

    def score(self, name: str) -> ScoreSpec:
        """The score of this name. Raises ConfigError."""
        for score in self.scores:
            if score.name == name:
                return score
        raise ConfigError(f"models: {self.name}: has no score named {name}; {_CURE}")

    def serving(self, gpu: bool) -> FileSpec:
        """The model file that a CPU or a GPU runs."""
        return self.half if gpu and self.half else FileSpec(self.file, self.sha256)

    @property
    def columns(self) -> int:
        """How many columns of logits the scores or labels need."""
        return max([len(self.labels), *(max(one.column + 1, _end(one.kinds)) for one in self.scores)])


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    models: tuple[ModelSpec, ...]
    version: Literal[1] = msgspec.field(default=1, name="schema")


def read_manifest(directory: Path) -> tuple[ModelSpec, ...]:
    """The models that `directory/manifest.yaml` names, in its order. Raises ConfigError (file, key, cure)."""
    path = directory / NAME
    try:
        document = msgspec.convert(_tree(path), _Document)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {_placed(str(error))}; {_CURE}") from None
    for key, message in _complaints(document.models):
        raise ConfigError(f"{path}: {key}: {message}; {_CURE}")
    return document.models


def verified(directory: Path, file: str, sha256: str) -> bytes:
    """The bytes of a file below `directory`, once they have the digest. Raises ConfigError (file, cure)."""
    if not _inside(file):
        raise ConfigError(f"{file}: must be a relative path below the models' directory; {_CURE}")
    data = _bytes(directory / file, _MOST_FILE_BYTES)
    if not hmac.compare_digest(hashlib.sha256(data).hexdigest(), sha256):
        raise ConfigError(
            f"{directory / file}: is not the file that the manifest names (its SHA-256 differs); fetch the models anew"
        )
    return data


def _bytes(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as stream:
            data = stream.read(most + 1)
    except OSError as error:
        raise ConfigError(f"{path}: can't be read ({error.strerror}); name the models' directory") from None
    if len(data) > most:
        raise ConfigError(f"{path}: is larger than {most} bytes; {_CURE}")
    return data


def _tree(path: Path) -> object:
    try:
        return yaml.load(_bytes(path, _MOST_BYTES), _StrictLoader)  # noqa: S506 (a SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise ConfigError(f"{path}:{line}: {error.problem or 'is not YAML'}; {_CURE}") from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise ConfigError(f"{path}: is not plain YAML in UTF-8; {_CURE}") from None


class _StrictLoader(yaml.SafeLoader):
    """SafeLoader without aliases and without keys that stand twice."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise yaml.MarkedYAMLError(problem="aliases are not taken; write the value out")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"{key.value} stands here a second time; keep one", problem_mark=key.start_mark
                )
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)


def _placed(problem: str) -> str:
    """msgspec's message with the key in front: `models[0].kind: Invalid enum value 'x'`."""
    said, _, where = problem.partition(" - at `$")
    key = where.rstrip("`").lstrip(".")
    return f"{key}: {said}" if key else said


def _complaints(models: tuple[ModelSpec, ...]) -> Iterator[tuple[str, str]]:
    """(key, what is wrong with it), the first of which is refused."""
    names = [model.name for model in models]
    for at, model in enumerate(models):
        key = f"models[{at}]"
        if not _NAME.fullmatch(model.name) or names.index(model.name) < at:
            yield f"{key}.name", "must be a short lower-case word that no other model has"
        yield from _file_complaints(key, model)
        yield from _size_complaints(key, model)
        for index, score in enumerate(model.scores):
            yield from _score_complaints(f"{key}.scores[{index}]", score)
        if model.kind == "token":
            yield from _label_complaints(key, model)
        elif len({score.name for score in model.scores}) < max(len(model.scores), 1):
            yield f"{key}.scores", "must be one or more scores, each with a name of its own"
        elif model.labels or model.entities:
            yield f"{key}.labels", "and entities are for token models only"


def _file_complaints(key: str, model: ModelSpec) -> Iterator[tuple[str, str]]:
    files = {"": model.serving(gpu=False), ".tokenizer": model.tokenizer, ".linear": model.linear, ".half": model.half}
    for name, spec in files.items():
        if spec is None:
            continue
        if not _inside(spec.file):
            yield f"{key}{name}.file", "must be a relative path below the models' directory"
        if not _DIGEST.fullmatch(spec.sha256):
            yield f"{key}{name}.sha256", "must be 64 lower-case hex digits"
    if model.linear and not model.linear.settle_below <= model.linear.settle_above:
        yield f"{key}.linear.settle_below", "must not be above settle_above"


def _size_complaints(key: str, model: ModelSpec) -> Iterator[tuple[str, str]]:
    if not 8 <= model.max_tokens <= 8192:
        yield f"{key}.max_tokens", "must be 8 to 8192"
    if not 0 <= model.stride_tokens < model.max_tokens - 2:
        yield f"{key}.stride_tokens", "must be at least 0 and less than max_tokens - 2"
    if (model.state > 0) != (model.kind == "stream") or not 0 <= model.state <= 1 << 16:
        yield f"{key}.state", "must be 1 to 65536 for a stream model, and 0 or left out for any other"
    if model.linear and model.kind != "window":
        yield f"{key}.linear", "is for window models only"


def _score_complaints(key: str, score: ScoreSpec) -> Iterator[tuple[str, str]]:
    if not _WORD.fullmatch(score.name):
        yield f"{key}.name", "must be a short lower-case word"
    if not 0 <= score.column < 1024:
        yield f"{key}.column", "must be a column of the logits, counted from 0"
    yield from _curve_complaints(key, score)
    low, high = score.doubt
    if not 0 <= low <= high <= 1:
        yield f"{key}.doubt", "must be two scores, 0 to 1, the lower one first"
    kinds = score.kinds
    if kinds and not (0 <= kinds.first < 1024 and kinds.types and all(map(_TYPE.fullmatch, kinds.types))):
        yield f"{key}.kinds", "must have a first column and finding types in upper snake case"


def _label_complaints(key: str, model: ModelSpec) -> Iterator[tuple[str, str]]:
    types = [entity.type for entity in model.entities]
    wanted = {"O", *(mark + type_ for type_ in types for mark in ("B-", "I-"))}
    if model.scores:
        yield f"{key}.scores", "are not for token models"
    if not types or len(set(types)) < len(types) or not all(map(_TYPE.fullmatch, types)):
        yield f"{key}.entities", "must be one or more finding types in upper snake case, each once"
    if len(model.labels) != len(wanted) or set(model.labels) != wanted:
        yield f"{key}.labels", "must be O, and B- and I- before each type of the entities, each once"
    for at, entity in enumerate(model.entities):
        yield from _curve_complaints(f"{key}.entities[{at}]", entity)


def _curve_complaints(key: str, one: ScoreSpec | EntitySpec) -> Iterator[tuple[str, str]]:
    if not (math.isfinite(one.a) and math.isfinite(one.b) and one.a > 0):
        yield f"{key}.a", "and b must be numbers, and a above 0"
    if not 0 <= one.threshold <= 1:
        yield f"{key}.threshold", "must be a score, 0 to 1"


def _inside(file: str) -> bool:
    path = PurePosixPath(file)
    return bool(path.parts) and not path.is_absolute() and ".." not in path.parts and "\0" not in file


def _end(kinds: KindSpec | None) -> int:
    return kinds.first + len(kinds.types) if kinds else 0
