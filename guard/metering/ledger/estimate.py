"""How an exchange is accounted for that nobody closed: by what its slot of the board says had been read. Pure."""

from typing import Final

import msgspec

from guard.core.entry import Closing, Status
from guard.core.rate import Rating
from guard.core.usage import Usage, UsageSource
from guard.metering.ledger.board import Seen
from guard.metering.ledger.row import Opened
from guard.metering.usage import estimate, merge
from guard.ports import Rater

_NOT_ASKED: Final = Usage(prompt=0, completion=0)


class Estimate:
    """A `shard.Estimator`. Without a rater such exchanges have no cost."""

    def __init__(self, reason: str, rater: Rater | None) -> None:
        self._reason = reason
        self._rater = rater

    def __call__(self, opened: Opened, seen: Seen | None) -> Closing:
        """The closing; without a slot nothing is known of its tokens, which stay NULL."""
        usage = Usage() if seen is None else read_by(seen)
        rating = self._rated(opened, seen, usage)
        return Closing(
            exchange=opened.opening.exchange,
            attempt=opened.opening.attempt,
            status=Status.FAILED,
            reason=self._reason,
            usage=usage,
            source=UsageSource.ESTIMATED,
            withheld=0,
            first_ms=None if seen is None or seen.first_us is None else seen.first_us / 1000,
            total_ms=0,
            cost_nanousd=rating.cost_nanousd,
            price_version=rating.version,
            split_source=_split_source(usage),
        )

    def _rated(self, opened: Opened, seen: Seen | None, usage: Usage) -> Rating:
        if self._rater is None or seen is None:
            return Rating(None, "")
        opening, asked = opened.opening, seen.prompt is not None
        rating = self._rater.rate(opening.model, opening.tier, usage, opening.started_ms, seen.pictures if asked else 0)
        return rating if asked else Rating(0, rating.version)


def _split_source(usage: Usage) -> UsageSource | None:
    """Only the backend's own counts tell parts of an answer here."""
    return None if usage.reasoning is None and usage.tool is None else UsageSource.PROVIDER


def read_by(seen: Seen) -> Usage:
    """What had been read: the backend's counts, and an estimate of the rest."""
    if seen.prompt is None:
        return _NOT_ASKED
    told = seen.usage or Usage()
    guess = Usage(prompt=seen.prompt, completion=estimate(seen.chars, seen.pieces))
    usage = msgspec.structs.replace(merge(told, guess)[0], audio=told.audio, image=told.image, tool=told.tool)
    if told.completion is None:
        return usage
    since = estimate(seen.chars - seen.told_chars, seen.pieces - seen.told_pieces)
    return msgspec.structs.replace(usage, completion=told.completion + max(since, 0))
