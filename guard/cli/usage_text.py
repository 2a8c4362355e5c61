"""UsageFigures of usage as people read them, and what has to be said beside them."""

from collections.abc import Container, Iterator
from typing import Final

from guard.cli.terminal import visible
from guard.metering.report.dimension import RATED
from guard.metering.report.figures import UsageReport

ABSENT: Final = "–"
_NANO: Final = 1_000_000_000


def count(value: int | None) -> str:
    """A whole number with its thousands apart."""
    return ABSENT if value is None else f"{value:,}"


def usd(nanousd: int | None) -> str:
    """Dollars, rounded to a millionth for the eye."""
    if nanousd is None:
        return ABSENT
    millionths = (nanousd + 500) // 1000
    return f"{millionths // 1_000_000:,}.{millionths % 1_000_000:06d}"


def exact_usd(nanousd: int | None) -> str:
    """Dollars with all nine digits, nothing where there is no cost."""
    if nanousd is None:
        return ""
    sign, size = "-" if nanousd < 0 else "", abs(nanousd)
    return f"{sign}{size // _NANO}.{size % _NANO:09d}"


def watt_hours(millijoules: int | None) -> str:
    """Millijoules as watt hours."""
    return ABSENT if millijoules is None else f"{millijoules / 3.6e6:,.3f}"


def number(value: float | None) -> str:
    """Three digits of a ratio."""
    return ABSENT if value is None else f"{value:,.3g}"


def named(value: str | None) -> str:
    """A dimension's value on one line; strangers name models, and policies write labels."""
    return ABSENT if value is None else visible(value).replace("\n", "\\n").replace("\t", "\\t")


def remarks(report: UsageReport) -> Iterator[str]:
    """What whoever reads the figures must know."""
    total = report.total
    if total.unpriced:
        share = f"{total.unpriced:,} of {total.exchanges:,}"
        yield f"exchanges without a price, which are in no cost: {share}; add their models to the price book"
    if total.estimated:
        yield f"exchanges counted by estimate, for neither backend nor tokenizer counted: {total.estimated:,}"
    if report.open:
        yield f"exchanges that are not over, and come into these lines when they end: {report.open:,}"
    if total.energy_mj is not None and total.energy_exchanges < total.exchanges:
        yield f"exchanges whose energy is known: {total.energy_exchanges:,} of {total.exchanges:,}"


def missing_books(report: UsageReport, books: Container[str]) -> Iterator[str]:
    """Price books without which FOCUS rows can't be taken apart. The report is by `price_version` and `cost_state`."""
    versions = {line.key["price_version"] or "" for line in report.lines if line.key["cost_state"] == RATED}
    for version in sorted(versions):
        if version not in books:
            name = named(version) or "that is not known"
            yield f"rows by the price book {name} have no unit price; name its file with --prices"
