"""The sections `counters` and `queue`: where limits are counted, and how requests wait for a backend."""

from typing import Annotated, Literal

from msgspec import Meta

from guard.config.secret import Secret
from guard.config.section import Section


class CounterSettings(Section, frozen=True):
    """Where limits are counted: in this process, or in Redis or Valkey for several."""

    url: Annotated[
        Secret | None, Meta(description="redis://, rediss:// or unix:// of a Redis or Valkey; none: in this process.")
    ] = None
    fail: Annotated[
        Literal["closed", "share"],
        Meta(description="While it is away: nothing is served that is limited, or this process's share of each limit."),
    ] = "closed"
    timeout_ms: Annotated[int, Meta(ge=1, le=60_000, description="Longest that it may take to answer.")] = 250
    prefix: Annotated[str, Meta(description="What its keys begin with.")] = "guard"
    ca_file: Annotated[str | None, Meta(description="PEM file of the authorities to trust for rediss.")] = None


class QueueSettings(Section, frozen=True):
    """How requests wait for a backend that is full."""

    waiting: Annotated[int, Meta(ge=1, le=100_000, description="Most that wait for one backend.")] = 1000
    wait_s: Annotated[float, Meta(gt=0, le=3600, description="Longest that one waits.")] = 30.0
    ahead_tokens: Annotated[
        int,
        Meta(ge=0, le=1_000_000_000, description="Tokens a tier may be beyond its share before lower priorities go."),
    ] = 4096
