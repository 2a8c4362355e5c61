"""The fleet that a simulation is about, and its service times: the configuration's, and what options change."""

from pathlib import Path

import msgspec

from guard.config import Settings
from guard.errors import ConfigError
from guard.inference.schedule import Limits
from guard.inference.stepper import StepLimits
from guard.replay.load import Fleet, Price, TierLimit
from guard.replay.reference import REFERENCE
from guard.replay.service import ServiceTimes


def fleet_of(
    settings: Settings, replicas: int, cores: int, backends: int, lanes: int, tiers: dict[str, TierLimit]
) -> Fleet:
    """Guard as configured, so many times; `lanes` are answers that a backend writes at a time, 0: any number."""
    chosen = settings.inference
    return Fleet(
        replicas=replicas,
        cores=cores,
        exchanges=settings.limits.exchanges,
        verdict_s=chosen.verdict_s,
        batch=Limits(windows=chosen.batch_windows, queue=chosen.queue_windows),
        lanes=chosen.lanes,
        step=StepLimits(streams=chosen.streams, pause_s=chosen.step_ms / 1000),
        backends=backends,
        backend_lanes=lanes,
        patience_s=max(backend.timeouts.first_byte_s for backend in settings.backends) if settings.backends else 120.0,
        tiers=tiers,
    )


def times_of(settings: Settings, file: Path | None) -> ServiceTimes:
    """The file's service times, or those that come with Guard; without the models that the configuration turns off."""
    times = REFERENCE if file is None else read_times(file)
    chosen = settings.inference
    if not chosen.classifiers:
        windows = tuple(one for one in times.windows if one.stage != 0)
        times = msgspec.structs.replace(times, windows=windows, step=None)
    if chosen.names is False or (chosen.names is None and not chosen.classifiers):
        times = msgspec.structs.replace(times, windows=tuple(one for one in times.windows if one.stage == 0))
    return times


def read_times(file: Path) -> ServiceTimes:
    """What `guard replay calibrate` wrote. Raises ConfigError."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=ServiceTimes)
    except OSError as error:
        raise ConfigError(f"{file}: can't be read ({error.strerror}): write one with guard replay calibrate") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: {error}: write it anew with guard replay calibrate") from None


def read_prices(file: Path) -> dict[str, Price]:
    """Prices by model from a YAML or JSON file. Raises ConfigError."""
    try:
        return msgspec.yaml.decode(file.read_bytes(), type=dict[str, Price])
    except OSError as error:
        raise ConfigError(f"{file}: can't be read ({error.strerror}): name another file") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        cure = "write {MODEL: {prompt_nanousd: 150, completion_nanousd: 600}}, nano-dollars a token"
        raise ConfigError(f"{file}: {error}: {cure}") from None
