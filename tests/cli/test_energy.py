"""`guard energy` shows what pools took, and writes weights that the configuration takes; or says why not."""

import json
from pathlib import Path

import pytest

from benchmarks.energy_run import books
from benchmarks.energy_trace import START_MS, Plan, generate
from guard.cli.main import run
from guard.config import load_weights
from guard.core.usage import Usage
from guard.core.work import Work
from guard.metering.energy.own import OwnMeter
from guard.metering.energy.rated import RatedPool
from guard.metering.energy.result import Origin, Settled
from guard.metering.energy.store import EnergyStore
from guard.metering.energy.weight import DEFAULT, Rate
from tests.configuration import written

CONFIG = """\
backends:
  - {name: a, base_url: 'http://127.0.0.1:9001/v1'}
  - {name: b, base_url: 'http://127.0.0.1:9002/v1'}
energy:
  path: energy.db
  pools:
    - {name: p, backends: [a], source: {dcgm: ['http://127.0.0.1:9400/metrics']}}
    - {name: rented, backends: [b], source: {joules_per_token: [{prompt: 1, answer: 2}]}}
"""
SINCE, UNTIL = "2026-09-21", "2026-09-22"
"""The day of generated traces."""
SPAN = ["--since", SINCE, "--until", UNTIL]


@pytest.fixture(scope="module")
def measured() -> list[Settled]:
    """Six hours of a pool, without weights."""
    return list(books(generate(Plan(seed=1001, hours=6.0, gpus=1, busy=0.7, idle_w=70.0)), DEFAULT))


@pytest.fixture
def place(tmp_path: Path, measured: list[Settled]) -> Path:
    rated = RatedPool(Origin("rented", "configured", ""), (Rate(1, 0, 2),))
    rated.settle(0, START_MS)
    work = Work("r", "b", "large", "free", "acme", Usage(prompt=10, completion=95), 1, 2, 3, True, 5_000_000)
    rated.add(work)
    own = OwnMeter(10.0)
    own.settle(0, START_MS)
    store = EnergyStore(tmp_path / "energy.db", "run", 3650)
    store.write([*measured, *rated.settle(9, START_MS + 9000), *own.settle(9, START_MS + 9000)], START_MS)
    store.close()
    written(tmp_path, CONFIG)
    return tmp_path


def guard(place: Path, *arguments: str) -> int:
    return run(["energy", *arguments, "--config", str(place / "guard.yaml")])


def test_what_pools_took_is_told_as_json(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert guard(place, "show", "--by", "pool,tenant", "--format", "json", *SPAN) == 0
    told = json.loads(capsys.readouterr().out)
    pools = {one["pool"]: one for one in told["pools"]}
    lines = {tuple(one["key"]): one for one in told["lines"]}

    assert {name: one["methods"] for name, one in pools.items()} == {
        "p": ["dcgm"],
        "rented": ["configured"],
        "guard": ["configured"],
    }
    assert pools["p"]["voids"]["reset"] > 0
    assert lines.keys() == {("p", "acme"), ("p", "globex"), ("p", "initech"), ("rented", "acme")}
    rented = lines["rented", "acme"]
    assert (rented["energy_mj"], rented["exchanges"], rented["covered"]) == (200_000, 1, 1)
    assert rented["tokens_per_joule"] == pytest.approx(105 / 200)
    assert rented["revenue_usd_per_kwh"] == pytest.approx(0.005 / (200 / 3.6e6))
    work = sum(line["energy_mj"] for key, line in lines.items() if key[0] == "p")
    assert work + pools["p"]["idle_mj"] == pytest.approx(pools["p"]["energy_mj"], abs=100)


def test_what_pools_took_is_told_as_a_table(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert guard(place, "show", "--by", "pool", *SPAN) == 0
    out = capsys.readouterr().out
    rented = next(line for line in out.splitlines()[::-1] if line.lstrip().startswith("rented")).split()

    assert rented == ["rented", "1", "105", "100%", "0.056", "0.000", "0.525", "0.525", "90"]
    assert "guard" in out
    assert "reset" in out


def test_weights_are_written_for_the_configuration_and_hold_there(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = place / "p.json"
    assert guard(place, "calibrate", "--pool", "p", "--out", str(out), *SPAN) == 0
    said, weights = capsys.readouterr().out, load_weights(out)

    assert said.startswith(f"{weights.version}: {weights.intervals} intervals, {weights.idle_w:.0f} W without work")
    assert f"uncertain by {weights.doubt:.1%}" in said
    assert 0 < weights.doubt < 0.04
    assert weights.idle_w == pytest.approx(70, rel=0.02)
    written(place, CONFIG.replace("source: {dcgm", "weights: p.json, source: {dcgm", 1))
    assert run(["config", "check", "--config", str(place / "guard.yaml")]) == 0


REFUSED = [
    # arguments, what is said
    (("show", "--by", "day"), "pool, model, tier and tenant"),
    (("show", "--by", "tier,tier"), "each once"),
    (("show", "--since", "soon"), "7d, 12h, 30m"),
    (("calibrate", "--pool", "q", "--out", "w.json"), "names no pool of energy.pools (p, rented)"),
    (("calibrate", "--pool", "rented", "--out", "w.json"), "is not measured"),
    (("calibrate", "--pool", "p", "--out", "no/such/w.json", *SPAN), "name another file"),
    (("calibrate", "--pool", "p", "--out", "w.json", "--since", "2001-01-01", "--until", "2001-01-02"), "let it rest"),
    (("calibrate", "--pool", "p", "--out", "w.json", "--since", SINCE, "--until", "2026-09-21T15:00"), "wait"),
]


@pytest.mark.parametrize(("arguments", "says"), REFUSED, ids=[row[1] for row in REFUSED])
def test_what_can_not_be_done_says_why(
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    says: str,
) -> None:
    monkeypatch.chdir(place)
    assert guard(place, *arguments) == 3
    said = capsys.readouterr()
    assert (said.out, says in said.err) == ("", True), said.err
    assert not (place / "w.json").exists()


def test_before_anything_was_metered_the_cure_is_told(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "energy.db").unlink()
    assert guard(place, "show") == 3
    assert "name pools in energy.pools and serve" in capsys.readouterr().err


def test_uncertain_weights_are_not_written(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Less than two hours of a busy pool."""
    (place / "energy.db").unlink()
    store = EnergyStore(place / "energy.db", "run", 3650)
    store.write(books(generate(Plan(seed=1011, hours=1.7)), DEFAULT), START_MS)
    store.close()
    assert guard(place, "calibrate", "--pool", "p", "--out", str(place / "w.json"), *SPAN) == 3
    assert "uncertain by" in capsys.readouterr().err
    assert not (place / "w.json").exists()
