"""Settings of an OPA server that decides in place of policies here."""

from typing import Annotated

from msgspec import Meta

from guard.config.secret import Secret
from guard.config.section import Section


class OpaSettings(Section, frozen=True):
    """Where OPA is, and how it is spoken to."""

    url: Annotated[str, Meta(description="Where OPA's API begins, without /v1; http or https. No credentials in it.")]
    path: Annotated[str, Meta(description="The package that has the entry points; slashes between its parts.")] = (
        "guard"
    )
    token: Annotated[Secret | None, Meta(description="Sent as a bearer token.")] = None
    ca_file: Annotated[
        str | None, Meta(description="PEM file of the authorities to trust instead of the system's.")
    ] = None
    timeout_ms: Annotated[int, Meta(ge=1, le=60_000, description="Longest that one decision may take.")] = 1000
