"""A file of weights, as `guard energy calibrate` writes it: JSON."""

from pathlib import Path
from typing import Final

import msgspec

from guard.errors import ConfigError
from guard.metering.energy.weight import Weights

_MOST_BYTES: Final = 1_048_576


def load_weights(path: Path) -> Weights:
    """The weights in a file. Raises ConfigError."""
    try:
        data = path.read_bytes()
        if len(data) > _MOST_BYTES:
            raise ConfigError(f"{path} is larger than {_MOST_BYTES} bytes; guard energy calibrate writes a small one")
        weights = msgspec.json.decode(data, type=Weights)
    except (OSError, msgspec.MsgspecError) as error:
        raise ConfigError(f"{path} can't be read as weights ({error}); guard energy calibrate writes them") from None
    if not weights.rates:
        raise ConfigError(f"{path} has no weight; calibrate anew")
    joules = [value for rate in weights.rates for value in (rate.prompt, rate.cached, rate.answer)]
    if any(value < 0 for value in (*joules, weights.idle_w or 0.0)):
        raise ConfigError(f"{path} has a weight or a power below zero; calibrate anew")
    return weights
