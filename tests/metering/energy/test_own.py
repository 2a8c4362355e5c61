"""Guard's own energy: by configured watts, or its share of what the packages took."""

from pathlib import Path

import pytest

from guard.metering.energy.interval import Void
from guard.metering.energy.own import OwnMeter, rapl_packages


def busy() -> int:
    return sum(number * number for number in range(200_000))


def test_configured_watts_are_for_the_processor_time_that_guard_took() -> None:
    meter = OwnMeter(watts_per_core=10.0)
    assert meter.settle(0.0, 0) == ()
    busy()
    (told,) = meter.settle(1.0, 1000)

    assert told.origin.method == "configured"
    assert told.interval.energy_mj is not None
    assert told.interval.energy_mj > 0


def zone(root: Path, name: str, label: str, energy_uj: int) -> None:
    (root / name).mkdir()
    (root / name / "name").write_text(f"{label}\n")
    (root / name / "energy_uj").write_text(f"{energy_uj}\n")
    (root / name / "max_energy_range_uj").write_text("262143328850\n")


def test_packages_are_read_and_their_parts_are_not_counted_twice(tmp_path: Path) -> None:
    zone(tmp_path, "intel-rapl:0", "package-0", 5)
    zone(tmp_path, "intel-rapl:1", "package-1", 7)
    zone(tmp_path, "intel-rapl:0:0", "core", 3)
    zone(tmp_path, "intel-rapl:2", "psys", 99)

    assert rapl_packages(tmp_path) == [(5, 262143328850), (7, 262143328850)]


@pytest.mark.parametrize("packages", [[(500, 1000)], [(990, 1000)]], ids=["on", "over its range"])
def test_a_share_of_what_packages_took_is_never_negative_and_never_all(packages: list[tuple[int, int]]) -> None:
    readings = iter([packages, [(600, 1000)]])
    meter = OwnMeter(None, lambda: next(readings))
    meter.settle(0.0, 0)
    (told,) = meter.settle(1000.0, 1_000_000)

    assert told.origin.method == "rapl"
    assert told.interval.energy_mj == 0


def test_what_can_not_be_read_has_no_number() -> None:
    def refused() -> list[tuple[int, int]]:
        raise PermissionError

    meter = OwnMeter(None, refused)
    meter.settle(0.0, 0)

    assert [(one.interval.energy_mj, one.interval.void) for one in meter.settle(1.0, 1000)] == [(None, Void.GAP)]
