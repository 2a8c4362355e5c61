"""What was metered of energy since the start, as administrators see it."""

from collections.abc import Mapping

import msgspec


class PoolFigures(msgspec.Struct, frozen=True):
    """One pool. Millijoules: all that its counters told, of it without work, and what work is accounted for with.

    `intervals` have been settled, of which `voids` have no number, by reason. `tokens` are those of `work_mj`.
    `power_w` is the last interval's, `idle_w` what the pool takes without work; null where it is not known. `running`
    exchanges have not ended. `problem` is why the counters can't be read now, empty if they can.
    """

    pool: str
    method: str
    weights: str
    intervals: int
    voids: Mapping[str, int]
    energy_mj: int
    idle_mj: int
    work_mj: int
    tokens: int
    power_w: float | None
    idle_w: float | None
    running: int
    problem: str


class EnergyFigures(msgspec.Struct, frozen=True):
    """All pools, and Guard's own energy with its method. `unwritten` intervals wait for the disk."""

    pools: tuple[PoolFigures, ...]
    guard_mj: int
    guard_method: str
    unwritten: int
    given_up: int
