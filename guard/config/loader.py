"""From a file to Settings. It reads the file, what the file's values name, and nothing else."""

from collections.abc import Mapping
from pathlib import Path
from typing import cast

from msgspec.structs import replace

from guard.config.approval import ApprovalSettings, WebhookSettings
from guard.config.counters import CounterSettings
from guard.config.decisions import DecisionSettings
from guard.config.document import line_of, read_document
from guard.config.energy import EnergySettings
from guard.config.identity import IdentitySettings
from guard.config.interpolation import Interpolation
from guard.config.ledger import LedgerSettings
from guard.config.opa import OpaSettings
from guard.config.place import Place
from guard.config.policy import PolicySettings
from guard.config.reader import Reader, struct_type
from guard.config.rule import complaints
from guard.config.rule_policy import is_address
from guard.config.settings import InferenceSettings, Settings
from guard.config.starter import bundled_models
from guard.config.usage_events import UsageEventSettings
from guard.errors import ConfigError
from guard.metering.location import anchor


def load(path: Path, environ: Mapping[str, str]) -> Settings:
    """Settings that keep every rule. Relative paths become absolute, from the file's directory. Raises ConfigError."""
    base = path.absolute().parent
    top = read_document(path)
    reader = Reader(Interpolation(environ=environ, base=base))
    place = Place(file=str(path), line=line_of(top))
    settings = _anchored(cast(Settings, reader.value(struct_type(Settings), top, place)), base)
    for key, message in complaints(settings):
        raise _place(key, place, reader.places).error(message)
    return settings


def with_listen(settings: Settings, listen: str) -> Settings:
    """The same settings on another address, under the same rules. Raises ConfigError."""
    changed = replace(settings, listen=listen)
    for key, message in complaints(changed):
        raise ConfigError(f"--listen: {message}" if key == "listen" else f"{key}: {message}")
    return changed


def _anchored(settings: Settings, base: Path) -> Settings:
    backends = tuple(
        replace(one, ca_file=str(base / one.ca_file)) if one.ca_file is not None else one for one in settings.backends
    )
    return replace(
        settings,
        backends=backends,
        policies=_anchored_policies(settings, base),
        policy=_anchored_policy(settings.policy, base),
        opa=_anchored_opa(settings.opa, base),
        models=str(base / settings.models if settings.models else bundled_models()),
        inference=_anchored_inference(settings.inference, base),
        identity=_anchored_identity(settings.identity, base),
        approval=_anchored_approval(settings.approval, base),
        recognizers=replace(settings.recognizers, files=tuple(str(base / file) for file in settings.recognizers.files)),
        secrets=replace(settings.secrets, gitleaks=tuple(str(base / file) for file in settings.secrets.gitleaks)),
        pattern_cache=str(base / settings.pattern_cache) if settings.pattern_cache else settings.pattern_cache,
        ledger=_anchored_ledger(settings.ledger, base),
        tokenizers=tuple(replace(row, file=str(base / row.file)) for row in settings.tokenizers),
        prices=str(base / settings.prices) if settings.prices else "",
        decisions=_anchored_decisions(settings.decisions, base),
        counters=_anchored_counters(settings.counters, base),
        budget_webhook=settings.budget_webhook and _anchored_webhook(settings.budget_webhook, base),
        usage_events=settings.usage_events and _anchored_events(settings.usage_events, base),
        energy=_anchored_energy(settings.energy, base),
    )


def _anchored_policies(settings: Settings, base: Path) -> str:
    """Where policies lie; nowhere if they come from elsewhere, unless the file says so, which a rule then refuses."""
    if (settings.opa is not None or settings.policy.source) and not settings.policies:
        return ""
    return _located(settings.policies or "policies", base)


def _anchored_policy(policy: PolicySettings, base: Path) -> PolicySettings:
    def at(path: str | None) -> str | None:
        return None if path is None else str(base / path)

    verify, candidate = policy.verify, policy.candidate
    return replace(
        policy,
        candidate=candidate
        and replace(candidate, source=_located(candidate.source, base), ca_file=at(candidate.ca_file)),
        source=_located(policy.source, base) if policy.source else "",
        ca_file=at(policy.ca_file),
        persist=at(policy.persist),
        verify=verify and replace(verify, key_file=at(verify.key_file)),
    )


def _located(source: str, base: Path) -> str:
    return source if is_address(source) else str(base / source)


def _anchored_opa(opa: OpaSettings | None, base: Path) -> OpaSettings | None:
    if opa is None or opa.ca_file is None:
        return opa
    return replace(opa, ca_file=str(base / opa.ca_file))


def _anchored_inference(inference: InferenceSettings, base: Path) -> InferenceSettings:
    server = inference.server
    if server is None or server.ca_file is None:
        return inference
    return replace(inference, server=replace(server, ca_file=str(base / server.ca_file)))


def _anchored_identity(identity: IdentitySettings, base: Path) -> IdentitySettings:
    def at(path: str | None) -> str | None:
        return None if path is None else str(base / path)

    jwt = tuple(
        replace(one, jwks_file=at(one.jwks_file), key_file=at(one.key_file), ca_file=at(one.ca_file))
        for one in identity.jwt
    )
    return replace(identity, key_store=at(identity.key_store), jwt=jwt)


def _anchored_approval(approval: ApprovalSettings, base: Path) -> ApprovalSettings:
    return replace(approval, webhook=approval.webhook and _anchored_webhook(approval.webhook, base))


def _anchored_webhook(webhook: WebhookSettings, base: Path) -> WebhookSettings:
    return webhook if webhook.ca_file is None else replace(webhook, ca_file=str(base / webhook.ca_file))


def _anchored_events(events: UsageEventSettings, base: Path) -> UsageEventSettings:
    return events if events.ca_file is None else replace(events, ca_file=str(base / events.ca_file))


def _anchored_ledger(ledger: str | LedgerSettings, base: Path) -> str | LedgerSettings:
    if isinstance(ledger, str):
        return anchor(ledger, base)
    journal = None if ledger.journal is None else str(base / ledger.journal)
    return replace(ledger, url=anchor(ledger.url, base), journal=journal)


def _anchored_counters(counters: CounterSettings, base: Path) -> CounterSettings:
    if counters.ca_file is None:
        return counters
    return replace(counters, ca_file=str(base / counters.ca_file))


def _anchored_decisions(decisions: DecisionSettings, base: Path) -> DecisionSettings:
    def at(path: str | None) -> str | None:
        return None if path is None else str(base / path)

    log = tuple(replace(place, path=at(place.path), ca_file=at(place.ca_file)) for place in decisions.log)
    record = decisions.record
    return replace(decisions, log=log, record=record and replace(record, path=str(base / record.path)))


def _anchored_energy(energy: EnergySettings, base: Path) -> EnergySettings:
    pools = tuple(replace(pool, weights=str(base / pool.weights)) if pool.weights else pool for pool in energy.pools)
    ca_file = None if energy.ca_file is None else str(base / energy.ca_file)
    return replace(energy, pools=pools, path=str(base / energy.path), ca_file=ca_file)


def _place(path: str, top: Place, places: Mapping[str, Place]) -> Place:
    """Where a key stands; a key that was left to its default has no line of its own."""
    return places.get(path) or Place(file=top.file, line=0, path=path)
