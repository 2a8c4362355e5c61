"""What every exchange works with, and what a client asks of one."""

from collections.abc import Callable, Sequence

import msgspec

from guard.core.facts import Identity
from guard.metering.tier.book import TierBook
from guard.ports import (
    Approvals,
    Budgets,
    Classifier,
    Counters,
    Dialect,
    EnergyMeter,
    Engine,
    ExchangeSink,
    Ledger,
    Policies,
    Rater,
    Router,
    TextEngine,
    Tiers,
    TokenCounters,
    Vaults,
)
from guard.runtime.answers import Answers
from guard.runtime.approval import NOBODY
from guard.runtime.budgeting import NO_BUDGETS
from guard.runtime.conversation import Conversations
from guard.runtime.facts import Language, no_language
from guard.runtime.inspection import Engines
from guard.runtime.trail import Timed
from guard.runtime.turnstile import Turnstile

LeakRule = Callable[[Sequence[str]], Engine | None]
"""Makes the engine that keeps a request's own system prompt (these texts) from being told; None if there is none."""


class Parts(msgspec.Struct, frozen=True):
    """What every exchange works with."""

    engines: Engines
    """Who inspects what backends answer; the inline ones inspect prompts as well."""
    prompt_rules: tuple[Engine, ...]
    """Who inspects prompts alone."""
    classifier: Classifier | None
    leak: LeakRule
    vaults: Vaults
    policies: Policies
    router: Router
    ledger: Ledger
    lull_s: float
    conversations: Conversations
    names: TextEngine | None = None
    """Who reads prompts for names."""
    language: Language = no_language
    """Who tells the languages of prompts, where the policy reads them."""
    approvals: Approvals = NOBODY
    """Who asks people, where the policy requires approval."""
    budgets: Budgets = NO_BUDGETS
    """Who knows what callers may spend."""
    rater: Rater | None = None
    """Who knows what tokens cost; None where there are no prices."""
    tiers: Tiers = TierBook()
    """What callers may have, beside the policy."""
    counters: Counters | None = None
    """Who counts what tiers limit; None where nothing is."""
    turnstile: Turnstile = Turnstile()
    """The way into each backend."""
    prioritised: frozenset[str] = frozenset()
    """The backends that are told requests' priority."""
    tokenizers: TokenCounters | None = None
    """Who counts tokens that backends do not; None where there are no tokenizers."""
    unpriced: bool = True
    """Whether models that have no price are served."""
    energy: EnergyMeter | None = None
    """Who hears what backends did; None where energy is not metered."""
    record: ExchangeSink | None = None
    """Who keeps what was seen in each exchange."""
    timed: Timed | None = None
    """Who hears where each exchange's time went."""
    answers: Answers = msgspec.field(default_factory=Answers)
    """The answers that are on their way."""


class Call(msgspec.Struct, frozen=True):
    """A client's request. `path` is the API's, below the backend's base URL; header names are in lower case."""

    dialect: Dialect
    path: str
    identity: Identity
    headers: tuple[tuple[str, str], ...]
    body: bytes
    address: str = ""
    """The peer's IP address."""
    models: tuple[str, ...] = ("*",)
    """Which ones the credential is good for, as fnmatch patterns."""

    def __repr__(self) -> str:
        return f"Call(path={self.path!r}, identity={self.identity!r})"
