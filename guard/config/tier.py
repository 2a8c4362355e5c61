"""The section `tiers`: who may ask for what, how much and how fast."""

from typing import Annotated

from msgspec import Meta

from guard.config.section import Section

Count = Annotated[int, Meta(ge=1, le=1_000_000_000_000)]


class TierSettings(Section, frozen=True):
    """One tier. What is left out is not limited. Requests, tokens and concurrency are counted for each tenant."""

    models: Annotated[
        tuple[str, ...], Meta(min_length=1, description="Models that it may ask for, as fnmatch patterns.")
    ] = ("*",)
    requests_per_min: Annotated[Count | None, Meta(description="Most requests in a minute.")] = None
    requests_per_day: Annotated[Count | None, Meta(description="Most requests in 24 hours.")] = None
    tokens_per_min: Annotated[Count | None, Meta(description="Most tokens in a minute, prompts and answers.")] = None
    tokens_per_day: Annotated[Count | None, Meta(description="Most tokens in 24 hours, prompts and answers.")] = None
    concurrency: Annotated[Count | None, Meta(description="Most requests at one time.")] = None
    context_tokens: Annotated[Count | None, Meta(description="Most tokens of a prompt.")] = None
    answer_tokens: Annotated[Count | None, Meta(description="Most tokens of an answer.")] = None
    thinking_tokens: Annotated[
        Annotated[int, Meta(ge=0, le=1_000_000_000)] | None, Meta(description="Most tokens of thinking in an answer.")
    ] = None
    tokens_per_s: Annotated[
        Annotated[float, Meta(gt=0, le=1_000_000)] | None, Meta(description="How fast an answer flows at most.")
    ] = None
    weight: Annotated[float, Meta(gt=0, le=1_000_000, description="Its share of a backend that is saturated.")] = 1.0
    priority: Annotated[
        int, Meta(ge=-1000, le=1000, description="Who goes first, within the shares; the higher number.")
    ] = 0
