"""The section `metrics`: who may read what Guard counts, and what it is told apart by."""

from typing import Annotated, Literal

from msgspec import Meta

from guard.config.secret import Secret
from guard.config.section import Section

MetricLabel = Literal["model", "backend", "tier", "tenant", "dialect"]


class MetricsSettings(Section, frozen=True):
    """`GET /metrics`, in Prometheus' text format."""

    listen: Annotated[
        str | None, Meta(description="ADDRESS:PORT of a listener of its own, which serves nothing else. None: none.")
    ] = None
    token: Annotated[Secret | None, Meta(description="The bearer token that reads it; 16 characters or more.")] = None
    open: Annotated[bool, Meta(description="Whether that listener asks for nothing on other than loopback.")] = False
    labels: Annotated[tuple[MetricLabel, ...], Meta(description="What exchanges are told apart by.")] = (
        "model",
        "backend",
        "tier",
    )
    series: Annotated[
        int, Meta(ge=1, le=10_000, description="Most sets of labels; exchanges beyond are counted as other.")
    ] = 200
