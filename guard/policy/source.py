"""A directory of policies as it lies on disk: Rego modules and one data document.

Reads files and names their generation; it knows nothing of what they mean. Test files (`*_test.rego`) are read only
when asked for and never count towards the generation. Names that begin with a dot are skipped, so a Kubernetes
ConfigMap mount, which keeps its versions in `..data`, is read once.
"""

import hashlib
from pathlib import Path
from typing import Final

import msgspec

from guard.errors import ConfigError

_TEST_SUFFIX: Final = "_test.rego"
_DATA: Final = "data.json"
_UNREAD: Final = ("data.yaml", "data.yml")
_GENERATION_DIGITS: Final = 12


class Module(msgspec.Struct, frozen=True):
    """One Rego file. `name` is its path below the directory, with forward slashes."""

    name: str
    text: str

    @property
    def is_test(self) -> bool:
        """Whether the file holds tests, which never run on requests."""
        return self.name.endswith(_TEST_SUFFIX)


class Source(msgspec.Struct, frozen=True):
    """What a directory holds. `data` is a JSON object; `generation` names modules and data, tests aside."""

    modules: tuple[Module, ...]
    data: str
    generation: str


def read(directory: Path, *, tests: bool = False) -> Source:
    """Reads a directory of policies. Raises ConfigError that names the file and the cure."""
    paths = _paths(directory)
    modules = tuple(Module(name, _text(path)) for name, path in paths if name.endswith(".rego"))
    if not any(not module.is_test for module in modules):
        raise ConfigError(f"{directory}: holds no policy: put a .rego file with `package guard` there")
    data = _data(directory / _DATA)
    return Source(
        modules=tuple(module for module in modules if tests or not module.is_test),
        data=data,
        generation=_generation(modules, data),
    )


def _paths(directory: Path) -> list[tuple[str, Path]]:
    if not directory.is_dir():
        raise ConfigError(f"{directory}: no such directory: name a directory of .rego files")
    found = []
    for path in directory.rglob("*"):
        relative = path.relative_to(directory)
        if any(part.startswith(".") for part in relative.parts) or not path.is_file():
            continue
        if path.name in _UNREAD or (path.name == _DATA and len(relative.parts) > 1):
            raise ConfigError(f"{path}: is not read: write its content into {directory / _DATA}")
        found.append((relative.as_posix(), path))
    return sorted(found)


def _text(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: is not UTF-8: save it as UTF-8") from None
    except OSError as error:
        raise ConfigError(f"{path}: can't be read ({error.strerror}): check its permissions") from None
    if "\0" in text:
        # The engine takes C strings: it would drop every rule behind the NUL without a word.
        raise ConfigError(f"{path}: line {text[: text.index(chr(0))].count(chr(10)) + 1}: holds a NUL: remove it")
    return text


def _data(path: Path) -> str:
    if not path.exists():
        return "{}"
    try:
        document = msgspec.json.decode(_text(path), type=dict[str, object])
    except msgspec.DecodeError as error:
        raise ConfigError(f"{path}: is not a JSON object ({error}): correct it") from None
    # Written anew, so that a letter is the same letter whether the file spells it out or escapes it.
    return msgspec.json.encode(document).decode()


def _generation(modules: tuple[Module, ...], data: str) -> str:
    digest = hashlib.sha256()
    parts = [(module.name, module.text) for module in modules if not module.is_test]
    for name, text in [*parts, (_DATA, data)]:
        for part in (name.encode(), text.encode()):
            digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()[:_GENERATION_DIGITS]
