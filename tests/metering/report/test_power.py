"""The energy file's figures stand beside the right lines, or beside none."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from guard.metering.energy.report import EnergyBook
from guard.metering.energy.result import GroupResult, IntervalResult, Origin, Settled
from guard.metering.energy.store import EnergyStore
from guard.metering.energy.weight import Tokens
from guard.metering.report.figures import UsageReport
from guard.metering.report.power import is_powered, with_power
from tests.metering.report.scene import HOUR_MS, NOON_MS, lines, opened, question, write

ROWS: list[dict[str, Any]] = [
    {"tenant": "acme", "model": "m", "tier": "mid"},
    {"tenant": "acme", "model": "n", "tier": "mid"},
    {"tenant": "other", "model": "m", "tier": "free"},
]
GROUPS = (
    GroupResult("m", "mid", "acme", Tokens(100, 0, 10), 1, 22_000.0, cost_nanousd=1_000_000_000),
    GroupResult("m", "free", "other", Tokens(100, 0, 10), 1, 44_000.0, cost_nanousd=1_000_000_000),
)


@pytest.fixture
def energy(tmp_path: Path) -> EnergyBook:
    """One interval of 132 J, of which half is without work."""
    interval = IntervalResult(NOON_MS, NOON_MS + 15_000, 132_000, 66_000)
    store = EnergyStore(tmp_path / "energy.db", "run", 90)
    store.write([Settled(Origin("p", "dcgm", "w"), interval, GROUPS, ())], NOON_MS)
    store.close()
    return EnergyBook(tmp_path / "energy.db")


def powered(tmp_path: Path, energy: EnergyBook, by: str, *where: str) -> UsageReport:
    url = f"sqlite:///{tmp_path / 'guard.db'}"
    write(url, tmp_path / "journal", ROWS)
    asked = question(by, *where, since_ms=NOON_MS - HOUR_MS)
    with opened(url) as book:
        return with_power(book.report(asked), asked, energy)


@pytest.mark.parametrize(
    ("by", "told"),
    [
        ("tenant", {("acme",): 5.0, ("other",): 2.5}),
        ("tenant,model", {("acme", "m"): 5.0, ("acme", "n"): None, ("other", "m"): 2.5}),
        ("tier,model", {("mid", "m"): 5.0, ("mid", "n"): None, ("free", "m"): 2.5}),
        ("model", {("m",): 220 / 66, ("n",): None}),
        ("tenant,day", {("acme", "2026-11-30"): None, ("other", "2026-11-30"): None}),
        ("key", {("app1",): None}),
        ("", {(): None}),
    ],
)
def test_tokens_for_a_joule_are_the_groups(tmp_path: Path, energy: EnergyBook, by: str, told: dict[Any, Any]) -> None:
    found = lines(powered(tmp_path, energy, by), "power")
    ratios = {key: power and power.tokens_per_joule for key, power in found.items()}
    assert ratios == {key: None if value is None else pytest.approx(value) for key, value in told.items()}


def test_idle_energy_and_revenue_are_in_the_whole(tmp_path: Path, energy: EnergyBook) -> None:
    power = lines(powered(tmp_path, energy, "tenant"), "power")["acme",]
    assert (power.energy_mj, power.whole_mj, power.covered) == (22_000, 44_000, 1.0)
    assert power.tokens_per_s_per_watt == pytest.approx(2.5)
    assert power.revenue_usd_per_kwh == pytest.approx(3.6e6 / 44)


def test_a_filter_that_the_file_does_not_know_leaves_it_out(tmp_path: Path, energy: EnergyBook) -> None:
    assert is_powered(question("tenant", "tenant=acme"))
    assert not is_powered(question("tenant", "label:team=x"))
    assert not is_powered(question("tenant", "model=m"))
    found = lines(powered(tmp_path, energy, "tenant", "tenant=acme"), "power")
    assert list(found) == [("acme",)]
    assert msgspec.structs.asdict(found["acme",])["void"] == ""
