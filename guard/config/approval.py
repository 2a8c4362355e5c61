"""Settings of approvals and of those who give them."""

from typing import Annotated

from msgspec import Meta

from guard.config.secret import Secret
from guard.config.section import Seconds, Section


class WebhookSettings(Section, frozen=True):
    """Where events are sent to, signed as Standard Webhooks says."""

    url: Annotated[Secret, Meta(description="Where events are posted to; http or https. It may hold a token.")]
    secret: Annotated[
        Secret, Meta(description="What events are signed with: whsec_ and 24 to 64 random bytes in base64.")
    ]
    timeout_s: Annotated[float, Meta(gt=0, le=60, description="Longest that one attempt may take.")] = 5.0
    ca_file: Annotated[
        str | None, Meta(description="PEM file of the authorities to trust instead of the system's.")
    ] = None


class ApprovalSettings(Section, frozen=True):
    """How long, and how many, may wait for a person."""

    timeout_s: Annotated[
        Seconds, Meta(description="Longest that one approval is waited for, whatever the policy asks for.")
    ] = 300.0
    waiting: Annotated[int, Meta(ge=1, le=100_000, description="Most that wait at one time; more are denied.")] = 1000
    webhook: Annotated[WebhookSettings | None, Meta(description="Who is told of each approval.")] = None


class AdminKeySettings(Section, frozen=True):
    """An administrator's key, known by its digest only."""

    name: Annotated[str, Meta(description="Its name in policies and logs.")]
    sha256: Annotated[
        str, Meta(description="SHA-256 of the key, 64 lower-case hex digits; `guard key new --admin` makes one.")
    ]


class AdminSettings(Section, frozen=True):
    """Who may use the admin API; what each may do is the policy's business."""

    keys: Annotated[
        tuple[AdminKeySettings, ...], Meta(description="Administrators' keys. None: there is no admin API.")
    ] = ()
