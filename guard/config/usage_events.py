"""The section `usage_events`: which billing system is told of exchanges that are over."""

from typing import Annotated, Literal

from msgspec import Meta

from guard.config.secret import Secret
from guard.config.section import Section


class UsageEventSettings(Section, frozen=True):
    """Where CloudEvents of usage go."""

    url: Annotated[Secret, Meta(description="Where batches are posted to; http or https. It may hold a token.")]
    token: Annotated[Secret | None, Meta(description="Sent as a bearer token.")] = None
    secret: Annotated[
        Secret | None, Meta(description="What batches are signed with: whsec_ and 24 to 64 random bytes in base64.")
    ] = None
    name: Annotated[str, Meta(description="Names how far the receiver has come; with another one it begins anew.")] = (
        "default"
    )
    source: Annotated[str, Meta(description="The events' source; part of what receivers know them by.")] = "guard"
    subject: Annotated[Literal["tenant", "key"], Meta(description="The events' subject.")] = "tenant"
    history: Annotated[bool, Meta(description="Whether what the ledger holds at the first start is sent.")] = False
    batch: Annotated[int, Meta(ge=1, le=1000, description="Most events in one request.")] = 100
    timeout_s: Annotated[float, Meta(gt=0, le=300, description="Longest that one request may take.")] = 10.0
    ca_file: Annotated[
        str | None, Meta(description="PEM file of the authorities to trust instead of the system's.")
    ] = None
