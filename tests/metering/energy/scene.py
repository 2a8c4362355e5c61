"""Samples, intervals and exchanges to try."""

from guard.core.usage import Usage
from guard.core.work import Work
from guard.metering.energy.interval import Interval, Sample
from guard.metering.energy.weight import Rate, Weights

FLAT = Weights("flat", (Rate(prompt=1.0, cached=0.0, answer=1.0),))


def sample(at_s: float, *counters_mj: int) -> Sample:
    """Counters of GPU-0, GPU-1, …"""
    return Sample(at_s, round(at_s * 1000), {f"GPU-{index}": value for index, value in enumerate(counters_mj)})


def interval(since_s: float, until_s: float, energy_mj: int) -> Interval:
    """One whose energy is known."""
    return Interval(since_s, until_s, round(since_s * 1000), round(until_s * 1000), energy_mj)


def work(
    exchange: str,
    asked_s: float,
    first_s: float | None,
    ended_s: float,
    usage: Usage,
    model: str = "m",
    tenant: str = "acme",
    stream: bool = True,
    cost_nanousd: int | None = None,
) -> Work:
    """An exchange on backend `b`."""
    return Work(exchange, "b", model, "free", tenant, usage, asked_s, first_s, ended_s, stream, cost_nanousd)
