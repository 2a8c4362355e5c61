"""FOCUS rows keep the specification's rules, and add up to the ledger's costs to the last digit."""

import json
import random
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

import pytest

from guard.core.usage import Usage
from guard.errors import RequestError
from guard.metering.price.book import Book, Price
from guard.metering.price.rating import BookRater
from guard.metering.report.charge import COLUMNS, cells
from guard.metering.report.dimension import parse_dimensions
from guard.metering.report.figures import UsageReport
from guard.metering.report.focus import Seller, charges, focus_dimensions
from tests.metering.report.scene import HOUR_MS, NOON_MS, opened, question, write

DAY_MS = 24 * HOUR_MS
MIDNIGHT_MS = NOON_MS + 12 * HOUR_MS
FREE = Price(models=("m",), tiers=("free",), prompt=333_333, answer=777_777)
"""Fractions of a nano-dollar for a token: every exchange is rounded."""
WHOLE = Price(
    models=("m", "n"), prompt=2_000_000_000, cached=200_000_000, answer=8_000_000_000, reasoning=9_500_000_000,
    tool=7_000_000_000, audio=5_000_000_000, image=3_000_000_000, request=100_000, picture=2_000_000,
)  # fmt: skip
NEXT_DAY = Price(models=("late",), since_ms=MIDNIGHT_MS, prompt=3_000_000, answer=4_000_000)
BEFORE = Price(models=("late",), until_ms=MIDNIGHT_MS, prompt=1_000_000, answer=2_000_000)
BOOK = Book("v1", (FREE, WHOLE, NEXT_DAY, BEFORE))
SELLER = Seller("Example Factory", "Inference")
Row = Mapping[str, str | None]


def exchange(rng: random.Random, **given: Any) -> dict[str, Any]:
    """One that the book has rated."""
    given = {"model": "m", "tier": "mid", "at_ms": NOON_MS, **given}
    prompt, completion = rng.randrange(5000), rng.randrange(2000)
    usage = given.setdefault("usage", Usage(
        prompt=prompt, cached=rng.randrange(prompt + 1) // 3, audio=prompt // 5, image=prompt // 7,
        completion=completion, reasoning=completion // 2, tool=completion // 9,
    ))  # fmt: skip
    pictures = given.pop("pictures", 0)
    rating = BookRater(BOOK).rate(given["model"], given["tier"], usage, given["at_ms"], pictures)
    return {"cost_nanousd": rating.cost_nanousd, "price_version": rating.version, **given}


def focus(tmp_path: Path, exchanges: Sequence[dict[str, Any]], by: str = "") -> tuple[UsageReport, list[Row]]:
    url = f"sqlite:///{tmp_path / 'guard.db'}"
    write(url, tmp_path / "journal", exchanges)
    asked = question("", until_ms=MIDNIGHT_MS + 3 * DAY_MS)
    by_focus = focus_dimensions(parse_dimensions(by))
    with opened(url) as book:
        report = book.report(type(asked)(asked.since_ms, asked.until_ms, by_focus))
    return report, [dict(zip(COLUMNS, cells(one), strict=True)) for one in charges(report, {"v1": BOOK}, SELLER)]


def total(rows: Sequence[Row], column: str, **having: str) -> Decimal:
    with localcontext() as exact:
        exact.prec = 100
        found = [row[column] for row in rows if all(row[name] == value for name, value in having.items())]
        return sum((Decimal(value) for value in found if value is not None), Decimal())


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[dict[str, Any]], list[Row]]:
    """Days of all kinds of exchanges, and their rows."""
    rng = random.Random(6)
    exchanges = [
        exchange(
            rng,
            tenant=rng.choice(["acme", "other"]),
            key=rng.choice(["a", "b"]),
            tier=rng.choice(["free", "mid"]),
            model=rng.choice(["m", "n", "late", "unpriced"]),
            at_ms=MIDNIGHT_MS + rng.randrange(-DAY_MS, DAY_MS),
            labels=rng.choice([{}, {"team": "x"}]),
            pictures=rng.choice([0, 0, 3]),
        )
        for _ in range(400)
    ]
    exchanges += [{"model": "m", "cost_nanousd": 0}, {"model": "old", "cost_nanousd": 77, "price_version": "v0"}]
    _, rows = focus(tmp_path_factory.mktemp("focus"), exchanges, "label:team,backend")
    return exchanges, rows


def test_costs_add_up_to_the_ledgers(month: tuple[list[dict[str, Any]], list[Row]]) -> None:
    exchanges, rows = month
    for column in ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost"):
        assert total(rows, column) == Decimal(sum(one["cost_nanousd"] or 0 for one in exchanges)).scaleb(-9)
    of_acme = sum(one["cost_nanousd"] or 0 for one in exchanges if one.get("tenant", "acme") == "acme")
    assert total(rows, "BilledCost", BillingAccountId="acme") == Decimal(of_acme).scaleb(-9)


def test_every_token_is_in_one_meter(month: tuple[list[dict[str, Any]], list[Row]]) -> None:
    exchanges, rows = month
    rated = [one["usage"] for one in exchanges if one.get("usage") is not None]
    told = {name: total(rows, "ConsumedQuantity", SkuMeter=name) for name in {row["SkuMeter"] for row in rows}}
    assert told["Reasoning Tokens"] == sum(usage.reasoning for usage in rated)
    assert told["Tool Tokens"] == sum(usage.tool for usage in rated)
    assert told["Audio Tokens"] == sum(usage.audio for usage in rated)
    assert told["Cached Prompt Tokens"] == sum(usage.cached for usage in rated)
    tokens = sum(usage.prompt + usage.completion for usage in rated) + 2 * 110
    assert total(rows, "ConsumedQuantity", ConsumedUnit="Tokens") == tokens


def test_what_is_charged_beside_tokens_has_meters(month: tuple[list[dict[str, Any]], list[Row]]) -> None:
    exchanges, rows = month
    whole = [one for one in exchanges if one["model"] in ("m", "n") and one["cost_nanousd"] and one["tier"] == "mid"]
    whole += [one for one in exchanges if one["model"] == "n" and one["tier"] == "free"]
    assert total(rows, "ConsumedQuantity", SkuMeter="Requests") == len(whole)
    assert {row["PricingUnit"] for row in rows if row["SkuMeter"] == "Images"} == {"Images"}
    assert total(rows, "BilledCost", ChargeCategory="Adjustment") != 0


def names(text: str) -> list[str]:
    return text.split()


MANDATORY = names(
    """
    BilledCost BillingAccountId BillingAccountName BillingCurrency BillingPeriodEnd BillingPeriodStart ChargeCategory
    ChargeClass ChargeDescription ChargePeriodEnd ChargePeriodStart ContractedCost EffectiveCost InvoiceIssuerName
    ListCost PricingQuantity PricingUnit ProviderName PublisherName ServiceCategory ServiceName
    """
)
RECOMMENDED = ["ChargeFrequency", "InvoiceId", "ServiceSubcategory"]
CONDITIONAL = names(
    """
    ConsumedQuantity ConsumedUnit ContractedUnitPrice ListUnitPrice PricingCategory SkuId SkuMeter SkuPriceDetails
    SkuPriceId SubAccountId SubAccountName Tags CommitmentDiscountStatus PricingCurrency
    PricingCurrencyContractedUnitPrice PricingCurrencyEffectiveCost PricingCurrencyListUnitPrice
    """
)
NEVER_NULL = names(
    """
    BilledCost BillingAccountId BillingAccountName BillingCurrency BillingPeriodEnd BillingPeriodStart ChargeCategory
    ChargeDescription ChargeFrequency ChargePeriodEnd ChargePeriodStart ContractedCost EffectiveCost InvoiceIssuerName
    ListCost ProviderName PublisherName ServiceCategory ServiceName ServiceSubcategory SubAccountId SubAccountName
    """
)
FOR_USAGE = names(
    """
    ConsumedQuantity ConsumedUnit PricingCategory PricingQuantity PricingUnit SkuId SkuMeter SkuPriceId
    """
)
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:00:00Z")
NUMBER = re.compile(r"-?\d+\.\d+")
UNIT = re.compile(r"(\d+ )?[A-Z][a-z]+s")


def test_columns_are_the_specifications_in_its_order_and_ours_behind() -> None:
    theirs = [name for name in COLUMNS if not name.startswith("x_")]
    ours = [name for name in COLUMNS if name.startswith("x_")]
    assert [*theirs, *ours] == list(COLUMNS)
    assert theirs == sorted(theirs)
    assert ours == sorted(ours)
    assert set(theirs) == {*MANDATORY, *RECOMMENDED, *CONDITIONAL}


def test_rows_keep_the_specifications_rules(month: tuple[list[dict[str, Any]], list[Row]]) -> None:
    for row in month[1]:
        assert "" not in row.values()
        assert [name for name in NEVER_NULL if row[name] is None] == []
        assert row["BillingCurrency"] == row["PricingCurrency"] == "USD"
        assert (row["ChargeCategory"], row["ServiceCategory"]) in {
            ("Usage", "AI and Machine Learning"), ("Adjustment", "AI and Machine Learning"),
        }  # fmt: skip
        for name in (name for name in COLUMNS if name.endswith(("PeriodStart", "PeriodEnd"))):
            assert MOMENT.fullmatch(row[name] or "")
        for name in (name for name in COLUMNS if name.endswith(("Cost", "Price", "Quantity"))):
            assert row[name] is None or NUMBER.fullmatch(row[name] or "")
        for name in ("ConsumedUnit", "PricingUnit"):
            assert row[name] is None or UNIT.fullmatch(row[name] or "")
        absent = [name for name in FOR_USAGE if row[name] is None]
        assert absent == ([] if row["ChargeCategory"] == "Usage" else FOR_USAGE)
        for name in ("SkuPriceDetails", "Tags"):
            assert all(isinstance(value, str) for value in json.loads(row[name] or "{}").values())
        assert all(key.startswith("x_") for key in json.loads(row["SkuPriceDetails"] or "{}"))


def test_cost_is_quantity_times_unit_price(month: tuple[list[dict[str, Any]], list[Row]]) -> None:
    priced = [row for row in month[1] if row["ListUnitPrice"] is not None]
    assert {row["x_CostState"] for row in priced} == {"Rated", "Free"}
    for row in priced:
        assert Decimal(row["ListUnitPrice"] or "") * Decimal(row["PricingQuantity"] or "") == Decimal(
            row["ListCost"] or ""
        )
        assert row["ContractedUnitPrice"] == row["PricingCurrencyListUnitPrice"] == row["ListUnitPrice"]
    assert {row["x_CostState"] for row in month[1] if row["ListUnitPrice"] is None} == {"Unsplit", "Unpriced", "Rated"}


def test_a_sku_has_one_price_in_a_day(month: tuple[list[dict[str, Any]], list[Row]]) -> None:
    prices: dict[tuple[str | None, ...], set[str | None]] = {}
    for row in month[1]:
        if row["x_CostState"] == "Rated" and row["SkuPriceId"] is not None:
            prices.setdefault((row["SkuPriceId"], row["ChargePeriodStart"]), set()).add(row["ListUnitPrice"])
    assert prices
    assert all(len(found) == 1 for found in prices.values())
    late = {
        row["ChargePeriodStart"]: row["ListUnitPrice"] for row in month[1] if row["SkuPriceId"] == "late/prompt/mid"
    }
    assert late == {"2026-11-30T00:00:00Z": "0.001", "2026-12-01T00:00:00Z": "0.003"}


def test_a_charge_lies_in_its_hour_or_day_and_month(tmp_path: Path) -> None:
    rng = random.Random(1)
    exchanges = [exchange(rng, at_ms=at_ms) for at_ms in (MIDNIGHT_MS - 1, MIDNIGHT_MS + HOUR_MS)]
    _, rows = focus(tmp_path, exchanges, "hour")
    spans = ("ChargePeriodStart", "ChargePeriodEnd", "BillingPeriodStart", "BillingPeriodEnd")
    assert {tuple(row[name] for name in spans) for row in rows} == {
        ("2026-11-30T23:00:00Z", "2026-12-01T00:00:00Z", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"),
        ("2026-12-01T01:00:00Z", "2026-12-01T02:00:00Z", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"),
    }
    assert datetime.fromtimestamp(MIDNIGHT_MS / 1000, UTC).isoformat() == "2026-12-01T00:00:00+00:00"


def test_states_are_told_apart(tmp_path: Path) -> None:
    exchanges: list[dict[str, Any]] = [
        {"key": "unpriced", "model": "new", "cost_nanousd": None, "price_version": "v1"},
        {"key": "free", "cost_nanousd": 0, "price_version": "v1"},
        {"key": "unsplit", "cost_nanousd": 123, "price_version": "v0"},
        {"key": "rated", "cost_nanousd": 380_000, "price_version": "v1"},
    ]
    _, rows = focus(tmp_path, exchanges)
    told = {(row["SubAccountId"], row["SkuMeter"]): (row["x_CostState"], row["BilledCost"], row["ListUnitPrice"])
            for row in rows}  # fmt: skip
    assert told == {
        ("unpriced", "Prompt Tokens"): ("Unpriced", "0.0", None),
        ("unpriced", "Answer Tokens"): ("Unpriced", "0.0", None),
        ("free", "Prompt Tokens"): ("Free", "0.0", "0.0"),
        ("free", "Answer Tokens"): ("Free", "0.0", "0.0"),
        ("unsplit", "Tokens"): ("Unsplit", "0.000000123", None),
        ("rated", "Prompt Tokens"): ("Rated", "0.0002", "2.0"),
        ("rated", "Answer Tokens"): ("Rated", "0.00008", "8.0"),
        ("rated", "Requests"): ("Rated", "0.0001", "0.0001"),
    }


def test_counts_of_a_broken_backend_are_still_exact(tmp_path: Path) -> None:
    most = (1 << 63) - 1
    usage = Usage(prompt=most, cached=most, audio=5, completion=3, reasoning=900)
    given = [{"usage": usage, "cost_nanousd": most, "price_version": "v1"} for _ in range(2)]
    _, rows = focus(tmp_path, given)
    with localcontext() as exact:
        exact.prec = 100
        assert total(rows, "BilledCost") == Decimal(2 * most).scaleb(-9)


def test_dimensions_that_rows_have_no_place_for_are_refused() -> None:
    named = [one.title for one in focus_dimensions(parse_dimensions("tenant,model,label:team,hour"))]
    assert named == ["hour", "tenant", "key", "tier", "model", "price_version", "cost_state", "label:team"]
    with pytest.raises(RequestError, match="leave other dimensions out"):
        focus_dimensions(parse_dimensions("status"))
