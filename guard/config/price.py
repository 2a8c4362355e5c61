"""A price book's file: YAML, dollars for a million tokens, dates in UTC. Errors name file, line, key and cure."""

import hashlib
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Final, cast

from msgspec import Meta

from guard.config.document import line_of, read_document
from guard.config.interpolation import Interpolation
from guard.config.place import Place
from guard.config.reader import Reader, struct_type
from guard.config.section import Section
from guard.metering.price.book import Book, Price

_NANO: Final = 1_000_000_000
_DIGITS: Final = 8
Usd = Annotated[float, Meta(ge=0, le=1_000_000)]


class PriceRow(Section, frozen=True):
    """One row. Dollars for a million tokens; `request` and `picture` for one."""

    prompt: Annotated[Usd, Meta(description="Tokens of the prompt.")]
    answer: Annotated[Usd, Meta(description="Tokens of the answer.")]
    models: Annotated[tuple[str, ...], Meta(min_length=1, description="Models, as fnmatch patterns.")] = ("*",)
    tiers: Annotated[tuple[str, ...], Meta(min_length=1, description="Tiers, as fnmatch patterns.")] = ("*",)
    since: Annotated[str, Meta(description="The first day it holds, as 'YYYY-MM-DD' (UTC); always, if empty.")] = ""
    until: Annotated[str, Meta(description="The day on which it holds no more; for ever, if empty.")] = ""
    cached: Annotated[Usd | None, Meta(description="Cached tokens of the prompt; like prompt, if absent.")] = None
    reasoning: Annotated[Usd | None, Meta(description="Tokens of thinking; like answer, if absent.")] = None
    tool: Annotated[Usd | None, Meta(description="Tokens of tool calls; like answer, if absent.")] = None
    audio: Annotated[Usd | None, Meta(description="Tokens of sound in prompts; like prompt, if absent.")] = None
    image: Annotated[Usd | None, Meta(description="Tokens of pictures in prompts; like prompt, if absent.")] = None
    request: Annotated[Usd, Meta(description="Dollars for a request.")] = 0.0
    picture: Annotated[Usd, Meta(description="Dollars for a picture in a prompt.")] = 0.0


class PriceFile(Section, frozen=True):
    """The file. Exchanges keep the version that they were rated by."""

    version: Annotated[str, Meta(description="Its name, for example '2026-11'.")]
    prices: Annotated[tuple[PriceRow, ...], Meta(min_length=1, description="The first row that fits holds.")]


def load_prices(path: Path) -> Book:
    """The book in a file. Its version is the file's own, with the first digits of the contents' SHA-256 behind it.

    Raises ConfigError.
    """
    top = read_document(path)
    reader = Reader(Interpolation(environ={}, base=path.absolute().parent))
    place = Place(file=str(path), line=line_of(top))
    file = cast(PriceFile, reader.value(struct_type(PriceFile), top, place))
    rows = tuple(_price(row, reader.places[f"prices[{index}]"]) for index, row in enumerate(file.prices))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()[:_DIGITS]
    return Book(f"{file.version}-{digest}", rows)


def _price(row: PriceRow, place: Place) -> Price:
    since, until = (
        _moment(row.since, place.key("since", place.line)),
        _moment(row.until, place.key("until", place.line)),
    )
    if since is not None and until is not None and since >= until:
        raise place.error("ends before it begins; correct since or until")
    return Price(
        models=row.models,
        tiers=row.tiers,
        since_ms=since or 0,
        until_ms=until,
        prompt=_nano(row.prompt),
        answer=_nano(row.answer),
        cached=_nano_or_none(row.cached),
        reasoning=_nano_or_none(row.reasoning),
        tool=_nano_or_none(row.tool),
        audio=_nano_or_none(row.audio),
        image=_nano_or_none(row.image),
        request=_nano(row.request),
        picture=_nano(row.picture),
    )


def _moment(day: str, place: Place) -> int | None:
    """Unix milliseconds of a day's beginning."""
    if not day:
        return None
    try:
        begin = datetime.combine(date.fromisoformat(day), time(), UTC)
    except ValueError:
        raise place.error("is no date; write it as 'YYYY-MM-DD'") from None
    return int(begin.timestamp()) * 1000


def _nano(usd: float) -> int:
    """Whole nano-dollars, from the number as it is written: 0.1 is a tenth."""
    return int(Decimal(repr(usd)) * _NANO)


def _nano_or_none(usd: float | None) -> int | None:
    return None if usd is None else _nano(usd)
