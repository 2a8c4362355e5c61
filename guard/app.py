"""The composition root: reads Settings, builds every part, wires them. The one file that knows them all."""

import secrets
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path

import msgspec
from litestar import Litestar
from litestar.datastructures import State
from litestar.handlers import ASGIRouteHandler
from ulid import ULID

from guard import __version__
from guard.audit.audit import Audit
from guard.audit.event import EventWriter
from guard.audit.file import RotatingFile
from guard.audit.http import HttpLog
from guard.audit.keeper import RecordKeeper, RecordOptions
from guard.audit.log import DecisionLog, LogPlace
from guard.audit.mask import Mask
from guard.audit.stdout import write_stdout
from guard.config import (
    BackendSettings,
    InferenceServer,
    InferenceSettings,
    LogPlaceSettings,
    RecognizerSettings,
    Secret,
    SecretSettings,
    Settings,
    VerifySettings,
    is_address,
    load_prices,
)
from guard.core.facts import Identity
from guard.core.taxonomy import GROUP_OF
from guard.dialects import openai
from guard.dialects.mark import Marks
from guard.dialects.openai_reader import Limits
from guard.errors import ConfigError
from guard.inference.device import Device
from guard.inference.language import Languages
from guard.inference.remote_wire import Remote
from guard.inference.schedule import Limits as BatchLimits
from guard.inference.stepper import StepLimits
from guard.ingress.admin import approval_routes, policy_routes
from guard.ingress.decisions import decision_routes
from guard.ingress.error import HANDLERS
from guard.ingress.figures import figures_route
from guard.ingress.health import health_routes
from guard.ingress.openai import Door, models_route, routes
from guard.ingress.openapi import openapi_route
from guard.ingress.service import UNSAFE, check_route, moderation_route
from guard.metering.ledger import SqliteLedger
from guard.metering.price.rating import BookRater
from guard.pii.names.service import OFF as NAMES_OFF
from guard.pii.names.service import NameOptions, Names, open_names
from guard.pii.pseudonym.form import patterns as placeholder_patterns
from guard.pii.pseudonym.keyring import Keyring, Scope
from guard.pii.pseudonym.label import labels_of
from guard.pii.pseudonym.vault import Vaults
from guard.pii.table import NAMED
from guard.pii.table import PATTERNS as PII_PATTERNS
from guard.policy.breaker import Breaker
from guard.policy.bundle.feed import Feed, LocalFeed
from guard.policy.bundle.keeping import Kept
from guard.policy.bundle.key import VerificationKey
from guard.policy.bundle.server import BundleAddress, ServerFeed
from guard.policy.bundle.signature import Verifier
from guard.policy.generation import Rules
from guard.policy.live import LivePolicies
from guard.policy.opa_client import OpaClient, OpaOptions
from guard.policy.recorded import RecordedPolicies
from guard.policy.rollout import Candidate
from guard.policy.server import OpaPolicy
from guard.policy.serving import FixedPolicies
from guard.policy.shadow import Shadow
from guard.policy.shadow_tally import ShadowTally
from guard.ports import DeferredEngine, Policies, ServedPolicies
from guard.runtime.administration import Administration
from guard.runtime.admission import Admission, Key
from guard.runtime.approval import ApprovalLimits, ApprovalRoom
from guard.runtime.catalogue import Catalogue
from guard.runtime.conversation import Conversations
from guard.runtime.inspection import Engines
from guard.runtime.model_figures import ModelGauge
from guard.runtime.parts import LeakRule, Parts
from guard.runtime.telemetry import announce, configure_logging, leave_out, refuse_candidate, watch_loop
from guard.runtime.trial import CheckedFinding, CheckReport, Trial, TrialText
from guard.scan.engine import PatternEngine
from guard.scan.pattern import Pattern
from guard.security.classifiers import ClassifierOptions, Classifiers, Observe
from guard.security.gitleaks.file import Loaded, read_gitleaks
from guard.security.prompt_rule import FloodEngine, leak_rule
from guard.security.table import PATTERNS as SECURITY_PATTERNS
from guard.upstream.backend import BackendAddress, HttpBackend
from guard.upstream.client import connect, disconnect, open_transport
from guard.upstream.route import Router
from guard.upstream.webhook import Webhook, WebhookAddress
from guard.upstream.webhook_message import signing_key

__all__ = ["CheckReport", "CheckedFinding", "build_app", "build_engine", "check_text", "gitleaks_files", "recognized"]


def build_app(settings: Settings) -> Litestar:
    """The ASGI application. Opens nothing but files; the ledger and the models start and stop with its lifespan."""
    configure_logging(settings.log.level, settings.log.format)
    gauge = ModelGauge()
    opa, pattern = build_opa(settings), build_engine(settings.recognizers, settings.secrets)
    policies, candidate = build_policies(settings, opa), build_candidate(settings)
    serving: Policies = policies if candidate is None else candidate.beside(policies)
    classifiers = build_classifiers(settings, gauge.observe)
    names = build_names(settings, gauge.observe)
    backends = connect([(_address(backend), backend.ca_file) for backend in settings.backends])
    pattern.prepare()
    ledger, audit = SqliteLedger(settings.ledger, flush_ms=settings.ledger_flush_ms), build_audit(settings)
    room, webhook = _approvals(settings)
    parts = Parts(
        engines=Engines((pattern,), _deferred(classifiers, names)),
        prompt_rules=(FloodEngine(),),
        classifier=classifiers.text if classifiers is not None else None,
        leak=_leak_rule(settings),
        vaults=_vaults(settings),
        policies=serving if audit.decisions is None else RecordedPolicies(serving, audit.decisions),
        router=Router(backends),
        ledger=audit.ledger(ledger),
        record=audit.exchanges,
        rater=BookRater(load_prices(Path(settings.prices))) if settings.prices else None,
        unpriced=settings.unpriced == "allow",
        lull_s=settings.stream.lull_ms / 1000,
        conversations=Conversations(),
        language=Languages().of,
        names=names.text if names is not None else None,
        approvals=room,
    )
    door = Door(Admission(_keys(settings), settings.limits.exchanges), settings.limits.body_bytes)
    administration = _administration(settings, parts.policies)
    compared = candidate.shadow.figures if candidate is not None else None
    services = (classifiers, names)
    return Litestar(
        route_handlers=[
            *_api(settings, door, parts, pattern, backends),
            moderation_route(door, parts.classifier, _unsafe_threshold(classifiers)),
            figures_route(door, gauge),
            *approval_routes(administration, room, webhook.figures if webhook is not None else None),
            *policy_routes(administration, policies, opa.figures if opa is not None else None),
            *decision_routes(administration, audit.figures, compared),
            openapi_route(),
            *health_routes(_problems(ledger, opa), policies.status),
        ],
        exception_handlers=HANDLERS,
        lifespan=[_lifespan(ledger, audit, backends, services, gauge, (room, webhook), (policies, opa, candidate))],
        state=State({"leaving": room.close}),
        openapi_config=None,
        logging_config=None,
        debug=False,
    )


def _api(
    settings: Settings, door: Door, parts: Parts, pattern: PatternEngine, backends: Sequence[HttpBackend]
) -> list[ASGIRouteHandler]:
    """What serves exchanges, the list of models, and checks without a backend."""
    limits = Limits(settings.limits.event_bytes, settings.limits.answer_bytes, settings.limits.json_depth)
    marks = Marks(pattern.types)
    embeddings = openai.embeddings(limits, marks)
    paths = (
        ("/v1/chat/completions", openai.chat(limits, marks)),
        ("/v1/completions", openai.completions(limits, marks)),
        ("/v1/embeddings", embeddings),
    )
    trial = Trial((pattern, *parts.prompt_rules), parts.classifier, parts.policies, parts.vaults, parts.names)
    return [
        *routes(paths, door, parts),
        models_route(embeddings, door, Catalogue(backends, embeddings, pattern)),
        check_route(door, trial),
    ]


def _administration(settings: Settings, policies: Policies) -> Administration:
    """Who may do what to Guard itself."""
    keys = tuple(Key(key.sha256, Identity(tenant="", key=key.name, tier="")) for key in settings.admin.keys)
    return Administration(keys, policies)


def _approvals(settings: Settings) -> tuple[ApprovalRoom, Webhook | None]:
    """Where what needs approval waits, and who is told of it. Raises ConfigError."""
    chosen = settings.approval
    limits = ApprovalLimits(chosen.waiting, chosen.timeout_s, attended=bool(settings.admin.keys))
    if chosen.webhook is None:
        return ApprovalRoom(limits, lambda _event: None), None
    address = WebhookAddress(
        url=chosen.webhook.url.reveal(),
        key=signing_key(chosen.webhook.secret.reveal()),
        source=f"//{socket.gethostname()}/guard",
        timeout_s=chosen.webhook.timeout_s,
    )
    webhook = Webhook(address, open_transport(chosen.webhook.ca_file))
    return ApprovalRoom(limits, webhook.tell), webhook


def _lifespan(
    ledger: SqliteLedger,
    audit: Audit,
    backends: Sequence[HttpBackend],
    services: tuple[Classifiers | None, Names | None],
    gauge: ModelGauge,
    approvals: tuple[ApprovalRoom, Webhook | None],
    deciding: tuple[ServedPolicies, OpaPolicy | None, Candidate | None],
) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    """What starts with the application and stops behind it. Whatever fails to start or stop, the ledger is closed."""

    @asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncIterator[None]:
        watch_loop()
        async with AsyncExitStack() as stack:
            ledger.start()
            stack.callback(ledger.stop)
            stack.callback(audit.stop)
            audit.start()
            for service in services:
                if service is None:
                    continue
                stack.push_async_callback(service.stop)
                service.start()
                announce(service.statements)
                gauge.announce(service.statements)
            if services[1] is None:
                announce((NAMES_OFF,))
            stack.push_async_callback(disconnect, backends)
            policies, opa, candidate = deciding
            if opa is not None:
                stack.push_async_callback(opa.close)
            if isinstance(policies, LivePolicies):
                stack.push_async_callback(policies.stop)
                policies.start()
            if candidate is not None:
                stack.push_async_callback(candidate.stop)
                candidate.start()
            room, webhook = approvals
            if webhook is not None:
                await stack.enter_async_context(webhook.running())
            stack.callback(room.close)
            yield

    return lifespan


def build_engine(recognizers: RecognizerSettings | None = None, secrets: SecretSettings | None = None) -> PatternEngine:
    """The pattern engine with every detector of Guard's, and with the recognizers and rules that are asked for."""
    own = tuple(pattern for file in gitleaks_files(secrets) for pattern in file.patterns)
    values = (*PII_PATTERNS, *NAMED, *SECURITY_PATTERNS, *own, *recognized(recognizers))
    labels = labels_of((*GROUP_OF, *(pattern.type for pattern in values)))
    return PatternEngine((*values, *placeholder_patterns(labels)), version="1")


def gitleaks_files(chosen: SecretSettings | None) -> Sequence[Loaded]:
    """The rules of the files in gitleaks' format, and what of each is left out. Raises ConfigError."""
    files = tuple(read_gitleaks(Path(file)) for file in (chosen.gitleaks if chosen is not None else ()))
    leave_out(tuple(statement for file in files for statement in file.left_out))
    return files


def recognized(chosen: RecognizerSettings | None) -> Sequence[Pattern]:
    """The patterns of recognizers that are asked for. Raises ConfigError.

    Presidio is imported for them alone: that takes a second and 80 MiB.
    """
    if chosen is None or not (chosen.presidio or chosen.countries or chosen.files or chosen.plugins):
        return ()
    from guard.pii.presidio.choice import Choice, chosen_patterns

    return chosen_patterns(
        Choice(chosen.presidio, chosen.countries, chosen.without, chosen.files, chosen.plugins, chosen.threshold)
    )


def build_policies(settings: Settings, opa: OpaPolicy | None = None) -> ServedPolicies:
    """What decides: OPA, if there is one, or policies that are not followed yet. Raises ConfigError with the cure."""
    if opa is not None and settings.opa is not None:
        return FixedPolicies(opa, settings.opa.url)
    chosen = settings.policy
    place = _BundlePlace(settings.policy_source, chosen.token, chosen.ca_file, chosen.persist)
    return _followed(settings, place)


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


def _verification(chosen: VerifySettings) -> VerificationKey:
    try:
        material = chosen.secret.reveal().encode() if chosen.secret is not None else _bytes_of(chosen.key_file)
    except OSError:
        raise ConfigError("policy.verify.key_file can't be read: check its permissions") from None
    return VerificationKey(material=material, algorithm=chosen.algorithm, key_id=chosen.key_id, scope=chosen.scope)


def _bytes_of(file: str | None) -> bytes:
    return b"" if file is None else Path(file).read_bytes()


def build_opa(settings: Settings) -> OpaPolicy | None:
    """The OPA server that decides, not connected yet; None if policies here do. Raises ConfigError."""
    chosen = settings.opa
    if chosen is None:
        return None
    token = chosen.token.reveal() if chosen.token is not None else None
    options = OpaOptions(chosen.url, chosen.path, token, chosen.ca_file, chosen.timeout_ms / 1000)
    return OpaPolicy(OpaClient(options), Breaker())


def build_audit(settings: Settings) -> Audit:
    """The decision log and the record, as far as they are configured; not started. Raises ConfigError."""
    chosen, record = settings.decisions, settings.decisions.record
    places = [_log_place(place) for place in chosen.log]
    events = EventWriter(str(ULID()), __version__, [Mask(pointer) for pointer in chosen.mask])
    keeper = None
    if record is not None:
        secret = record.key.reveal() if record.text and record.key is not None else None
        keeper = RecordKeeper(RecordOptions(Path(record.path), record.keep_days, secret))
    return Audit(DecisionLog(places, events) if places else None, keeper)


def _log_place(place: LogPlaceSettings) -> LogPlace:
    if place.kind == "http":
        token = place.token.reveal() if place.token is not None else None
        service = HttpLog(place.url or "", token, place.ca_file)
        return LogPlace(place.url or "", service.write, service.close)
    if place.kind == "file":
        path = place.path or ""
        return LogPlace(path, RotatingFile(Path(path), place.bytes, place.files).write)
    return LogPlace("stdout", write_stdout)


def build_classifiers(settings: Settings, observe: Observe | None = None) -> Classifiers | None:
    """The models that the configuration asks for, opened and not started; None if it asks for none.

    `observe` is told what each run was like.
    """
    chosen = settings.inference
    if not chosen.classifiers:
        return None
    options = ClassifierOptions(
        directory=Path(settings.models),
        names=chosen.classifiers,
        trusted_roles=chosen.trusted_roles,
        patience_s=chosen.verdict_s,
        device=Device(chosen.device, chosen.threads),
        batch=BatchLimits(windows=chosen.batch_windows, queue=chosen.queue_windows),
        lanes=_lanes(chosen),
        step=StepLimits(streams=chosen.streams, pause_s=chosen.step_ms / 1000, patience_s=chosen.verdict_s),
        remote=_remote(chosen.server),
    )
    return Classifiers(options, observe or (lambda _model, _report: None))


def _lanes(chosen: InferenceSettings) -> int:
    if chosen.lanes > 1 and (chosen.device != "cpu" or chosen.server is not None):
        raise ConfigError(
            "inference.lanes: more than 1 is for the CPU; set inference.device: cpu and no inference.server"
        )
    return chosen.lanes


def build_names(settings: Settings, observe: Observe | None = None) -> Names | None:
    """The engine that reads names, opened and not started; None if the configuration or the models have none."""
    chosen = settings.inference
    if chosen.names is False or (chosen.names is None and not chosen.classifiers):
        return None
    options = NameOptions(
        directory=Path(settings.models),
        patience_s=chosen.verdict_s,
        device=Device(chosen.device, chosen.threads),
        batch=BatchLimits(windows=chosen.batch_windows, queue=chosen.queue_windows),
        left_words=chosen.names_left_words,
        right_words=chosen.names_right_words,
        remote=_remote(chosen.server),
    )
    return open_names(options, required=chosen.names is True, observe=observe or (lambda _model, _report: None))


async def check_text(settings: Settings, text: str) -> CheckReport:
    """What the configured policy makes of a text, as if it were a user's prompt."""
    opa = build_opa(settings)
    policies, engines = (
        build_policies(settings, opa),
        (build_engine(settings.recognizers, settings.secrets), FloodEngine()),
    )
    classifiers, names = build_classifiers(settings), build_names(settings)
    async with AsyncExitStack() as stack:
        if opa is not None:
            stack.push_async_callback(opa.close)
        for service in (classifiers, names):
            if service is not None:
                stack.push_async_callback(service.stop)
                service.start()
        read, named = classifiers.text if classifiers else None, names.text if names else None
        return (await Trial(engines, read, policies, _vaults(settings), named).check([TrialText(text)]))[0]


def _deferred(classifiers: Classifiers | None, names: Names | None) -> tuple[DeferredEngine, ...]:
    return tuple(service.answers for service in (classifiers, names) if service is not None)


def _unsafe_threshold(classifiers: Classifiers | None) -> float:
    return 1.0 if classifiers is None else classifiers.thresholds.get(UNSAFE, 1.0)


def _remote(server: InferenceServer | None) -> Remote | None:
    if server is None:
        return None
    token = server.token.reveal() if server.token is not None else None
    return Remote(server.url, server.timeout_s, token, server.ca_file)


def _leak_rule(settings: Settings) -> LeakRule:
    try:
        return leak_rule(tuple(canary.reveal() for canary in settings.canaries))
    except ValueError as error:
        raise ConfigError(f"canaries: {error}; write other ones") from None


def _vaults(settings: Settings) -> Vaults:
    chosen = settings.pseudonyms
    secret = secrets.token_bytes(32) if chosen.secret is None else chosen.secret.reveal().encode()
    try:
        return Vaults(Keyring(secret, Scope(chosen.scope)))
    except ValueError as error:
        raise ConfigError(f"pseudonyms.secret: {error}; generate a longer one, for example 64 random digits") from None


def _keys(settings: Settings) -> tuple[Key, ...]:
    return tuple(Key(key.sha256, Identity(tenant=key.tenant, key=key.name, tier=key.tier)) for key in settings.keys)


def _address(backend: BackendSettings) -> BackendAddress:
    return BackendAddress(
        name=backend.name,
        base_url=backend.base_url,
        models=backend.models,
        connect_s=backend.timeouts.connect_s,
        first_byte_s=backend.timeouts.first_byte_s,
        whole_s=backend.timeouts.whole_s,
        idle_s=backend.timeouts.idle_s,
        api_key=backend.api_key.reveal() if backend.api_key is not None else None,
        modalities=backend.modalities,
        kind=backend.kind,
    )


def _problems(ledger: SqliteLedger, opa: OpaPolicy | None) -> Callable[[], tuple[str, ...]]:
    """What does not work now: the ledger, or the policy server, while it is being left alone."""

    def found() -> tuple[str, ...]:
        parts = {"ledger": ledger.healthy(), "policy": opa is None or opa.healthy()}
        return tuple(name for name, healthy in parts.items() if not healthy)

    return found
