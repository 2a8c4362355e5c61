"""Against generated pools whose truth is known, every line that has a number is within 5 % of it."""

from statistics import median

import msgspec
import pytest

from benchmarks.energy_run import books, calibrated, exchange_results, lines
from benchmarks.energy_trace import START_MS, Plan, generate
from guard.metering.energy.calibration import NotCalibrated
from guard.metering.energy.interval import Void
from guard.metering.energy.weight import DEFAULT

PLANS = [
    # Resets, gaps, jumps and lost pages are in all of them; how far the middle one of all exchanges may be off.
    (Plan(seed=1, busy=1.5), 0.05),
    (Plan(seed=2, busy=0.7), 0.05),
    (Plan(seed=3, busy=1.0, hours=3.0), 0.05),
    (Plan(seed=4, gpus=1, idle_w=70.0, busy=0.7), 0.05),
    (Plan(seed=5, busy=1.5, drift=0.1, idle_noise=0.03), 0.05),
    # Its calibration has a prompt of half a minute, laid into one interval.
    (Plan(seed=902, gpus=1, idle_w=70.0, busy=0.7), 0.05),
]


@pytest.mark.parametrize(("plan", "middle"), PLANS, ids=[str(plan.seed) for plan, _ in PLANS])
def test_models_tiers_tenants_and_idle_are_within_five_percent(plan: Plan, middle: float) -> None:
    apart = msgspec.structs.replace(plan, seed=plan.seed + 100, hours=8.0)
    weights = calibrated(generate(apart), DEFAULT)
    trace = generate(plan)
    settled = books(trace, weights)

    assert {line.name: line.error for line in lines(trace, settled) if line.error > 0.05} == {}
    assert {"acme", "globex", "initech", "free", "premium", "large", "small", "idle"} == {
        line.name for line in lines(trace, settled)
    }
    exchanges = exchange_results(settled)
    claimed = {name: one.energy_mj for name, one in exchanges.items() if one.energy_mj is not None}
    assert len(claimed) > 0.85 * len(trace.works)
    assert median(abs(energy / trace.truth_mj[name] - 1) for name, energy in claimed.items()) < middle
    # What is said of single exchanges' doubt is about one standard deviation.
    for doubts, least in ((1, 0.5), (2, 0.8)):
        near = [
            abs(energy - trace.truth_mj[name]) <= doubts * exchanges[name].doubt_mj for name, energy in claimed.items()
        ]
        assert sum(near) > least * len(near)


@pytest.mark.parametrize("seed", [1, 4, 11])
def test_too_little_to_go_by_gives_no_weights(seed: int) -> None:
    """A model would be off by up to 7 % with what such a calibration finds."""
    with pytest.raises(NotCalibrated, match="uncertain by"):
        calibrated(generate(Plan(seed=seed + 1000, hours=2.5)), DEFAULT)


def test_every_fault_lies_in_an_interval_without_a_number() -> None:
    trace = generate(Plan(seed=6, busy=0.7, resets=4, gaps=2, jumps=3))
    voids = [part.interval for part in books(trace, DEFAULT) if part.interval.void is not None]

    assert len(trace.broken_s) == 9
    for at in trace.broken_s:
        # A fault shows at the first reading behind it.
        assert any(one.since_ms <= START_MS + at * 1000 <= one.until_ms + 4000 for one in voids), at
    assert {Void.RESET, Void.IMPLAUSIBLE, Void.GAP} <= {one.void for one in voids}


def test_energy_is_neither_lost_nor_made() -> None:
    trace = generate(Plan(seed=7))
    for part in books(trace, DEFAULT):
        if part.interval.void is None:
            assert part.interval.idle_mj is not None
            shared = sum(group.energy_mj or 0.0 for group in part.groups)
            assert shared + part.interval.idle_mj == pytest.approx(part.interval.energy_mj, abs=2)
