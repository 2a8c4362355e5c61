"""What one request claims of its tenant's counters, and what the client is told of them.

Counters are a tenant's in a tier: all of its keys of that tier share them.
"""

import math
from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from guard.core.counter import Claim, Standing, Taking
from guard.core.facts import Identity
from guard.core.tier import Tier
from guard.errors import RateLimited

_MINUTE_MS: Final = 60_000
_DAY_MS: Final = 86_400_000
Unit = Literal["requests", "tokens", "places"]
_WINDOWS: Final = {_MINUTE_MS: "a minute", _DAY_MS: "24 hours", 0: "one time"}
_LOCAL_WAIT_S: Final = 1


class Due(msgspec.Struct, frozen=True):
    """One claim, and of what."""

    unit: Unit
    claim: Claim


def dues_of(tier: Tier, identity: Identity, tokens: int) -> tuple[Due, ...]:
    """What a request of about so many tokens claims. One that is larger than a limit claims all of it."""
    rows: tuple[tuple[Unit, int | None, int], ...] = (
        ("requests", tier.requests_per_min, _MINUTE_MS),
        ("requests", tier.requests_per_day, _DAY_MS),
        ("tokens", tier.tokens_per_min, _MINUTE_MS),
        ("tokens", tier.tokens_per_day, _DAY_MS),
        ("places", tier.concurrency, 0),
    )
    who = f"{identity.tenant}/{tier.name}"
    return tuple(
        Due(unit, Claim(f"{{{who}}}:{unit}:{window}", min(tokens, limit) if unit == "tokens" else 1, limit, window))
        for unit, limit, window in rows
        if limit is not None
    )


def headers_of(dues: Sequence[Due], taking: Taking) -> tuple[tuple[str, str], ...]:
    """OpenAI's rate-limit headers: of requests and of tokens, for the window that has least left."""
    found: list[tuple[str, str]] = []
    for unit in ("requests", "tokens"):
        standings = [standing for due, standing in zip(dues, taking.standings, strict=True) if due.unit == unit]
        if not standings:
            continue
        least = min(standings, key=lambda standing: standing.remaining)
        found += [
            (f"x-ratelimit-limit-{unit}", str(least.limit)),
            (f"x-ratelimit-remaining-{unit}", str(least.remaining)),
            (f"x-ratelimit-reset-{unit}", duration(least.reset_ms)),
        ]
    return tuple(found)


def refusal_of(dues: Sequence[Due], taking: Taking) -> RateLimited:
    """Why a request has to wait, and how long."""
    due, standing = max(zip(dues, taking.standings, strict=True), key=_wait_of)
    wait_s = max(1, math.ceil(standing.wait_ms / 1000))
    what = {"requests": "requests", "tokens": "tokens", "places": "requests"}[due.unit]
    return RateLimited(
        f"This key's tier allows {standing.limit} {what} in {_WINDOWS[due.claim.window_ms]}"
        f"{' at most' if due.claim.window_ms else ''}, and they are used up; try again in {wait_s} s.",
        wait_s,
    )


def duration(ms: int) -> str:
    """A span as OpenAI writes it: `120ms`, `1.5s`, `6m0s`, `23h59m0s`."""
    if ms < 1000:
        return f"{ms}ms"
    seconds = math.ceil(ms / 1000)
    if seconds < 60:
        return f"{ms / 1000:.3f}".rstrip("0").rstrip(".") + "s"
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes}m{seconds}s" if hours else f"{minutes}m{seconds}s"


def _wait_of(pair: tuple[Due, Standing]) -> int:
    return pair[1].wait_ms
