"""Settings of the policies: where they come from, what they must be signed with, how they are replaced."""

from typing import Annotated, Literal

from msgspec import Meta

from guard.config.secret import Secret
from guard.config.section import Section


class VerifySettings(Section, frozen=True):
    """The key that bundles are signed with. With it no unsigned policy serves, in a directory neither."""

    key_file: Annotated[str | None, Meta(description="PEM file of the public key, or of its certificate.")] = None
    secret: Annotated[Secret | None, Meta(description="The shared secret of the HS algorithms.")] = None
    algorithm: Annotated[
        Literal[
            "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "HS256", "HS384", "HS512"
        ],
        Meta(description="What signatures are made with; a token does not choose it."),
    ] = "RS256"
    key_id: Annotated[str, Meta(description="The key's id; a token that names another is refused.")] = ""
    scope: Annotated[str, Meta(description="The scope that a token must say, or none.")] = ""


class CandidateSettings(Section, frozen=True):
    """Policies beside the live ones: asked in the shadow, and serving some tenants if that is wanted."""

    source: Annotated[str, Meta(description="A directory, a bundle.tar.gz, or the http(s) address of one.")]
    token: Annotated[Secret | None, Meta(description="Sent to the bundle server as a bearer token.")] = None
    ca_file: Annotated[str | None, Meta(description="PEM file of the authorities to trust for https.")] = None
    tenants_percent: Annotated[float, Meta(ge=0, le=100, description="Share of the tenants that it serves.")] = 0
    sample: Annotated[
        float, Meta(ge=0, le=1, description="Share of the exchanges with a difference that an example is kept of.")
    ] = 0.01


class PolicySettings(Section, frozen=True):
    """Where policies come from while Guard runs."""

    source: Annotated[
        str, Meta(description="A directory, a bundle.tar.gz, or the http(s) address of one; in place of `policies`.")
    ] = ""
    poll_s: Annotated[float, Meta(ge=1, le=86_400, description="Seconds between two questions to a bundle server.")] = (
        30.0
    )
    token: Annotated[Secret | None, Meta(description="Sent to the bundle server as a bearer token.")] = None
    ca_file: Annotated[str | None, Meta(description="PEM file of the authorities to trust for https.")] = None
    verify: Annotated[VerifySettings | None, Meta(description="The key that policies must be signed with.")] = None
    tests: Annotated[bool, Meta(description="Whether a change's tests must pass before it serves.")] = True
    persist: Annotated[
        str | None, Meta(description="Directory that keeps the last good bundle of a server, for a start without it.")
    ] = None
    candidate: Annotated[CandidateSettings | None, Meta(description="Policies that are tried beside these.")] = None
