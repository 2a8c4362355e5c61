"""What is kept: intervals, what each model, tier and tenant had of them, exchanges. Each figure says how it was had."""

from collections.abc import Sequence

import msgspec

from guard.core.entry import ExchangeEnergy
from guard.metering.energy.interval import Void
from guard.metering.energy.weight import Tokens


class Origin(msgspec.Struct, frozen=True):
    """How figures were had: `dcgm`, `nvml`, `configured` (and `rapl` for Guard itself), by weights of which version."""

    pool: str
    method: str
    weights: str


class IntervalResult(msgspec.Struct, frozen=True):
    """What a pool took from `since_ms` to `until_ms` (Unix). A counter's energy may be known where its split is not.

    `idle_mj` is what it takes without work; None where there is no number, and where energy is configured by token.
    """

    since_ms: int
    until_ms: int
    energy_mj: int | None
    idle_mj: int | None
    void: Void | None = None


class GroupResult(msgspec.Struct, frozen=True):
    """What one model, tier and tenant had of an interval. `exchanges` and their cost count where they ended.

    `energy_mj` is None where the interval has no number; `cost_nanousd` sums those that have a price.
    """

    model: str
    tier: str
    tenant: str
    tokens: Tokens
    exchanges: int
    energy_mj: float | None
    doubt_mj: float = 0.0
    cost_nanousd: int = 0
    unpriced: int = 0


class ExchangeResult(msgspec.Struct, frozen=True):
    """An exchange's energy, None with the reason where there is none. `ended_ms` is its last interval's end (Unix)."""

    exchange: str
    ended_ms: int
    energy_mj: int | None
    doubt_mj: int = 0
    void: Void | None = None

    def told(self, origin: Origin) -> ExchangeEnergy:
        """As others are told of it."""
        return ExchangeEnergy(
            exchange=self.exchange,
            pool=origin.pool,
            ended_ms=self.ended_ms,
            energy_mj=self.energy_mj,
            doubt_mj=self.doubt_mj,
            void=self.void.value if self.void is not None else "",
            method=origin.method,
            weights=origin.weights,
        )


class Settled(msgspec.Struct, frozen=True):
    """What is final of one interval."""

    origin: Origin
    interval: IntervalResult
    groups: Sequence[GroupResult]
    exchanges: Sequence[ExchangeResult]

    def told(self) -> list[ExchangeEnergy]:
        """Its exchanges, as others are told of them."""
        return [one.told(self.origin) for one in self.exchanges]
