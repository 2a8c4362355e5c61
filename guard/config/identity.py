"""The section `identity`: who may ask, beside the keys in the file itself."""

from typing import Annotated, Literal

from msgspec import Meta

from guard.config.section import Section
from guard.core.grant import SCOPES

Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]


class JwtSettings(Section, frozen=True):
    """An issuer whose tokens are taken. One of three keys says what they are signed with."""

    issuer: Annotated[str, Meta(description="What its tokens say in iss, to the letter.")]
    audience: Annotated[str, Meta(description="What its tokens must say in aud: this service.")]
    jwks_url: Annotated[str | None, Meta(description="Where its public keys are listed (JWKS).")] = None
    ca_file: Annotated[
        str | None, Meta(description="PEM file of the authorities to trust instead of the system's.")
    ] = None
    jwks_file: Annotated[str | None, Meta(description="File of its public keys (JWKS), read again in time.")] = None
    key_file: Annotated[str | None, Meta(description="PEM file of its one public key.")] = None
    algorithms: Annotated[
        tuple[Algorithm, ...], Meta(min_length=1, description="Those that its tokens may be signed with.")
    ] = ("RS256",)
    tenant_claim: Annotated[str, Meta(description="The claim that names the tenant.")] = "tenant"
    tier_claim: Annotated[str | None, Meta(description="The claim that names the tier.")] = None
    tier: Annotated[str, Meta(description="The tier of tokens that name none.")] = "default"
    key_claim: Annotated[str, Meta(description="The claim that says whose the token is.")] = "sub"
    claims: Annotated[tuple[str, ...], Meta(description="Claims that policies see, as identity.claims.")] = ()
    leeway_s: Annotated[float, Meta(ge=0, le=300, description="How far clocks may differ.")] = 30.0
    scopes: Annotated[tuple[str, ...], Meta(description="What its tokens are good for.")] = SCOPES
    models: Annotated[tuple[str, ...], Meta(description="Models that may be asked for, as fnmatch patterns.")] = ("*",)
    networks: Annotated[tuple[str, ...], Meta(description="Networks in CIDR that the peer must be in; none: any.")] = ()


class IdentitySettings(Section, frozen=True):
    """Keys that are made and revoked while Guard runs, and tokens of others."""

    key_store: Annotated[
        str | None, Meta(description="SQLite file of the keys that `guard key create` makes. None: there is no store.")
    ] = None
    jwt: Annotated[tuple[JwtSettings, ...], Meta(description="Issuers whose tokens are taken in place of keys.")] = ()

    @property
    def asks(self) -> bool:
        """Whether a credential is asked for, even while there is none that would be taken."""
        return self.key_store is not None or bool(self.jwt)
