"""What exchanges come to: counts, tokens, money, energy, times; and their sums. Pure.

None is what nobody knows, and adds nothing; zero is a count. Money is whole nano-dollars, energy whole millijoules.
"""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

COUNTS: Final = ("exchanges", "completed", "blocked", "aborted", "failed", "retries", "estimated", "unpriced")
TOKENS: Final = (
    *("prompt_tokens", "cached_tokens", "audio_tokens", "image_tokens", "completion_tokens"),
    *("reasoning_tokens", "tool_tokens", "withheld_tokens", "guard_tokens"),
)
SUMS: Final = (*TOKENS, "cost_nanousd", "energy_mj")
METERED: Final = ("energy_exchanges", "energy_tokens")


class Quantiles(msgspec.Struct, frozen=True):
    """Milliseconds that half, 95 % and 99 % of exchanges stayed below."""

    p50: float
    p95: float
    p99: float


class UsagePower(msgspec.Struct, frozen=True):
    """Energy by the intervals of the energy file: see `guard.metering.energy.report.GroupLine`."""

    energy_mj: int | None
    whole_mj: int | None
    covered: float
    tokens_per_joule: float | None
    tokens_per_s_per_watt: float | None
    revenue_usd_per_kwh: float | None
    void: str


class UsageFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Sums over exchanges.

    `completed`, `blocked`, `aborted` and `failed` together are `exchanges`. `unpriced` ones have no cost and are in
    none. `energy_mj` is of `energy_exchanges`, whose prompts and answers had `energy_tokens`.
    """

    exchanges: int = 0
    completed: int = 0
    blocked: int = 0
    aborted: int = 0
    failed: int = 0
    retries: int = 0
    estimated: int = 0
    unpriced: int = 0
    prompt_tokens: int | None = None
    cached_tokens: int | None = None
    audio_tokens: int | None = None
    image_tokens: int | None = None
    completion_tokens: int | None = None
    reasoning_tokens: int | None = None
    tool_tokens: int | None = None
    withheld_tokens: int | None = None
    guard_tokens: int | None = None
    cost_nanousd: int | None = None
    energy_mj: int | None = None
    energy_exchanges: int = 0
    energy_tokens: int = 0
    tokens_per_joule: float | None = None
    first_ms: Quantiles | None = None
    total_ms: Quantiles | None = None


class UsageLine(UsageFigures, frozen=True, kw_only=True):
    """Those of one value of each dimension; None where an exchange has no such label."""

    key: Mapping[str, str | None]
    power: UsagePower | None = None


class UsageReport(msgspec.Struct, frozen=True):
    """Exchanges that began from `since_ms` up to and without `until_ms` (Unix). `open` ones were not over yet."""

    since_ms: int
    until_ms: int
    by: tuple[str, ...]
    lines: tuple[UsageLine, ...]
    total: UsageFigures
    open: int


def tokens_per_joule(tokens: int, energy_mj: int | None) -> float | None:
    """None where there is no energy."""
    return tokens * 1000 / energy_mj if energy_mj else None


def added(lines: Iterable[UsageFigures]) -> UsageFigures:
    """The sum, without quantiles, which don't add up."""
    counts = dict.fromkeys((*COUNTS, *METERED), 0)
    sums: dict[str, int | None] = dict.fromkeys(SUMS)
    for line in lines:
        for name in counts:
            counts[name] += getattr(line, name)
        for name in SUMS:
            value = getattr(line, name)
            if value is not None:
                sums[name] = (sums[name] or 0) + value
    ratio = tokens_per_joule(counts["energy_tokens"], sums["energy_mj"])
    return msgspec.convert({**counts, **sums, "tokens_per_joule": ratio}, UsageFigures)
