"""The input document: facts as the JSON values that Rego sees as `input`.

rego-cpp keeps strings in their escaped form and escapes nothing itself, so a quote in a model's name could write into
the decision, and a built-in could cut an escape in two. Characters that JSON must escape (quotes, backslashes, control
characters) therefore reach the policy as U+FFFD. No policy can match on them; every other character stands as it is.
"""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from guard.errors import PolicyError

_ESCAPE: Final = re.compile(rb"\\(?:u[0-9a-fA-F]{4}|.)")
_REPLACEMENT: Final = "\ufffd".encode()
_LONG_NUMBER: Final = re.compile(rb"[0-9]{16}")
_MOST_BYTES: Final = 65_536
"""The engine takes 30 µs for each small object, and nothing else runs meanwhile."""

_LARGEST: Final = 2**53
"""Numbers are clamped here: the engine takes 64 bits and wraps silently, JSON promises 53 (RFC 8259 §6)."""


def input_document(facts: msgspec.Struct, fields: Sequence[str]) -> bytes | None:
    """These members of the facts as JSON; None if they are too large to be judged (65,536 bytes).

    Raises PolicyError if they hold text that is not Unicode.
    """
    try:
        encoded = msgspec.json.encode({name: getattr(facts, name) for name in fields})
    except UnicodeEncodeError:
        raise PolicyError("a name in the request is not Unicode text: send it without lone surrogates") from None
    return None if len(encoded) > _MOST_BYTES else sound(encoded)


def sound(document: bytes) -> bytes:
    """JSON with nothing in it that the engine gets wrong: escapes replaced, long numbers clamped."""
    if _LONG_NUMBER.search(document):
        document = msgspec.json.encode(_clamped(msgspec.json.decode(document)))
    return _ESCAPE.sub(_REPLACEMENT, document) if b"\\" in document else document


def _clamped(value: object) -> object:
    """With whole numbers where every reader of JSON agrees on them."""
    if isinstance(value, int) and not isinstance(value, bool):
        return max(-_LARGEST, min(_LARGEST, value))
    if isinstance(value, float) and value.is_integer() and abs(value) > _LARGEST:
        return _LARGEST if value > 0 else -_LARGEST
    if isinstance(value, list):
        return [_clamped(item) for item in value]
    if isinstance(value, dict):
        return {name: _clamped(item) for name, item in value.items()}
    return value
