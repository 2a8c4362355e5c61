"""Splits a pool's energy over one interval among the exchanges that it worked for. Pure.

What the pool takes without work is a line of its own. The rest is split by weighted tokens that were processed in the
interval: a streamed answer's tokens lie evenly between its first and its last byte, its prompt's at the first byte; a
whole answer's lie between question and end. It can't see work that did not come through Guard: its energy is split
among ours.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from guard.core.work import Work
from guard.metering.energy.interval import Interval, Void
from guard.metering.energy.weight import Tokens, Weights

MOST_DOUBT: Final = 0.05
"""A figure that is in doubt by more than this share of itself is not given."""


class Idle(msgspec.Struct, frozen=True):
    """What a pool takes without work, in watts, and how far that varies (one standard deviation)."""

    watts: float
    spread_w: float


class Share(msgspec.Struct, frozen=True):
    """What one exchange had of one interval. `energy_mj` is None where the interval has none to give."""

    tokens: Tokens
    energy_mj: float | None
    doubt_mj: float = 0.0


class Split(msgspec.Struct, frozen=True):
    """An interval's energy: the idle line and a share for each exchange, which together are all of it.

    `void` says why there is no number. `idle_mj` is None exactly then.
    """

    interval: Interval
    idle_mj: float | None
    shares: Sequence[Share]
    void: Void | None = None


def split(interval: Interval, works: Sequence[Work], weights: Weights, idle: Idle | None) -> Split:
    """The shares of `works`, in their order."""
    placed = [tokens_in(work, interval.since_s, interval.until_s) for work in works]
    weighed = [_weight(work.model, tokens, weights) for work, tokens in zip(works, placed, strict=True)]
    void = _void(interval, idle, weighed)
    if void is not None or interval.energy_mj is None:
        return Split(interval, None, [Share(tokens, None) for tokens in placed], void)
    known = [weight or 0.0 for weight in weighed]
    total = sum(known)
    if idle is None or not total:
        return Split(interval, float(interval.energy_mj), [Share(tokens, 0.0) for tokens in placed])
    idle_mj = min(idle.watts * interval.seconds * 1000, interval.energy_mj)
    doubt_mj = idle.spread_w * interval.seconds * 1000
    scale = (interval.energy_mj - idle_mj) / total
    shares = [
        Share(tokens, weight * scale, doubt_mj * weight / total) for tokens, weight in zip(placed, known, strict=True)
    ]
    return Split(interval, idle_mj, shares)


def tokens_in(work: Work, since_s: float, until_s: float) -> Tokens:
    """How many of an exchange's tokens were processed in a stretch of time."""
    all_of = Tokens.of(work.usage)
    first = work.ended_s if work.first_s is None else min(work.first_s, work.ended_s)
    begins = first if work.stream else work.asked_s
    prompt = 1.0 if since_s <= begins < until_s else 0.0
    answer = _overlap(begins, work.ended_s, since_s, until_s)
    return Tokens(all_of.prompt * prompt, all_of.cached * prompt, all_of.answer * answer)


def begins_s(work: Work) -> float:
    """When the backend may have begun with it."""
    return work.asked_s


def _overlap(begins: float, ends: float, since: float, until: float) -> float:
    """Which share of a stretch of time lies in another; a moment lies where it is."""
    if ends <= begins:
        return 1.0 if since <= begins < until else 0.0
    return max(0.0, min(ends, until) - max(begins, since)) / (ends - begins)


def _weight(model: str, tokens: Tokens, weights: Weights) -> float | None:
    if not tokens.total:
        return 0.0
    rate = weights.rate(model)
    return None if rate is None else rate.joules(tokens)


def _void(interval: Interval, idle: Idle | None, weighed: Sequence[float | None]) -> Void | None:
    if interval.void is not None:
        return interval.void
    if None in weighed:
        return Void.UNMETERED
    return Void.IDLE_UNKNOWN if idle is None and any(weighed) else None
