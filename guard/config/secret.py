"""A secret from the configuration. It must not show itself: not in `repr`, `str`, a format, a pickle or JSON."""

import hmac
from typing import NoReturn


class Secret:
    """A value that only `reveal` shows. It is no msgspec struct, so encoders refuse it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value itself, for the one place that sends it."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(<hidden>)"

    def __eq__(self, other: object) -> bool:
        """Compares in constant time, as far as lengths allow."""
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    __hash__ = None  # type: ignore[assignment]  # a hash table would compare and keep it

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret is not pickled: hand over the value where it is needed")
