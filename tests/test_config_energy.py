"""A pool has one source, its backends work on it alone, and its weights are a file that says what tokens weigh."""

from pathlib import Path

import pytest

from guard.app.energy import build_energy
from guard.config import load, load_weights
from guard.errors import ConfigError
from guard.metering.energy.idle import Baseline
from guard.metering.energy.meter import Measured
from guard.metering.energy.rated import RatedPool
from guard.metering.energy.weight import Rate
from tests.configuration import MINIMAL, written

DCGM = "source: {dcgm: ['http://gpu-1:9400/metrics']}"
RATED = "source: {joules_per_token: [{prompt: 1, answer: 2}]}"
WEIGHTS = """\
{"version": "p-1", "rates": [{"prompt": 0.3, "cached": 0.02, "answer": 4, "models": ["m"]}], "idle_w": 70.5}
"""


def section(tmp_path: Path, pools: str, more: str = "") -> Path:
    return written(tmp_path, f"{MINIMAL}energy: {{{more}pools: [{pools}]}}\n")


def test_without_pools_nothing_is_metered(tmp_path: Path) -> None:
    assert build_energy(load(section(tmp_path, ""), {}).energy, lambda _told: None) is None


def test_files_are_found_beside_the_configuration_and_used(tmp_path: Path) -> None:
    (tmp_path / "w.json").write_text(WEIGHTS)
    settings = load(section(tmp_path, f"{{name: p, backends: [local], {DCGM}, weights: w.json, settle_s: 60}}"), {})
    parts = build_energy(settings.energy, lambda _told: None)

    assert settings.energy.path == str(tmp_path / "guard-energy.db")
    assert parts is not None
    (desk,) = parts[0]._desks
    plan, books = desk.plan, desk.plan.books
    assert isinstance(books, Measured)
    assert (plan.origin.pool, plan.origin.method, plan.origin.weights) == ("p", "dcgm", "p-1")
    assert books.pool._weights.rate("m") == Rate(0.3, 0.02, 4, ("m",))
    assert books.pool.baseline.idle() == Baseline(calibrated_w=70.5).idle()
    assert not (tmp_path / "guard-energy.db").exists()


def test_configured_joules_need_no_counters(tmp_path: Path) -> None:
    settings = load(section(tmp_path, f"{{name: p, backends: [local], {RATED}, attribute_s: 20}}"), {})
    parts = build_energy(settings.energy, lambda _told: None)

    assert parts is not None
    (desk,) = parts[0]._desks
    assert isinstance(desk.plan.books, RatedPool)
    assert (desk.plan.interval_s, desk.plan.origin.method) == (20, "configured")


REFUSED = [
    # the pools, the key that is wrong, the cure
    (f"{{name: p, backends: [locl], {DCGM}}}", r"pools\[0\]\.backends\[0\].*names no backend"),
    (f"{{name: p, backends: [], {DCGM}}}", r"pools\[0\]\.backends"),
    (f"{{name: p q, backends: [local], {DCGM}}}", r"pools\[0\]\.name.*1 to 64 letters"),
    (f"{{name: guard, backends: [local], {DCGM}}}", r"pools\[0\]\.name.*its own name"),
    (f"{{name: p, backends: [local], {DCGM}}}, {{name: q, backends: [local], {RATED}}}", "make the two one pool"),
    (f"{{name: p, backends: [local], {DCGM}}}, {{name: p, backends: [local], {RATED}}}", "stands above"),
    ("{name: p, backends: [local], source: {}}", r"pools\[0\]\.source.*one of dcgm, nvml and joules_per_token"),
    (f"{{name: p, backends: [local], {DCGM[:-1]}, nvml: true}}}}", "one of dcgm, nvml and joules_per_token"),
    ("{name: p, backends: [local], source: {dcgm: ['gpu-1:9400']}}", r"source\.dcgm\[0\]"),
    ("{name: p, backends: [local], source: {dcgm: ['http://u:p@gpu-1:9400/metrics']}}", r"source\.dcgm\[0\]"),
    ("{name: p, backends: [local], source: {joules_per_token: [{prompt: -1, answer: 2}]}}", "prompt"),
    (f"{{name: p, backends: [local], {RATED}, gpus: [GPU-0]}}", "gpus and weights mean nothing"),
    (f"{{name: p, backends: [local], {DCGM}, weights: none.json}}", r"weights.*guard energy calibrate writes one"),
    (f"{{name: p, backends: [local], {DCGM}, interval_s: 0.1}}", r"interval_s"),
    (f"{{name: p, backends: [local], {DCGM}, attribute_s: 1}}", r"attribute_s"),
    (f"{{name: p, backends: [local], {DCGM}, idle: 5}}", "unknown key"),
]


@pytest.mark.parametrize(("pools", "message"), REFUSED, ids=[row[1] for row in REFUSED])
def test_what_makes_no_sense_is_refused(tmp_path: Path, pools: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        load(section(tmp_path, pools), {})


def test_several_processes_would_each_take_all_that_is_measured_for_theirs(tmp_path: Path) -> None:
    for pools in (f"{{name: p, backends: [local], {DCGM}}}", "{name: p, backends: [local], source: {nvml: true}}"):
        with pytest.raises(ConfigError, match=r"pools\[0\]\.source.*each of 2 replicas"):
            load(written(tmp_path, f"{MINIMAL}replicas: 2\nenergy: {{pools: [{pools}]}}\n"), {})
    rated = f"{MINIMAL}replicas: 2\nenergy: {{pools: [{{name: p, backends: [local], {RATED}}}]}}\n"
    assert load(written(tmp_path, rated), {}).replicas == 2


def test_a_file_of_authorities_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"energy\.ca_file.*PEM"):
        load(section(tmp_path, "", "ca_file: none.pem, "), {})


FILES = [
    # what stands in a file of weights, what is said
    ("", "can't be read as weights"),
    ("{}", "can't be read as weights"),
    (WEIGHTS.replace('"prompt": 0.3', '"prompt": "much"'), "can't be read as weights"),
    (WEIGHTS.replace('"version"', '"vers": 1, "version"'), "can't be read as weights"),
    (WEIGHTS.replace("0.3", "-0.3"), "below zero"),
    (WEIGHTS.replace("70.5", "-70.5"), "below zero"),
    (WEIGHTS.replace('{"prompt": 0.3, "cached": 0.02, "answer": 4, "models": ["m"]}', ""), "no weight"),
    (WEIGHTS + " " * 1_048_576, "larger than"),
]


@pytest.mark.parametrize(("text", "message"), FILES, ids=[f"{number} {row[1]}" for number, row in enumerate(FILES)])
def test_a_file_of_weights_that_is_none_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "w.json").write_text(text)
    with pytest.raises(ConfigError, match=message):
        load_weights(tmp_path / "w.json")
