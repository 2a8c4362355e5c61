"""What was metered in a time: by pool, model, tier or tenant, with the ratios that operators steer by. Reads one file.

A line's energy covers the tokens of intervals that have a number; `covered` says which share of all tokens that is. A
line in doubt by more than `MOST_DOUBT` has none. Idle energy is a line of its own for each pool; the ratios named
`whole` take it in, each line by its part of the pool's work.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from math import sqrt
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from guard.errors import EnergyError
from guard.metering.energy.attribution import MOST_DOUBT
from guard.metering.energy.calibration import Observation
from guard.metering.energy.interval import Void
from guard.metering.energy.weight import Tokens

Dimension = Literal["pool", "model", "tier", "tenant"]
DIMENSIONS: Final[tuple[Dimension, ...]] = ("pool", "model", "tier", "tenant")
_MJ_PER_KWH: Final = 3.6e9
NO_NUMBER: Final = "none"
"""All of a line's intervals are without one; each pool tells why."""


class PoolLine(msgspec.Struct, frozen=True):
    """One pool, or Guard itself (`guard`). Energies in millijoules, over intervals that have a number.

    `voids` are intervals without one, by reason; `unsplit_mj` is what is known to have gone in such.
    """

    pool: str
    methods: tuple[str, ...]
    weights: tuple[str, ...]
    seconds: float
    energy_mj: int
    idle_mj: int
    unsplit_mj: int
    intervals: int
    voids: Mapping[str, int]


class GroupLine(msgspec.Struct, frozen=True):
    """One value of each dimension asked for.

    `energy_mj` is None where there is no number, with the reason in `void`. `whole_mj` is it and its part of idle
    energy. Tokens for a joule are of the first, tokens per second and watt and revenue (US dollars) of the second.
    """

    key: tuple[str, ...]
    exchanges: int
    prompt_tokens: int
    cached_tokens: int
    answer_tokens: int
    covered: float
    energy_mj: int | None
    doubt_mj: int
    whole_mj: int | None
    tokens_per_joule: float | None
    tokens_per_s_per_watt: float | None
    revenue_usd_per_kwh: float | None
    unpriced: int
    void: str = ""


class EnergyReport(msgspec.Struct, frozen=True):
    """All of it, from `since_ms` up to and without `until_ms`."""

    since_ms: int
    until_ms: int
    by: tuple[str, ...]
    pools: tuple[PoolLine, ...]
    lines: tuple[GroupLine, ...]


_INTERVALS: Final = """
SELECT pool, method, weights, void, count(*), sum(until_ms - since_ms), sum(coalesce(energy_mj, 0)),
       sum(coalesce(idle_mj, 0))
FROM interval WHERE until_ms >= ? AND until_ms < ? GROUP BY pool, method, weights, void ORDER BY pool
"""
_WHOLE: Final = "coalesce(s.energy_mj * (1 + coalesce(i.idle_mj * 1.0 / nullif(i.energy_mj - i.idle_mj, 0), 0)), 0)"
_GROUPS: Final = """
WITH i AS (SELECT pool AS p, sum(energy_mj) AS energy_mj, sum(idle_mj) AS idle_mj FROM interval
           WHERE void IS NULL AND until_ms >= ? AND until_ms < ? GROUP BY pool)
SELECT {names}, sum(exchanges), sum(prompt_tokens), sum(cached_tokens), sum(answer_tokens),
       sum(CASE WHEN s.energy_mj IS NULL THEN 0 ELSE prompt_tokens + cached_tokens + answer_tokens END),
       sum(s.energy_mj), sum(CASE WHEN s.energy_mj IS NULL THEN 0 ELSE doubt_mj * doubt_mj END), sum({wholes}),
       sum(CASE WHEN s.energy_mj IS NULL THEN 0 ELSE cost_nanousd END), sum(unpriced)
FROM share s LEFT JOIN i ON i.p = s.pool
WHERE until_ms >= ? AND until_ms < ? GROUP BY {names} ORDER BY {names}
"""
_OBSERVED: Final = """
SELECT i.run, i.since_ms, i.until_ms, i.energy_mj, s.model, sum(prompt_tokens), sum(cached_tokens), sum(answer_tokens)
FROM interval i LEFT JOIN share s ON s.pool = i.pool AND s.run = i.run AND s.since_ms = i.since_ms
WHERE i.pool = ? AND i.until_ms >= ? AND i.until_ms < ? AND i.energy_mj IS NOT NULL
      AND i.method <> 'configured' AND (i.void IS NULL OR i.void IN ('idle_unknown', 'unmetered'))
GROUP BY i.run, i.since_ms, s.model ORDER BY i.until_ms, i.run
"""


class _PoolRow(msgspec.Struct, frozen=True):
    method: str
    weights: str
    void: str | None
    intervals: int
    ms: int
    energy_mj: int
    idle_mj: int


class _GroupRow(msgspec.Struct, frozen=True):
    exchanges: int
    prompt: float
    cached: float
    answer: float
    metered: float
    energy_mj: float | None
    doubt_squared: float
    whole_mj: float
    cost_nanousd: int
    unpriced: int


class EnergyBook:
    """The file of results, for reading. Raises EnergyError."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def report(self, since_ms: int, until_ms: int, by: Sequence[Dimension]) -> EnergyReport:
        """What was metered in intervals that ended in a time."""
        pools = tuple(_pool_line(name, rows) for name, rows in self._intervals(since_ms, until_ms).items())
        names = ", ".join(by)
        query = _GROUPS.format(names=names, wholes=_WHOLE)  # names are of `DIMENSIONS`
        rows = self._rows(query, since_ms, until_ms, since_ms, until_ms)
        lines = tuple(_group_line(tuple(map(str, row[: len(by)])), _GroupRow(*row[len(by) :])) for row in rows)
        return EnergyReport(since_ms, until_ms, tuple(by), pools, lines)

    def observations(self, pool: str, since_ms: int, until_ms: int) -> Sequence[Observation]:
        """What a calibration fits to: measured intervals, in their order."""
        found: list[Observation] = []
        last: tuple[object, ...] = ()
        tokens: dict[str, Tokens] = {}
        for run, since, until, energy, model, *counts in self._rows(_OBSERVED, pool, since_ms, until_ms):
            if (run, since) != last:
                last, tokens = (run, since), {}
                found.append(Observation((until - since) / 1000, energy, tokens))
            if model is not None:
                tokens[model] = Tokens(*counts)
        return found

    def _intervals(self, since_ms: int, until_ms: int) -> Mapping[str, Sequence[_PoolRow]]:
        pools: dict[str, list[_PoolRow]] = {}
        for pool, *row in self._rows(_INTERVALS, since_ms, until_ms):
            pools.setdefault(pool, []).append(_PoolRow(*row))
        return pools

    def _rows(self, query: str, *values: object) -> Sequence[Sequence[Any]]:
        if not self._path.is_file():
            raise EnergyError(f"there is no {self._path} yet; name pools in energy.pools and serve")
        try:
            with closing(sqlite3.connect(f"file:{self._path}?mode=ro", uri=True, timeout=2.0)) as db:
                return db.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise EnergyError(f"{self._path} can't be read ({type(error).__name__}); correct energy.path") from None


def _pool_line(pool: str, rows: Sequence[_PoolRow]) -> PoolLine:
    known = [row for row in rows if row.void is None]
    voids: dict[str, int] = {}
    for row in rows:
        if row.void is not None:
            voids[row.void] = voids.get(row.void, 0) + row.intervals
    return PoolLine(
        pool=pool,
        methods=tuple(sorted({row.method for row in rows})),
        weights=tuple(sorted({row.weights for row in rows if row.weights})),
        seconds=sum(row.ms for row in known) / 1000,
        energy_mj=sum(row.energy_mj for row in known),
        idle_mj=sum(row.idle_mj for row in known),
        unsplit_mj=sum(row.energy_mj for row in rows if row.void is not None),
        intervals=sum(row.intervals for row in rows),
        voids=voids,
    )


def _group_line(key: tuple[str, ...], row: _GroupRow) -> GroupLine:
    total = row.prompt + row.cached + row.answer
    energy, void = row.energy_mj, ""
    if energy is None or not row.metered:
        energy, void = None, NO_NUMBER
    elif sqrt(row.doubt_squared) > MOST_DOUBT * energy:
        energy, void = None, Void.DOUBTFUL.value
    whole = None if energy is None else row.whole_mj
    return GroupLine(
        key=key,
        exchanges=row.exchanges,
        prompt_tokens=round(row.prompt),
        cached_tokens=round(row.cached),
        answer_tokens=round(row.answer),
        covered=row.metered / total if total else 1.0,
        energy_mj=None if energy is None else round(energy),
        doubt_mj=round(sqrt(row.doubt_squared)),
        whole_mj=None if whole is None else round(whole),
        tokens_per_joule=row.metered / energy * 1000 if energy else None,
        tokens_per_s_per_watt=row.metered / whole * 1000 if whole else None,
        revenue_usd_per_kwh=row.cost_nanousd / 1e9 / whole * _MJ_PER_KWH if whole and row.cost_nanousd else None,
        unpriced=row.unpriced,
        void=void,
    )
