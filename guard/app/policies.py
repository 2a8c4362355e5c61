"""Builds what decides: policies that are followed, a candidate beside them, or an OPA server."""

from pathlib import Path

import msgspec

from guard.config import (
    Secret,
    Settings,
    VerifySettings,
    is_address,
)
from guard.errors import ConfigError
from guard.policy.breaker import Breaker
from guard.policy.bundle.feed import Feed, LocalFeed
from guard.policy.bundle.keeping import Kept
from guard.policy.bundle.key import VerificationKey
from guard.policy.bundle.server import BundleAddress, ServerFeed
from guard.policy.bundle.signature import Verifier
from guard.policy.generation import Rules
from guard.policy.live import LivePolicies
from guard.policy.opa_client import OpaClient, OpaOptions
from guard.policy.rollout import Candidate
from guard.policy.server import OpaPolicy
from guard.policy.serving import FixedPolicies
from guard.policy.shadow import Shadow
from guard.policy.shadow_tally import ShadowTally
from guard.ports import ServedPolicies
from guard.runtime.telemetry import refuse_candidate


def build_opa(settings: Settings) -> OpaPolicy | None:
    """The OPA server that decides, not connected yet; None if policies here do. Raises ConfigError."""
    chosen = settings.opa
    if chosen is None:
        return None
    token = chosen.token.reveal() if chosen.token is not None else None
    options = OpaOptions(chosen.url, chosen.path, token, chosen.ca_file, chosen.timeout_ms / 1000)
    return OpaPolicy(OpaClient(options), Breaker())


def build_policies(settings: Settings, opa: OpaPolicy | None = None) -> ServedPolicies:
    """What decides: OPA, if there is one, or policies that are not followed yet. Raises ConfigError with the cure."""
    if opa is not None and settings.opa is not None:
        return FixedPolicies(opa, settings.opa.url)
    chosen = settings.policy
    place = _BundlePlace(settings.policy_source, chosen.token, chosen.ca_file, chosen.persist)
    return _followed(settings, place)


def build_candidate(settings: Settings) -> Candidate | None:
    """What is tried beside the live policies; None without, or if it is refused and serves nobody yet.

    Raises ConfigError if some tenants are to be served by it and it is refused.
    """
    chosen = settings.policy.candidate
    if chosen is None:
        return None
    try:
        policies = _followed(settings, _BundlePlace(chosen.source, chosen.token, chosen.ca_file))
    except ConfigError as error:
        if chosen.tenants_percent:
            raise
        refuse_candidate(error)
        return None
    return Candidate(policies, chosen.tenants_percent, Shadow(ShadowTally(chosen.tenants_percent, chosen.sample)))


class _BundlePlace(msgspec.Struct, frozen=True):
    """Where policies are, and what a bundle server asks for."""

    source: str
    token: Secret | None
    ca_file: str | None
    persist: str | None = None


def _followed(settings: Settings, place: _BundlePlace) -> LivePolicies:
    chosen = settings.policy
    verifier = None if chosen.verify is None else Verifier(_verification(chosen.verify))
    feed: Feed = LocalFeed(Path(place.source), signed=verifier is not None)
    if is_address(place.source):
        token = place.token.reveal() if place.token is not None else ""
        address = BundleAddress(url=place.source, poll_s=chosen.poll_s, token=token, ca_file=place.ca_file)
        feed = ServerFeed(address, None if place.persist is None else Kept(Path(place.persist)))
    return LivePolicies(feed, Rules(verifier=verifier, tests=chosen.tests))


def _verification(chosen: VerifySettings) -> VerificationKey:
    try:
        material = chosen.secret.reveal().encode() if chosen.secret is not None else _bytes_of(chosen.key_file)
    except OSError:
        raise ConfigError("policy.verify.key_file can't be read: check its permissions") from None
    return VerificationKey(material=material, algorithm=chosen.algorithm, key_id=chosen.key_id, scope=chosen.scope)


def _bytes_of(file: str | None) -> bytes:
    return b"" if file is None else Path(file).read_bytes()
