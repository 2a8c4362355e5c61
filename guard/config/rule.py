"""What a configuration must keep beyond its types. Each rule yields (key, message); the first one is refused.

Add a rule: one function and one line in `RULES`. A message names the cure and never quotes a value that may be secret.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from guard.config.address import parse_address
from guard.config.form import NAME, NAME_CURE, SHA256, Complaint, url_cure
from guard.config.rule_approval import admin_rule, webhook_rule
from guard.config.rule_budget import budgets_rule
from guard.config.rule_decisions import decisions_rule
from guard.config.rule_energy import energy_rule
from guard.config.rule_identity import identity_rule
from guard.config.rule_metrics import metrics_rule
from guard.config.rule_opa import opa_rule
from guard.config.rule_policy import policy_rule
from guard.config.rule_tier import counters_rule, places_rule, tiers_rule
from guard.config.rule_tokenizer import tokenizers_rule
from guard.config.rule_usage_events import usage_events_rule
from guard.config.settings import BackendSettings, Settings
from guard.metering.ledger.chain import Signer
from guard.metering.location import parse_location


def _listen(settings: Settings) -> Iterator[Complaint]:
    try:
        address = parse_address(settings.listen)
    except ValueError as error:
        yield "listen", str(error)
        return
    if settings.asks and settings.open:
        yield "open", f"contradicts {'keys' if settings.keys else 'identity'}: remove that, or set it to false"
    if not (settings.asks or settings.open or address.is_loopback):
        yield (
            "listen",
            (
                "is reachable from other machines, and no key is asked for: add keys (guard key new), "
                "listen on 127.0.0.1, or set open: true"
            ),
        )


def _backends(settings: Settings) -> Iterator[Complaint]:
    if not settings.backends:
        yield "backends", "is empty; name at least one"
    seen: set[str] = set()
    for index, backend in enumerate(settings.backends):
        path = f"backends[{index}]"
        if not NAME.fullmatch(backend.name):
            yield f"{path}.name", NAME_CURE
        if backend.name in seen:
            yield f"{path}.name", "names a backend that stands above; give each its own name"
        seen.add(backend.name)
        yield from _backend(path, backend)


def _backend(path: str, backend: BackendSettings) -> Iterator[Complaint]:
    cure = url_cure(backend.base_url)
    if cure:
        yield f"{path}.base_url", cure
    key = backend.api_key.reveal() if backend.api_key else "x"
    if not (key.isascii() and key.isprintable()) or " " in key:
        yield f"{path}.api_key", "must be printable ASCII without spaces, for it travels in a header"
    if backend.ca_file is not None and not Path(backend.ca_file).is_file():
        yield f"{path}.ca_file", "is not a file; name a PEM file of certificates"


def _keys(settings: Settings) -> Iterator[Complaint]:
    names: set[str] = set()
    digests: set[str] = set()
    for index, key in enumerate(settings.keys):
        path = f"keys[{index}]"
        for field, value in (("name", key.name), ("tenant", key.tenant), ("tier", key.tier)):
            if not NAME.fullmatch(value):
                yield f"{path}.{field}", NAME_CURE
        if not SHA256.fullmatch(key.sha256):
            yield f"{path}.sha256", "must be 64 lower-case hex digits, in quotes; guard key new prints one"
        if key.name in names:
            yield f"{path}.name", "names a key that stands above; give each its own name"
        if key.sha256 in digests:
            yield f"{path}.sha256", "is the digest of a key that stands above; give each client its own key"
        names.add(key.name)
        digests.add(key.sha256)


def _ledger(settings: Settings) -> Iterator[Complaint]:
    ledger = settings.ledger_section
    at = "ledger" if isinstance(settings.ledger, str) else "ledger.url"
    try:
        server = parse_location(ledger.url).server
    except ValueError as error:
        yield at, str(error)
        return
    if server and ledger.journal is None:
        yield at, "is on a server, so ledger.journal must name a directory on a local disk for what it has not got yet"
    if ledger.password is not None and not server:
        yield "ledger.password", "is for postgresql:// alone; remove it"
    if ledger.signing_key is not None:
        try:
            Signer(ledger.signing_key.reveal())
        except ValueError as error:
            yield "ledger.signing_key", str(error)


def _models(settings: Settings) -> Iterator[Complaint]:
    if settings.inference.classifiers and not (Path(settings.models) / "manifest.yaml").is_file():
        yield "models", f"must be a directory with a manifest.yaml, and {settings.models} is none; correct it"


def _recognizers(settings: Settings) -> Iterator[Complaint]:
    for index, file in enumerate(settings.recognizers.files):
        if not Path(file).is_file():
            yield f"recognizers.files[{index}]", f"must be a YAML file of recognizers, and {file} is none; correct it"


def _gitleaks(settings: Settings) -> Iterator[Complaint]:
    for index, file in enumerate(settings.secrets.gitleaks):
        if not Path(file).is_file():
            yield (
                f"secrets.gitleaks[{index}]",
                f"must be a TOML file of gitleaks' rules, and {file} is none; correct it",
            )


RULES: Final[tuple[Callable[[Settings], Iterator[Complaint]], ...]] = (
    _backends,
    _keys,
    _listen,
    policy_rule,
    _models,
    _recognizers,
    _gitleaks,
    _ledger,
    opa_rule,
    webhook_rule,
    admin_rule,
    identity_rule,
    decisions_rule,
    tiers_rule,
    counters_rule,
    budgets_rule,
    places_rule,
    energy_rule,
    metrics_rule,
    usage_events_rule,
    tokenizers_rule,
)


def complaints(settings: Settings) -> Iterator[Complaint]:
    """Everything that is wrong, in the order of `RULES`."""
    for rule in RULES:
        yield from rule(settings)
