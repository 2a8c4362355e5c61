"""A charge in the columns of FOCUS 1.2, the FinOps Open Cost and Usage Specification (https://focus.finops.org/). Pure.

Columns stand in the specification's order, by the alphabet, and Guard's own behind them. None is null.
"""

from decimal import Decimal
from typing import Final, Literal

import msgspec

CostState = Literal["Rated", "Unsplit", "Free", "Unpriced"]
Category = Literal["Usage", "Adjustment"]


class Charge(msgspec.Struct, frozen=True, kw_only=True, rename="pascal"):
    """One row. Members are columns, named as `BilledCost`; costs are US dollars; moments are ISO 8601, UTC."""

    billed_cost: Decimal
    billing_account_id: str
    billing_account_name: str
    billing_currency: str = "USD"
    billing_period_end: str
    billing_period_start: str
    charge_category: Category = "Usage"
    charge_class: str | None = None
    charge_description: str
    charge_frequency: str = "Usage-Based"
    charge_period_end: str
    charge_period_start: str
    commitment_discount_status: str | None = None
    consumed_quantity: Decimal | None = None
    consumed_unit: str | None = None
    contracted_cost: Decimal
    contracted_unit_price: Decimal | None = None
    effective_cost: Decimal
    invoice_id: str | None = None
    invoice_issuer_name: str
    list_cost: Decimal
    list_unit_price: Decimal | None = None
    pricing_category: str | None = None
    pricing_currency: str = "USD"
    pricing_currency_contracted_unit_price: Decimal | None = None
    pricing_currency_effective_cost: Decimal
    pricing_currency_list_unit_price: Decimal | None = None
    pricing_quantity: Decimal | None = None
    pricing_unit: str | None = None
    provider_name: str
    publisher_name: str
    service_category: str = "AI and Machine Learning"
    service_name: str
    service_subcategory: str = "Generative AI"
    sku_id: str | None = None
    sku_meter: str | None = None
    sku_price_details: str | None = None
    sku_price_id: str | None = None
    sub_account_id: str
    sub_account_name: str
    tags: str | None = None
    backend: str | None = msgspec.field(name="x_Backend", default=None)
    cost_state: CostState = msgspec.field(name="x_CostState")
    exchange_count: int = msgspec.field(name="x_ExchangeCount")
    model: str = msgspec.field(name="x_Model")
    price_version: str | None = msgspec.field(name="x_PriceVersion")
    tier: str = msgspec.field(name="x_Tier")


_FIELDS: Final = msgspec.structs.fields(Charge)
COLUMNS: Final = tuple(field.encode_name for field in _FIELDS)


def cells(charge: Charge) -> list[str | None]:
    """A row's values in the order of `COLUMNS`: decimals with a point and without exponents, None for null."""
    return [_cell(getattr(charge, field.name)) for field in _FIELDS]


def _cell(value: object) -> str | None:
    if isinstance(value, Decimal):
        # With a point, also where nothing is behind it: readers tell a column's type from its values.
        whole, _, part = f"{value:f}".partition(".")
        return f"{whole}.{part.rstrip('0') or '0'}"
    # An empty text is no value in FOCUS.
    return None if value is None or value == "" else str(value)
