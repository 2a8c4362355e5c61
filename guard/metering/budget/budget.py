"""A budget: for whom, of what, how much, and for how long."""

import enum
from collections.abc import Mapping
from typing import Final

import msgspec

from guard.core.counter import Claim
from guard.core.facts import Identity
from guard.metering.budget.period import Period

EACH: Final = "*"
UNLIMITED: Final = 1 << 52
"""What a counter of a soft budget may hold: more than is ever spent, and exact in every store."""


class Unit(enum.Enum):
    """What a budget counts."""

    TOKENS = "tokens"
    NANOUSD = "nanousd"


class Scope(msgspec.Struct, frozen=True):
    """For whom: all that is said must fit. `*` is for each of them a budget of its own; None: whoever it is.

    `label` is a label of the policy's: `team=blue`, or `team` for each of its values.
    """

    tenant: str | None = None
    key: str | None = None
    tier: str | None = None
    label: str | None = None

    def subject(self, identity: Identity, labels: Mapping[str, str]) -> str | None:
        """Whose budget it is, as `tenant=acme,tier=free`; None if it is not for them."""
        named: list[str] = []
        for kind, wanted in (("tenant", self.tenant), ("key", self.key), ("tier", self.tier)):
            value = getattr(identity, kind)
            if wanted is None:
                continue
            if wanted not in (EACH, value):
                return None
            named.append(f"{kind}={value}")
        if self.label is not None:
            name, _, wanted_value = self.label.partition("=")
            if name not in labels or wanted_value not in ("", EACH, labels[name]):
                return None
            named.append(f"{name}={labels[name]}")
        return ",".join(named)


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """`limit` is in `unit` for one `period`. A soft one (not `hard`) only warns.

    `answer_tokens` is what is reserved for an answer that nothing else bounds.
    """

    name: str
    scope: Scope
    unit: Unit
    limit: int
    period: Period
    hard: bool = True
    warn_at: tuple[float, ...] = (0.8, 1.0)
    answer_tokens: int = 4096


class Line(msgspec.Struct, frozen=True):
    """One budget that an exchange counts in, and whose it is."""

    budget: Budget
    subject: str
    period: str

    @property
    def key(self) -> str:
        """The counter's key."""
        return f"budget:{self.budget.name}:{self.subject}:{self.period}"

    def claim(self, amount: int) -> Claim:
        """A claim for so much of it."""
        budget = self.budget
        limit = budget.limit if budget.hard else UNLIMITED
        return Claim(self.key, amount, limit, budget.period.window_ms, budget.period.slots)
