"""From lines of a report to FOCUS charges: a row for each meter of a key's day, and what rounding leaves. Pure.

FOCUS wants each row's cost to be its quantity times its unit price. The ledger has one cost for an exchange, so lines
are taken apart by the price book that they were rated by; rows always add up to the ledger's cost, to the last digit.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

import msgspec

from guard.core.usage import Usage
from guard.errors import RequestError
from guard.metering.price.book import Book, Price
from guard.metering.price.item import MILLION, Item, Meter, counted, itemised, pictures
from guard.metering.report.charge import Charge, CostState
from guard.metering.report.dimension import FREE, UNPRICED, Dimension
from guard.metering.report.figures import UsageLine, UsageReport

FIXED: Final = ("tenant", "key", "tier", "model", "price_version", "cost_state")
ALLOWED: Final = ("hour", "day", "backend", *FIXED)
METERS: Final[Mapping[Meter, tuple[str, str]]] = {
    Meter.PROMPT: ("Prompt Tokens", "Tokens"),
    Meter.CACHED: ("Cached Prompt Tokens", "Tokens"),
    Meter.AUDIO: ("Audio Tokens", "Tokens"),
    Meter.IMAGE: ("Image Tokens", "Tokens"),
    Meter.ANSWER: ("Answer Tokens", "Tokens"),
    Meter.REASONING: ("Reasoning Tokens", "Tokens"),
    Meter.TOOL: ("Tool Tokens", "Tokens"),
    Meter.REQUEST: ("Requests", "Requests"),
    Meter.PICTURE: ("Images", "Images"),
}
"""By meter: its `SkuMeter` and its `ConsumedUnit`."""


class Seller(msgspec.Struct, frozen=True):
    """Who charges, and for what."""

    provider: str
    service: str


def focus_dimensions(asked: tuple[Dimension, ...]) -> tuple[Dimension, ...]:
    """The dimensions that rows need, with those of the asked ones that FOCUS has a place for. Raises RequestError."""
    if any(not one.label and one.name not in ALLOWED for one in asked):
        raise RequestError(f"FOCUS has rows by {', '.join(ALLOWED)} and label:NAME; leave other dimensions out.")
    hourly = any(one.name == "hour" for one in asked)
    more = tuple(one for one in asked if one.label or one.name == "backend")
    return (Dimension("hour" if hourly else "day"), *map(Dimension, FIXED), *more)


def charges(report: UsageReport, books: Mapping[str, Book], seller: Seller) -> Iterator[Charge]:
    """Rows of a report by `focus_dimensions`. `books` by version; a line whose book is not there is not taken apart."""
    for line in report.lines:
        yield from _Bill(line, report.by, seller).rows(books)


class _Bill:
    """What one line comes to."""

    def __init__(self, line: UsageLine, by: tuple[str, ...], seller: Seller) -> None:
        self._line = line
        self._began = _moment(line.key.get("hour") or line.key["day"] or "")
        self._long = timedelta(hours=1) if "hour" in by else timedelta(days=1)
        self._seller = seller
        self._usage = Usage(
            line.prompt_tokens, line.cached_tokens, line.completion_tokens, line.reasoning_tokens, line.audio_tokens,
            line.image_tokens, line.tool_tokens,
        )  # fmt: skip

    def rows(self, books: Mapping[str, Book]) -> Iterator[Charge]:
        state, line = self._line.key["cost_state"], self._line
        if state == UNPRICED:
            yield from (self._used("Unpriced", Item(meter, count, None)) for meter, count in counted(self._usage))
        elif state == FREE:
            yield from (self._used("Free", Item(meter, count, 0)) for meter, count in counted(self._usage))
        elif (price := self._price(books)) is None:
            yield self._unsplit()
        else:
            items = itemised(price, self._usage, line.exchanges)
            items = [*items, *pictures(price, items, line.cost_nanousd or 0)]
            yield from (self._used("Rated", item) for item in items)
            rest = (line.cost_nanousd or 0) * MILLION - sum(map(_femto, items))
            if rest:
                yield self._rest(rest)

    def _price(self, books: Mapping[str, Book]) -> Price | None:
        book = books.get(self._named("price_version"))
        at_ms = int(self._began.timestamp() * 1000)
        return book.price(self._named("model"), self._named("tier"), at_ms) if book is not None else None

    def _named(self, dimension: str) -> str:
        return self._line.key.get(dimension) or ""

    def _used(self, state: CostState, item: Item) -> Charge:
        model, tier = self._named("model"), self._named("tier")
        meter, unit = METERS[item.meter]
        price = None if item.price is None else _usd(item.price * MILLION)
        charge = self._charge(f"{meter} of {model}", _femto(item), state)
        return msgspec.structs.replace(
            charge,
            consumed_quantity=Decimal(item.quantity),
            consumed_unit=unit,
            contracted_unit_price=price,
            list_unit_price=price,
            pricing_category="Standard",
            pricing_currency_contracted_unit_price=price,
            pricing_currency_list_unit_price=price,
            pricing_quantity=Decimal(item.quantity) if item.per == 1 else Decimal(f"{item.quantity}E-6"),
            pricing_unit=unit if item.per == 1 else f"{MILLION} {unit}",
            sku_id=f"{model}/{item.meter.value}",
            sku_meter=meter,
            sku_price_details=msgspec.json.encode({"x_Model": model, "x_Tier": tier}).decode(),
            sku_price_id=f"{model}/{item.meter.value}/{tier}",
        )

    def _unsplit(self) -> Charge:
        tokens = (self._usage.prompt or 0) + (self._usage.completion or 0)
        row = self._used("Unsplit", Item(Meter.PROMPT, tokens, None))
        model, cost = self._named("model"), _usd((self._line.cost_nanousd or 0) * MILLION)
        kinds = ("billed", "contracted", "effective", "list", "pricing_currency_effective")
        costs = {f"{kind}_cost": cost for kind in kinds}
        sku = {"sku_id": f"{model}/all", "sku_price_id": f"{model}/all/{self._named('tier')}", "sku_meter": "Tokens"}
        return msgspec.structs.replace(row, charge_description=f"Tokens of {model}", **costs, **sku)

    def _rest(self, rest: int) -> Charge:
        told = f"What rounding by exchange leaves between meters and cost of {self._named('model')}"
        return msgspec.structs.replace(self._charge(told, rest, "Rated"), charge_category="Adjustment")

    def _charge(self, description: str, femto_usd: int, state: CostState) -> Charge:
        month, cost = self._began.replace(day=1, hour=0), _usd(femto_usd)
        return Charge(
            billed_cost=cost,
            billing_account_id=self._named("tenant"),
            billing_account_name=self._named("tenant"),
            billing_period_end=_written((month + timedelta(days=31)).replace(day=1)),
            billing_period_start=_written(month),
            charge_description=description,
            charge_period_end=_written(self._began + self._long),
            charge_period_start=_written(self._began),
            contracted_cost=cost,
            effective_cost=cost,
            invoice_issuer_name=self._seller.provider,
            list_cost=cost,
            pricing_currency_effective_cost=cost,
            provider_name=self._seller.provider,
            publisher_name=self._seller.provider,
            service_name=self._seller.service,
            sub_account_id=self._named("key"),
            sub_account_name=self._named("key"),
            tags=self._tags(),
            backend=self._named("backend"),
            cost_state=state,
            exchange_count=self._line.exchanges,
            model=self._named("model"),
            price_version=self._named("price_version"),
            tier=self._named("tier"),
        )

    def _tags(self) -> str | None:
        labels = {name.removeprefix("label:"): value for name, value in self._line.key.items() if ":" in name and value}
        return msgspec.json.encode(labels).decode() if labels else None


def _femto(item: Item) -> int:
    """What an item comes to in 10⁻¹⁵ dollars, which hold a nano-dollar for a million: whole, so that sums are exact."""
    return item.quantity * (item.price or 0) * (MILLION // item.per)


def _usd(femto: int) -> Decimal:
    """Dollars. From a text, for a Decimal's arithmetic rounds to 28 digits."""
    return Decimal(f"{femto}E-15")


def _moment(text: str) -> datetime:
    """Of `2026-11-25` or `2026-11-25T16`."""
    return datetime.fromisoformat(f"{text}:00" if "T" in text else text).replace(tzinfo=UTC)


def _written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
