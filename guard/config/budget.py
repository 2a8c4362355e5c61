"""The section `budgets`: who may spend how much, and for how long."""

from typing import Annotated, Literal

from msgspec import Meta

from guard.config.section import Section
from guard.config.tier import Count


class BudgetScopeSettings(Section, frozen=True):
    """For whom: all that is said must fit, and `*` is for each of them a budget of its own."""

    tenant: Annotated[str | None, Meta(description="A tenant, or * for each.")] = None
    key: Annotated[str | None, Meta(description="A key by its name, or * for each.")] = None
    tier: Annotated[str | None, Meta(description="A tier, or * for each.")] = None
    label: Annotated[str | None, Meta(description="A label of the policy's: NAME=VALUE, or NAME for each value.")] = (
        None
    )


class HoursSettings(Section, frozen=True):
    """A time that rolls."""

    hours: Annotated[int, Meta(ge=1, le=8784, description="How many hours.")]


class BudgetSettings(Section, frozen=True, rename={"scope": "for"}):
    """One budget: of tokens, or of dollars by the price book."""

    name: Annotated[str, Meta(description="Its name in errors, alarms and policies.")]
    per: Annotated[
        Literal["day", "month"] | HoursSettings, Meta(description="day, month (UTC), or {hours: N}, which rolls.")
    ]
    scope: Annotated[BudgetScopeSettings, Meta(description="For whom it is.")] = BudgetScopeSettings()
    tokens: Annotated[Count | None, Meta(description="Tokens of prompts and answers.")] = None
    usd: Annotated[
        Annotated[float, Meta(gt=0, le=1_000_000)] | None, Meta(description="Dollars, by the price book.")
    ] = None
    hard: Annotated[bool, Meta(description="Whether it bounds; a soft one only warns.")] = True
    warn_at: Annotated[
        tuple[Annotated[float, Meta(gt=0, le=100)], ...], Meta(description="Shares of it at which alarm is raised.")
    ] = (0.8, 1.0)
    answer_tokens: Annotated[
        int, Meta(ge=1, le=10_000_000, description="Reserved for an answer that nothing else bounds.")
    ] = 4096
