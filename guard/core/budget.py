"""What a budget is asked for, what it tells when it runs low, and what has been spent before. Pure.

Tokens are those of prompts and answers together; money is whole nano-dollars (10⁻⁹ USD).
"""

from collections.abc import Mapping

import msgspec

from guard.core.facts import Identity


class BudgetClaim(msgspec.Struct, frozen=True):
    """What one exchange may come to.

    `prompt_tokens` is a careful estimate; `answer_tokens` is the most that all its answers may have together, None if
    nothing bounds them. An exchange that gets fewer than `least_tokens` can't begin. `media`: there is more in the
    prompt than text. `at_ms` is Unix milliseconds.
    """

    exchange: str
    identity: Identity
    labels: Mapping[str, str]
    model: str
    prompt_tokens: int
    answer_tokens: int | None
    least_tokens: int
    at_ms: int
    pictures: int = 0
    media: bool = False


class Spending(msgspec.Struct, frozen=True):
    """What an exchange of the past came to, as the ledger has it."""

    identity: Identity
    labels: Mapping[str, str]
    tokens: int
    nanousd: int
    at_ms: int


class BudgetAlarm(msgspec.Struct, frozen=True):
    """A budget that runs low (`threshold`: the share that was passed), or that refused a request (None).

    `id` is the same for the same alarm of the same period, whoever raises it. `subject` says whose budget it is
    (`tenant=acme`); `period` names the period (`2026-11`), empty for one that rolls. `spent` and `limit` are in `unit`.
    """

    id: str
    name: str
    subject: str
    unit: str
    spent: int
    limit: int
    period: str
    threshold: float | None
    hard: bool
    at_ms: int

    @property
    def what(self) -> str:
        """`threshold` or `exhausted`."""
        return "exhausted" if self.threshold is None else "threshold"


class BudgetFigures(msgspec.Struct, frozen=True):
    """A budget in its running period, as this process knows it: `limit`, `spent` and `reserved` are in `unit`."""

    name: str
    subject: str
    unit: str
    limit: int
    spent: int
    reserved: int
