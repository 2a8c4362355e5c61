"""What models and GPUs do, as metrics."""

from collections.abc import Callable, Iterator
from typing import Final

from prometheus_client.core import Metric

from guard.core.energy_figures import EnergyFigures, PoolFigures
from guard.runtime.metrics.family import counter, gauge
from guard.runtime.model_figures import ModelGauge

_MODEL_COUNTERS: Final = (
    ("runs", "runs", "Runs of a classifier."),
    ("failed_runs", "failed", "Runs that failed."),
    ("rows", "rows", "Windows or streams in runs."),
    ("tokens", "tokens", "Tokens that were read."),
    ("run_seconds", "run_s", "Time that runs took."),
    ("wait_seconds", "wait_s", "The sum of each run's longest wait."),
)


def model_families(models: ModelGauge) -> Iterator[Metric]:
    """The classifiers' figures."""
    figures = models.figures()
    for name, field, about in _MODEL_COUNTERS:
        rows = [((one.model,), getattr(one, field)) for one in figures]
        yield counter(f"guard_model_{name}", about, ("model",), rows)
    padding = [((one.model,), one.padding) for one in figures]
    yield gauge("guard_model_padding_ratio", "Share of what was computed for nothing.", ("model",), padding)


def energy_families(figures: Callable[[], EnergyFigures]) -> Iterator[Metric]:
    """The pools' figures, and Guard's own."""
    told = figures()
    parts = [
        ((pool.pool, part), mj / 1000)
        for pool in told.pools
        for part, mj in (("all", pool.energy_mj), ("idle", pool.idle_mj), ("work", pool.work_mj))
    ]
    yield counter("guard_energy_joules", "Energy by what it was for.", ("pool", "part"), parts)
    tokens = [((pool.pool,), pool.tokens) for pool in told.pools]
    yield counter("guard_energy_tokens", "Tokens that energy is known for.", ("pool",), tokens)
    power = [((pool.pool,), pool.power_w) for pool in told.pools if pool.power_w is not None]
    yield gauge("guard_energy_power_watts", "The last interval's power.", ("pool",), power)
    ends = [((pool.pool, end), n) for pool in told.pools for end, n in _intervals(pool)]
    yield counter("guard_energy_intervals", "Intervals by their end.", ("pool", "outcome"), ends)
    own = [((told.guard_method,), told.guard_mj / 1000)]
    yield counter("guard_energy_own_joules", "What Guard itself took.", ("method",), own)


def _intervals(pool: PoolFigures) -> list[tuple[str, int]]:
    sound = pool.intervals - sum(pool.voids.values())
    return [("settled", sound), *pool.voids.items()]
