"""From counts to money. Whole numbers throughout: a million exchanges cost what they cost one by one."""

from typing import Final

from guard.core.rate import Rating
from guard.core.usage import Usage
from guard.metering.price.book import Book, Price

_MILLION: Final = 1_000_000


class BookRater:
    """Implements `ports.Rater` with one book."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def rate(self, model: str, tier: str, usage: Usage, at_ms: int, pictures: int = 0) -> Rating:
        """What an exchange of this model costs this tier when it began at `at_ms`."""
        price = self._book.price(model, tier, at_ms)
        if price is None:
            return Rating(None, self._book.version)
        return Rating(cost_nanousd(price, usage, pictures), self._book.version)


def cost_nanousd(price: Price, usage: Usage, pictures: int = 0) -> int:
    """What these tokens cost, rounded once, half up. Absent counts are taken for zero.

    A part never counts for more than the whole that it is a part of, whatever a backend reports.
    """
    cached, audio, image, text = shares(usage.prompt, usage.cached, usage.audio, usage.image)
    reasoning, tool, answer = shares(usage.completion, usage.reasoning, usage.tool)
    total = (
        text * price.prompt
        + cached * otherwise(price.cached, price.prompt)
        + audio * otherwise(price.audio, price.prompt)
        + image * otherwise(price.image, price.prompt)
        + answer * price.answer
        + reasoning * otherwise(price.reasoning, price.answer)
        + tool * otherwise(price.tool, price.answer)
    )
    return (total + _MILLION // 2) // _MILLION + price.request + pictures * price.picture


def shares(whole: int | None, *parts: int | None) -> tuple[int, ...]:
    """The parts of a count, each cut to what is left of the whole, and the rest."""
    left = whole or 0
    parted: list[int] = []
    for part in parts:
        share = min(part or 0, left)
        parted.append(share)
        left -= share
    return (*parted, left)


def otherwise(price: int | None, whole: int) -> int:
    """The price of a part, or of the whole where it has none of its own."""
    return whole if price is None else price
