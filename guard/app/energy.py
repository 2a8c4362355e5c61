"""Builds the meter of energy."""

from collections.abc import Callable, Sequence
from pathlib import Path

from ulid import ULID

from guard.config import EnergySettings, PoolSettings, load_weights
from guard.core.entry import ExchangeEnergy
from guard.metering.energy.idle import Baseline
from guard.metering.energy.interval import Limits
from guard.metering.energy.meter import Measured, Meter, PoolPlan
from guard.metering.energy.own import OwnMeter
from guard.metering.energy.pool import Pool
from guard.metering.energy.rated import METHOD, RatedPool
from guard.metering.energy.result import Origin
from guard.metering.energy.source import DcgmSource, NvmlSource
from guard.metering.energy.store import EnergyStore
from guard.metering.energy.weight import DEFAULT, Rate
from guard.upstream.client import open_transport
from guard.upstream.scrape import Scraper

EnergyParts = tuple[Meter, Scraper]


def build_energy(chosen: EnergySettings, tell: Callable[[Sequence[ExchangeEnergy]], None]) -> EnergyParts | None:
    """The meter, and what reads counters for it; None without pools. `tell` is the ledger's. Raises ConfigError."""
    if not chosen.pools:
        return None
    scraper = Scraper(open_transport(chosen.ca_file), chosen.timeout_s)
    plans = [_plan(pool, scraper) for pool in chosen.pools]
    run = str(ULID())
    own = OwnMeter(chosen.watts_per_core)
    return Meter(plans, own, lambda: EnergyStore(Path(chosen.path), run, chosen.keep_days), tell), scraper


def _plan(pool: PoolSettings, scraper: Scraper) -> PoolPlan:
    backends, gpus = frozenset(pool.backends), frozenset(pool.gpus) or None
    if pool.source.joules_per_token:
        rates = [Rate(row.prompt, row.cached, row.answer, row.models) for row in pool.source.joules_per_token]
        origin = Origin(pool.name, METHOD, "")
        return PoolPlan(origin, backends, pool.attribute_s, RatedPool(origin, rates))
    weights = load_weights(Path(pool.weights)) if pool.weights else DEFAULT
    source = NvmlSource(gpus) if pool.source.nvml else DcgmSource(pool.source.dcgm, gpus, scraper.get)
    origin = Origin(pool.name, source.method, weights.version)
    books = Pool(origin, weights, Baseline(pool.idle_watts, weights.idle_w), pool.settle_s)
    limits = Limits(pool.attribute_s, pool.gap_s, pool.gpu_watts)
    return PoolPlan(origin, backends, pool.interval_s, Measured(books, source, limits))
