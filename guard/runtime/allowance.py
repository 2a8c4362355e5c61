"""What one exchange takes of its tenant's limits: by an estimate when it begins, corrected when it is over."""

from collections.abc import Sequence

from guard.core.counter import Taking
from guard.core.facts import Identity
from guard.core.prompt import Prompt
from guard.core.tier import Tier
from guard.errors import RateLimited
from guard.metering.tier.dues import Due, dues_of, headers_of, refusal_of
from guard.ports import Counters
from guard.runtime.budgeting import written_choices
from guard.upstream.parameter import WRITES_NOTHING

UNBOUNDED_ANSWER = 1000
"""Tokens that an answer is taken for, where neither the request nor its tier says how long it may be."""


class Allowance:
    """What was taken. `settle` it once."""

    def __init__(self, counters: Counters, lease: str, dues: Sequence[Due], taking: Taking | None) -> None:
        self._counters = counters
        self._lease = lease
        self._dues = dues
        self._taking = taking

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """What every answer says of the limits."""
        return () if self._taking is None else headers_of(self._dues, self._taking)

    @property
    def refusal(self) -> RateLimited | None:
        """Why nothing was taken; None if it was."""
        if self._taking is None or self._taking.taken:
            return None
        return refusal_of(self._dues, self._taking)

    def settle(self, tokens: int) -> None:
        """The exchange came to so many tokens, and gives its place back."""
        taking, self._taking = self._taking, None
        if taking is None or not taking.taken:
            return
        for due in self._dues:
            if due.unit == "tokens":
                self._counters.correct(due.claim, taking, tokens)
            elif due.unit == "places":
                self._counters.release(due.claim, self._lease)


async def allow(
    counters: Counters | None, tier: Tier, identity: Identity, exchange: str, tokens: int
) -> Allowance | None:
    """Takes what a request of about so many tokens needs, or nothing; None where nothing is counted.

    Raises CountersUnavailable.
    """
    if counters is None or not tier.counted:
        return None
    dues = dues_of(tier, identity, tokens)
    return Allowance(counters, exchange, dues, await counters.take([due.claim for due in dues], exchange))


def most_tokens(prompt: Prompt, tier: Tier, prompt_tokens: int, dialect: str) -> int:
    """What a request may come to: its prompt and the longest answer that it may get, for each that is written."""
    if dialect == WRITES_NOTHING:
        return prompt_tokens
    bounds = [bound for bound in (prompt.max_tokens, tier.answer_tokens) if bound is not None and bound >= 0]
    return prompt_tokens + written_choices(prompt) * min(bounds, default=UNBOUNDED_ANSWER)
