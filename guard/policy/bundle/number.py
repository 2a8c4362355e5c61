"""A number of a document as it is spelt, since OPA's digest is taken over the spelling."""

from decimal import Decimal
from typing import Final

from guard.errors import BundleError

_LONGEST: Final = 64
_LEAST: Final = -(2**63)
_MOST: Final = 2**63 - 1


class Number:
    """A number in JSON's spelling."""

    __slots__ = ("spelling",)

    def __init__(self, spelling: str) -> None:
        self.spelling = spelling

    def worth(self) -> int | float:
        """The number. Raises BundleError for one past what the engine holds: it would wrap without a word."""
        if len(self.spelling) <= _LONGEST:
            whole = self.spelling.lstrip("-").isdigit()
            number = int(self.spelling) if whole else float(self.spelling)
            if (whole and _LEAST <= number <= _MOST) or (not whole and abs(number) != float("inf")):
                return number
        raise BundleError("a number is past 64 bits: write it as a string")


def go_spelling(number: float) -> str:
    """How Go's `encoding/json` spells a float64, which is what a digest over YAML is taken from.

    Raises BundleError for infinities and what is no number.
    """
    if number != number or number in (float("inf"), float("-inf")):
        raise BundleError("a number is infinite or none: JSON has no such number, write a string")
    shortest = Decimal(repr(number))
    if number == 0 or 1e-6 <= abs(number) < 1e21:
        return _plainly(shortest)
    sign, digits, _ = shortest.normalize().as_tuple()
    written = "".join(map(str, digits))
    fraction = f".{written[1:]}" if len(written) > 1 else ""
    return f"{'-' * sign}{written[0]}{fraction}e{shortest.adjusted():+d}"


def _plainly(number: Decimal) -> str:
    written = f"{number:f}"
    return written.rstrip("0").rstrip(".") if "." in written else written
