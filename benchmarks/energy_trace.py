"""A generated pool of GPUs whose truth is known: who took how much, and what DCGM's counters said.

Two models share the GPUs. Prompts are computed between the end of the queue and the first byte, answers until the end.
A pool is less thrifty with few streams than with many, its efficiency drifts, its idle power wanders, counters are read
late, are lost, stand still, jump and begin anew. What an exchange took is its tokens' energy at the pool's efficiency
of each quarter of a second; idle energy is nobody's.
"""

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from guard.core.usage import Usage
from guard.core.work import Work
from guard.metering.energy.interval import Sample

TICK_S = 0.25
START_MS = 1_790_000_000_000
Group = tuple[str, str, str]
JOULES = {"large": (0.35, 0.02, 4.2), "small": (0.06, 0.004, 0.9)}
"""Joules for one token of a prompt, one that was cached, and one of an answer, at full load."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is generated. `busy` is the mean number of exchanges in a second while there are any."""

    seed: int
    hours: float = 2.0
    gpus: int = 4
    busy: float = 3.0
    idle_w: float = 110.0
    idle_noise: float = 0.02
    drift: float = 0.05
    sample_s: float = 3.0
    collect_s: float = 0.0
    lost: float = 0.002
    resets: int = 3
    gaps: int = 2
    jumps: int = 2


class Trace(msgspec.Struct, frozen=True):
    """`samples` are None where a page was lost. `truth_mj` is by exchange, `group_mj` by group and tick."""

    works: Sequence[Work]
    samples: Sequence[tuple[float, Sample | None]]
    truth_mj: Mapping[str, float]
    group_mj: Mapping[Group, NDArray[np.float64]]
    idle_mj: NDArray[np.float64]
    broken_s: Sequence[float]


def generate(plan: Plan) -> Trace:
    """The same trace for the same plan."""
    random = np.random.default_rng(plan.seed)
    ticks = int(plan.hours * 3600 / TICK_S)
    drafts = _drafts(plan, random, ticks * TICK_S)
    load = np.zeros(ticks)
    for work, _ in drafts:
        load[int(work.asked_s / TICK_S) : int(work.ended_s / TICK_S) + 1] += 1
    efficiency = (1.3 - 0.3 * np.minimum(load / 24, 1.0)) * (1 + plan.drift * _wander(random, ticks, 240))
    groups: dict[Group, NDArray[np.float64]] = {}
    truth: dict[str, float] = {}
    for work, spans in drafts:
        group = groups.setdefault((work.model, work.tier, work.tenant), np.zeros(ticks))
        truth[work.exchange] = sum(_lay(group, efficiency, *span) for span in spans)
    idle = plan.gpus * plan.idle_w * TICK_S * 1000 * (1 + plan.idle_noise * _wander(random, ticks, 40))
    samples, broken = _sampled(plan, random, sum(groups.values(), idle.copy()))
    return Trace([work for work, _ in drafts], samples, truth, groups, idle, broken)


Span = tuple[float, float, float]
"""Since, until, joules."""


def _drafts(plan: Plan, random: np.random.Generator, seconds: float) -> list[tuple[Work, list[Span]]]:
    drafts: list[tuple[Work, list[Span]]] = []
    at = 0.0
    while True:
        # Ten minutes of every forty are quiet, with a little or no work.
        at += random.exponential(1 / plan.busy) if at % 2400 < 1800 else random.exponential(60)
        if at > seconds - 120:
            return [(work, spans) for work, spans in drafts if work.ended_s < seconds - 2]
        drafts.append(_draft(len(drafts), at, random))


def _draft(number: int, at: float, random: np.random.Generator) -> tuple[Work, list[Span]]:
    model = "large" if random.random() < 0.4 else "small"
    tenant = ("acme", "globex", "initech")[random.choice(3, p=(0.5, 0.35, 0.15))]
    tier = "premium" if random.random() < 0.3 else "free"
    # Tenants differ: one sends long documents, one asks the same again, one wants long answers.
    prompt = int(random.lognormal({"acme": 7.6, "globex": 6.5, "initech": 5.5}[tenant], 0.8)) + 8
    cached = int(prompt * random.beta(*((4, 2) if tenant == "globex" else (1, 6))))
    answer = int(random.lognormal(5.6 if tenant == "initech" else 4.6, 0.8)) + 1
    rate = JOULES[model]
    first = at + random.exponential(0.15) + (prompt - cached) / 9000 + 0.02
    ended = first + answer / random.uniform(25, 70)
    stream = random.random() < 0.8
    begins = max(at, first - (prompt - cached) / 9000 - 0.01)
    work = Work(
        exchange=f"{number:026d}",
        backend="b",
        model=model,
        tier=tier,
        tenant=tenant,
        usage=Usage(prompt=prompt, cached=cached, completion=answer),
        asked_s=at,
        first_s=first if stream else ended,
        ended_s=ended,
        stream=stream,
        cost_nanousd=prompt * 1000 + answer * 4000,
    )
    spans = [(begins, first, (prompt - cached) * rate[0] + cached * rate[1]), (first, ended, answer * rate[2])]
    return work, spans


def _lay(
    group: NDArray[np.float64], efficiency: NDArray[np.float64], since: float, until: float, joules: float
) -> float:
    """Joules laid evenly over a stretch of time, at the efficiency of each tick; gives what they became, in mJ."""
    begin, end = int(since / TICK_S), int(until / TICK_S) + 1
    edges = np.clip(np.arange(begin, end + 1) * TICK_S, since, until)
    took = np.diff(edges) / (until - since) * joules * 1000 * efficiency[begin:end]
    group[begin:end] += took
    return float(took.sum())


def _wander(random: np.random.Generator, ticks: int, memory: int) -> NDArray[np.float64]:
    """Noise of deviation 1 that remembers so many ticks."""
    keep = np.exp(-1 / memory)
    steps = random.normal(size=ticks) * np.sqrt(1 - keep**2)
    values = np.empty(ticks)
    value = random.normal()
    for at, step in enumerate(steps):
        value = keep * value + step
        values[at] = value
    return values


def _sampled(
    plan: Plan, random: np.random.Generator, total_mj: NDArray[np.float64]
) -> tuple[list[tuple[float, Sample | None]], list[float]]:
    """The counters as they were read, and when they told something wrong."""
    seconds = len(total_mj) * TICK_S
    energy = Cumulative(total_mj)
    faults = sorted(random.uniform(300, seconds - 300, plan.resets + plan.gaps + plan.jumps).tolist())
    kinds = random.permutation(["reset"] * plan.resets + ["gap"] * plan.gaps + ["jump"] * plan.jumps)
    faulty = dict(zip(faults, kinds.tolist(), strict=True))
    offsets, samples, away_until = np.full(plan.gpus, 5e9) + random.uniform(0, 1e9, plan.gpus), [], 0.0
    for at in np.arange(1.0, seconds - 1, plan.sample_s):
        at = float(at + random.uniform(0, 0.15))
        collected = at if not plan.collect_s else at - at % plan.collect_s
        each = energy.between(0.0, collected) / plan.gpus
        for fault in [one for one in faulty if one <= at]:
            kind, gpu = faulty.pop(fault), int(random.integers(plan.gpus))
            if kind == "reset":
                offsets[gpu] = -each
            elif kind == "jump":
                offsets[gpu] += 5e8
            else:
                away_until = at + 130
        counters = {f"GPU-{gpu}": int(each + offset) for gpu, offset in enumerate(offsets)}
        lost = at < away_until or random.random() < plan.lost
        samples.append((at, None if lost else Sample(at, START_MS + round(at * 1000), counters)))
    return samples, faults


class Cumulative:
    """Sums of ticks between any two moments."""

    def __init__(self, ticks: NDArray[np.float64]) -> None:
        self._edges = np.concatenate(([0.0], np.cumsum(ticks)))
        self._at = np.arange(len(self._edges)) * TICK_S

    def between(self, since_s: float, until_s: float) -> float:
        """What was taken in a stretch of time."""
        until, since = np.interp((until_s, since_s), self._at, self._edges)
        return float(until - since)
