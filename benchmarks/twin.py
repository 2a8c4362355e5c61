"""How far is the simulation of `guard replay --load` from a real server under the same load?

    python -m benchmarks.twin [--seconds 12] [--rates 5,10,20]

A real `guard serve` with its models stands before a model server on loopback. Some loads calibrate: what the event
loop takes for an exchange, a token and a turn follows from its thread's CPU time, what a model takes from its own
figures (`twin_times.py`). Then users come at random (Poisson) at other rates, each run is simulated with the very
arrivals that were measured, and the table says how far each quantile is off. How much longer the models' threads took
for want of a core is measured, and the simulation is told of so many competing threads that its own take as long: the
load generator and the model server are among them, and whatever else runs.
"""

import argparse
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

import guard
from benchmarks.place import Place, place
from benchmarks.report import RESULTS, table, write
from benchmarks.twin_site import GAP_S, LONG, SHORT, Measured, measure, site
from benchmarks.twin_times import FEW, MANY, WARM_S, Calibration, calibrate, quantiles, simulated
from guard.replay.service import ServiceTimes

QUESTION = "How far is the simulation from a real server under the same load?"


class Compared(msgspec.Struct, frozen=True):
    """One figure of one run. `error` is how far the simulation is off, relative to what was measured; None: from 0."""

    what: str
    unit: str
    measured: float
    simulated: float
    error: float | None

    @classmethod
    def of(cls, what: str, unit: str, measured: float, told: float) -> "Compared":
        """With its error."""
        error = round(told / measured - 1, 3) if measured else None
        return cls(what, unit, round(measured, 2), round(told, 2), error)


class Twin(msgspec.Struct, frozen=True):
    """One load. `others` is how many competing threads slow the simulation down as the machine did the real server."""

    rate: float
    words: int
    tokens: int
    exchanges: int
    failed: Mapping[str, int]
    others: float
    compared: tuple[Compared, ...]


class Result(msgspec.Struct, frozen=True):
    """All of it, with what it was calibrated with."""

    question: str
    place: Place
    version: str
    seconds: float
    times: ServiceTimes
    twins: tuple[Twin, ...]


def compare(found: Calibration, run: Measured) -> Twin:
    """One run beside its simulation."""
    told, others = simulated(found, run)
    seen = [one for one in run.driven.answered if one.at_s >= WARM_S]
    first, whole = quantiles([one.first_s for one in seen]), quantiles([one.total_s for one in seen])
    compared = [
        Compared.of(f"{what} {name}", "ms", getattr(real, name) * 1e3, getattr(twin, name) * 1e3)
        for what, real, twin in (("first token", first, told.first_s), ("whole answer", whole, told.total_s))
        for name in ("p50", "p95", "p99")
    ]
    compared.append(Compared.of("event loop", "% of a core", 100 * run.loop_s / run.seconds, 100 * told.loop_cpu))
    for model in told.models:
        ran = run.of(model.model)
        compared.append(Compared.of(f"{model.model}: rows a run", "", ran.rows / max(1, ran.runs), model.rows.mean))
        in_use = 100 * ran.run_s / run.seconds
        compared.append(Compared.of(f"{model.model}: in use", "%", in_use, 100 * model.utilisation))
    exchanges, failed = len(run.driven.answered), run.driven.failed
    return Twin(run.rate, run.words, run.tokens, exchanges, failed, others, tuple(compared))


def run(seconds: float, rates: Sequence[float]) -> Result:
    """The whole measurement."""
    where = place()
    with tempfile.TemporaryDirectory(prefix="guard-twin-") as name, site(Path(name)) as server:
        measure(server, 5, FEW, SHORT, 3.0, seed=10)
        found = calibrate(server, seconds)
        twins = [
            compare(found, measure(server, rate, words, LONG, seconds, seed=20 + number))
            for number, rate in enumerate(rates)
            for words in (FEW, MANY)
        ]
    origin = f"python -m benchmarks.twin, {where.date}, {where.cores} cores of {where.cpu}, Guard {guard.__version__}"
    times = msgspec.structs.replace(found.times, origin=origin)
    return Result(QUESTION, where, guard.__version__, seconds, times, tuple(twins))


def show(result: Result) -> str:
    """The result as Markdown."""
    return "\n".join(_section(twin) for twin in result.twins)


def _section(twin: Twin) -> str:
    head = ("figure", "measured", "simulated", "off by")
    lines = [
        (
            f"{one.what}{', ' if one.unit else ''}{one.unit}",
            f"{one.measured:.1f}",
            f"{one.simulated:.1f}",
            "–" if one.error is None else f"{one.error:+.0%}",
        )
        for one in twin.compared
    ]
    failed = f", {sum(twin.failed.values())} failed" if twin.failed else ""
    return (
        f"**{twin.rate:g} exchanges a second**, prompts of {twin.words} words, answers of {twin.tokens} tokens at "
        f"{1 / GAP_S:.0f} a second: {twin.exchanges} exchanges{failed}; {twin.others:g} threads of other programs "
        f"competed for the cores.\n\n{table(head, lines)}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=12.0, help="of each run")
    parser.add_argument("--rates", default="5,10,20", help="exchanges a second")
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    result = run(args.seconds, [float(rate) for rate in args.rates.split(",")])
    write(args.out, "twin", result, QUESTION, result.place, show(result))


if __name__ == "__main__":
    main()
