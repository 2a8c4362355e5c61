"""An account in items: how many tokens of each class, at which price. What bills are written from. Pure.

Items are of sums over exchanges, each of which was rounded once by itself: what items come to may differ from what the
exchanges came to by half a nano-dollar for each, and by what backends reported that can't be.
"""

import enum
from collections.abc import Sequence
from typing import Final

import msgspec

from guard.core.usage import Usage
from guard.metering.price.book import Price
from guard.metering.price.rating import otherwise, shares

MILLION: Final = 1_000_000


class Meter(enum.Enum):
    """What is counted. Every token is in one of the first seven."""

    PROMPT = "prompt"
    CACHED = "cached"
    AUDIO = "audio"
    IMAGE = "image"
    ANSWER = "answer"
    REASONING = "reasoning"
    TOOL = "tool"
    REQUEST = "request"
    PICTURE = "picture"


class Item(msgspec.Struct, frozen=True):
    """So many of a meter, at whole nano-dollars for `per` of them; no price where there is none."""

    meter: Meter
    quantity: int
    price: int | None
    per: int = MILLION


def counted(usage: Usage) -> Sequence[tuple[Meter, int]]:
    """Tokens by class, each token once, without classes that have none."""
    cached, audio, image, prompt = shares(usage.prompt, usage.cached, usage.audio, usage.image)
    reasoning, tool, answer = shares(usage.completion, usage.reasoning, usage.tool)
    found = (prompt, cached, audio, image, answer, reasoning, tool)
    return [(meter, quantity) for meter, quantity in zip(Meter, found, strict=False) if quantity]


def itemised(price: Price, usage: Usage, requests: int) -> Sequence[Item]:
    """What tokens and requests come to, without meters that have none or cost nothing beside tokens."""
    items = [Item(meter, quantity, _price(price, meter)) for meter, quantity in counted(usage)]
    if price.request and requests:
        items.append(Item(Meter.REQUEST, requests, price.request, 1))
    return items


def pictures(price: Price, items: Sequence[Item], cost_nanousd: int) -> Sequence[Item]:
    """The pictures that a cost leaves room for: no count of them is kept."""
    rest = cost_nanousd * MILLION - sum(item.quantity * (item.price or 0) * (MILLION // item.per) for item in items)
    found = (rest + price.picture * MILLION // 2) // (price.picture * MILLION) if price.picture else 0
    return [Item(Meter.PICTURE, found, price.picture, 1)] if found > 0 else []


def _price(price: Price, meter: Meter) -> int:
    parts = {
        Meter.CACHED: (price.cached, price.prompt),
        Meter.AUDIO: (price.audio, price.prompt),
        Meter.IMAGE: (price.image, price.prompt),
        Meter.REASONING: (price.reasoning, price.answer),
        Meter.TOOL: (price.tool, price.answer),
        Meter.PROMPT: (price.prompt, price.prompt),
    }
    return otherwise(*parts.get(meter, (price.answer, price.answer)))
