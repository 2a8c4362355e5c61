"""The input document: facts about a request as the JSON values that Rego sees as `input`.

rego-cpp keeps strings in their escaped form and escapes nothing itself, so a quote in a model's name could write into
the decision, and a built-in could cut an escape in two. Characters that JSON must escape (quotes, backslashes, control
characters) therefore reach the policy as U+FFFD. No policy can match on them; every other character stands as it is.
"""

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from guard.core.facts import RequestFacts
from guard.errors import PolicyError

_ESCAPE: Final = re.compile(rb"\\(?:u[0-9a-fA-F]{4}|.)")
_REPLACEMENT: Final = "\ufffd".encode()
_MOST_BYTES: Final = 65_536
"""The engine takes 30 µs for each small object, and nothing else runs meanwhile."""

_LARGEST: Final = 2**53
"""Numbers are clamped here: the engine takes 64 bits and wraps silently, JSON promises 53 (RFC 8259 §6)."""


def input_document(facts: RequestFacts, fields: Sequence[str]) -> bytes | None:
    """These members of the facts as JSON; None if they are too large to be judged (65,536 bytes).

    Raises PolicyError if they hold text that is not Unicode.
    """
    known = _clamped(facts)
    try:
        encoded = msgspec.json.encode({name: getattr(known, name) for name in fields})
    except UnicodeEncodeError:
        raise PolicyError("a name in the request is not Unicode text: send it without lone surrogates") from None
    if len(encoded) > _MOST_BYTES:
        return None
    return _ESCAPE.sub(_REPLACEMENT, encoded) if b"\\" in encoded else encoded


def _clamped(facts: RequestFacts) -> RequestFacts:
    if abs(facts.choices) <= _LARGEST and abs(facts.max_tokens or 0) <= _LARGEST:
        return facts
    tokens = facts.max_tokens
    return msgspec.structs.replace(
        facts, choices=_clamp(facts.choices), max_tokens=None if tokens is None else _clamp(tokens)
    )


def _clamp(number: int) -> int:
    return max(-_LARGEST, min(_LARGEST, number))
