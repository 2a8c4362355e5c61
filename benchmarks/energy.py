"""How far is attributed energy from the truth?

    python -m benchmarks.energy [--seeds 8]

Pools are generated with known truth (`benchmarks.energy_trace`). For each seed one trace calibrates the weights, mostly
of eight hours, and another of two hours is split by them through the meter's own books. Where a calibration is refused
there is no number.
"""

import argparse
from collections.abc import Sequence

import msgspec
import numpy as np

from benchmarks.energy_run import books, calibrated, exchange_results, lines
from benchmarks.energy_trace import Plan, generate
from benchmarks.place import Place, place
from benchmarks.report import RESULTS, table, write
from guard.metering.energy.calibration import NotCalibrated
from guard.metering.energy.weight import DEFAULT

QUESTION = "How far is attributed energy from the truth?"
CASES = {
    "3 exchanges/s": Plan(seed=0),
    "0.7 exchanges/s": Plan(seed=0, busy=0.7),
    "thrift drifts by 10 %, idle by 3 %": Plan(seed=0, busy=1.5, drift=0.1, idle_noise=0.03),
    "one GPU": Plan(seed=0, gpus=1, busy=0.7, idle_w=70.0),
    "3 exchanges/s, calibrated for 2.5 hours": Plan(seed=0),
}
HOURS = {"3 exchanges/s, calibrated for 2.5 hours": 2.5}
"""Of calibration, where it is not eight."""


class Case(msgspec.Struct, frozen=True):
    """Errors as shares of the truth: the worst line over all seeds, and exchanges that have a number.

    `doubt` is the most that an accepted calibration said of its own lines; of all calibrations some were `refused`.
    """

    name: str
    refused: int
    doubt: float
    worst: dict[str, float]
    exchange_p50: float
    exchange_p95: float
    within_doubt: float
    within_two: float
    claimed: float
    void_intervals: float


class Result(msgspec.Struct, frozen=True):
    """All cases."""

    question: str
    place: Place
    seeds: int
    cases: Sequence[Case]


def measure(name: str, plan: Plan, seeds: int) -> Case:
    """One case over all seeds."""
    worst: dict[str, float] = {}
    refused, doubt = 0, 0.0
    errors: list[float] = []
    doubts: list[float] = []
    exchanges = intervals = voids = 0
    for seed in range(1, seeds + 1):
        try:
            weights = calibrated(
                generate(msgspec.structs.replace(plan, seed=seed + 1000, hours=HOURS.get(name, 8.0))), DEFAULT
            )
        except NotCalibrated:
            refused += 1
            continue
        doubt = max(doubt, weights.doubt)
        trace = generate(msgspec.structs.replace(plan, seed=seed))
        settled = books(trace, weights)
        for line in lines(trace, settled):
            worst[line.name] = round(max(worst.get(line.name, 0.0), line.error), 4)
        results = exchange_results(settled)
        errors += [
            abs(one.energy_mj / trace.truth_mj[exchange] - 1)
            for exchange, one in results.items()
            if one.energy_mj is not None
        ]
        doubts += [one.doubt_mj / trace.truth_mj[key] for key, one in results.items() if one.energy_mj is not None]
        exchanges += len(trace.works)
        intervals += len(settled)
        voids += sum(part.interval.void is not None for part in settled)
    p50, p95 = (round(float(np.percentile(errors or [np.nan], share)), 4) for share in (50, 95))
    within = [np.mean(np.array(errors or [np.nan]) <= times * np.array(doubts or [np.nan])) for times in (1, 2)]
    claimed, void = round(len(errors) / max(exchanges, 1), 4), round(voids / max(intervals, 1), 4)
    return Case(name, refused, doubt, worst, p50, p95, *(round(float(one), 4) for one in within), claimed, void)


def show(cases: Sequence[Case]) -> str:
    """A table for people."""
    names = list(cases[0].worst)
    head = [
        "pool",
        "calibrations refused",
        "its own doubt",
        *names,
        "exchange p50",
        "exchange p95",
        "within its doubt",
        "within two",
        "exchanges with a number",
    ]
    rows = [
        [
            case.name,
            str(case.refused),
            f"{case.doubt:.1%}",
            *(f"{case.worst.get(name, np.nan):.1%}" for name in names),
            f"{case.exchange_p50:.1%}",
            f"{case.exchange_p95:.1%}",
            f"{case.within_doubt:.0%}",
            f"{case.within_two:.0%}",
            f"{case.claimed:.1%}",
        ]
        for case in cases
    ]
    return "The worst error of each line over all seeds, and errors of single exchanges.\n\n" + table(head, rows)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.energy", description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=8)
    args = parser.parse_args()
    here = place()
    cases = [measure(name, plan, args.seeds) for name, plan in CASES.items()]
    write(RESULTS, "energy", Result(QUESTION, here, args.seeds, cases), QUESTION, here, show(cases))


if __name__ == "__main__":
    main()
