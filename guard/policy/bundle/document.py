"""The documents of a bundle, JSON or YAML, read once: for their digest and for the policies alike.

A signature covers what a data document says, not how it is laid out, so one reader serves both: two could be made to
read the same bytes differently. Numbers keep their spelling until they are handed on, because OPA signs the spelling.

Digest: OPA, "Signature Format", https://www.openpolicyagent.org/docs/management-bundles#signature-format
"""

import json
from collections.abc import Iterator
from typing import Final, NoReturn, TypeAlias

from guard.errors import BundleError
from guard.policy.bundle.number import Number
from guard.policy.bundle.yaml_document import decode_yaml

Value: TypeAlias = "bool | str | Number | list[Value] | dict[str, Value] | None"
Plain: TypeAlias = "bool | str | int | float | list[Plain] | dict[str, Plain] | None"

DATA: Final = ("data.json", "data.yaml", "data.yml")
MANIFEST: Final = ".manifest"
_DEEPEST: Final = 128
_MARK: Final = b"\xef\xbb\xbf"


def is_document(name: str) -> bool:
    """Whether OPA hashes a file by what it says: data documents and the manifest."""
    return name.rpartition("/")[2] in (*DATA, MANIFEST)


def decode(name: str, content: bytes) -> Value:
    """The value of a document. Raises BundleError that names the file."""
    try:
        text = content.removeprefix(_MARK).decode()
        value = decode_yaml(text) if name.endswith((".yaml", ".yml")) and not _is_json(text) else _decode_json(text)
        _check(value, _DEEPEST)
    except BundleError as error:
        raise BundleError(f"{name}: {error.message}") from None
    except json.JSONDecodeError as error:
        raise BundleError(f"{name}: line {error.lineno}: is not sound JSON: correct it") from None
    except (UnicodeError, RecursionError):
        raise BundleError(f"{name}: is not sound JSON or YAML in UTF-8: correct it") from None
    return value


def canonical(value: Value) -> Iterator[bytes]:
    """The bytes that OPA's digest of a document is taken over, as Go writes JSON."""
    if isinstance(value, dict):
        for index, key in enumerate(sorted(value)):
            yield b"," if index else b"{"
            yield _string(key) + b":"
            yield from canonical(value[key])
        yield b"}" if value else b"{}"
    elif isinstance(value, list):
        yield b"["
        for index, item in enumerate(value):
            yield b"," if index else b""
            yield from canonical(item)
        yield b"]"
    elif isinstance(value, Number):
        yield value.spelling.encode()
    else:
        yield _string(value) if isinstance(value, str) else json.dumps(value).encode()


def plain(value: Value) -> Plain:
    """The value with its numbers as numbers. Raises BundleError for one that the engine could not hold."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.worth() if isinstance(value, Number) else value


def _is_json(text: str) -> bool:
    try:
        json.loads(text, parse_int=Number, parse_float=Number, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return False
    return True


def _decode_json(text: str) -> Value:
    decoded: Value = json.loads(
        text, parse_int=Number, parse_float=Number, parse_constant=_refuse, object_pairs_hook=_object
    )
    return decoded


def _refuse(constant: str) -> NoReturn:
    raise BundleError(f"{constant} is no number in JSON: write one, or a string")


def _object(pairs: list[tuple[str, Value]]) -> dict[str, Value]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise BundleError("an object has one name twice: keep one of them")
    return found


def _check(value: Value, depth: int) -> None:
    """Refuses what is nested too deeply and what is not Unicode."""
    if depth == 0:
        raise BundleError(f"is nested more than {_DEEPEST} deep: flatten it")
    if isinstance(value, str):
        value.encode()
    elif isinstance(value, list):
        for item in value:
            _check(item, depth - 1)
    elif isinstance(value, dict):
        for key, item in value.items():
            key.encode()
            _check(item, depth - 1)


def _string(text: str) -> bytes:
    quoted = json.dumps(text, ensure_ascii=False)
    # Go's encoder escapes these two always, Python's never.
    return quoted.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029").encode()
