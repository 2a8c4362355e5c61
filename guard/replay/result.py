"""What `guard replay` came to, whole: what `--format json` prints and the page shows."""

import msgspec

from guard.replay.forecast import Forecast
from guard.replay.quantile import Quantiles
from guard.replay.report import Report


class RecordedWindow(msgspec.Struct, frozen=True):
    """What the simulated stretch of the record was really like: the same load simulated has to come near it."""

    begin_ms: int
    window_s: float
    exchanges: int
    first_s: Quantiles
    total_s: Quantiles


class LoadForecast(msgspec.Struct, frozen=True):
    """One simulated load: the record's busiest window, so many times over. Times are Unix milliseconds and seconds."""

    factor: float
    begin_ms: int
    window_s: float
    replicas: int
    backends: int
    backend_lanes: int
    forecast: Forecast


class TwinError(msgspec.Struct, frozen=True):
    """How far the simulation was off from a real server: relative errors over the measured loads."""

    what: str
    least: float
    most: float


class Calibrated(msgspec.Struct, frozen=True):
    """Where the service times come from, and how far a simulation with such times was off when it was measured."""

    origin: str
    twin: str
    errors: tuple[TwinError, ...]


class Result(msgspec.Struct, frozen=True):
    """Either part may be absent."""

    rollout: Report | None = None
    loads: tuple[LoadForecast, ...] = ()
    recorded: RecordedWindow | None = None
    calibrated: Calibrated | None = None
