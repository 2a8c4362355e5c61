"""How an exchange is accounted for that nobody closed: by what its slot of the board says had been read. Pure."""

from typing import Final

from guard.core.entry import Closing, Status
from guard.core.rate import Rating
from guard.core.usage import Usage, UsageSource
from guard.metering.count.evidence import Evidence, Extent
from guard.metering.count.reckon import Reckoning, reckon
from guard.metering.ledger.board import Seen
from guard.metering.ledger.row import Opened
from guard.ports import Rater

_NOT_ASKED: Final = Usage(prompt=0, completion=0)
_UNKNOWN: Final = Reckoning(Usage(), UsageSource.ESTIMATED)


class Estimate:
    """A `shard.Estimator`. Without a rater such exchanges have no cost."""

    def __init__(self, reason: str, rater: Rater | None) -> None:
        self._reason = reason
        self._rater = rater

    def __call__(self, opened: Opened, seen: Seen | None) -> Closing:
        """The closing; without a slot nothing is known of its tokens, which stay NULL."""
        reckoning = _UNKNOWN if seen is None else read_by(seen)
        usage = reckoning.usage
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
            split_source=reckoning.split_source,
        )

    def _rated(self, opened: Opened, seen: Seen | None, usage: Usage) -> Rating:
        if self._rater is None or seen is None:
            return Rating(None, "")
        opening, asked = opened.opening, seen.prompt is not None
        rating = self._rater.rate(opening.model, opening.tier, usage, opening.started_ms, seen.pictures if asked else 0)
        return rating if asked else Rating(0, rating.version)


def read_by(seen: Seen) -> Reckoning:
    """What had been read: the backend's counts, and an estimate of the rest."""
    if seen.prompt is None:
        return Reckoning(_NOT_ASKED, UsageSource.ESTIMATED)
    told = Extent(seen.told_chars, seen.told_pieces) if seen.usage is not None else Extent()
    reasoning, tool = Extent(seen.reasoning_chars), Extent(seen.tool_chars)
    answer = Extent(max(seen.chars - seen.reasoning_chars - seen.tool_chars, 0), seen.pieces)
    untold = Extent(max(seen.chars - told.chars, 0), max(seen.pieces - told.pieces, 0))
    known = Evidence(seen.prompt, answer, reasoning, tool, untold, streamed=False)
    return reckon(seen.usage, known)
