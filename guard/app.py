"""The composition root: reads Settings, builds every part, wires them. The one file that knows them all."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from litestar import Litestar

from guard.config import BackendSettings, Settings
from guard.core.facts import Identity
from guard.dialects import openai
from guard.dialects.openai_reader import Limits
from guard.ingress.error import HANDLERS
from guard.ingress.health import health_routes
from guard.ingress.openai import Door, models_route, routes
from guard.metering.ledger import SqliteLedger
from guard.pii.table import PATTERNS as PII_PATTERNS
from guard.policy.embedded import EmbeddedPolicy
from guard.runtime.admission import Admission, Key
from guard.runtime.catalogue import Catalogue
from guard.runtime.pump import Parts
from guard.runtime.telemetry import configure_logging
from guard.runtime.trial import CheckedFinding, CheckReport, check
from guard.scan.engine import PatternEngine
from guard.security.table import PATTERNS as SECURITY_PATTERNS
from guard.upstream.backend import BackendAddress
from guard.upstream.client import connect, disconnect
from guard.upstream.route import Router

__all__ = ["CheckReport", "CheckedFinding", "build_app", "build_engine", "check_text"]


def build_app(settings: Settings) -> Litestar:
    """The ASGI application. Opens nothing but files; the ledger starts and stops with the application's lifespan."""
    configure_logging(settings.log.level, settings.log.format)
    limits = Limits(settings.limits.event_bytes, settings.limits.answer_bytes, settings.limits.json_depth)
    policy, engine = EmbeddedPolicy(Path(settings.policies)), build_engine()
    backends = connect([(_address(backend), backend.ca_file) for backend in settings.backends])
    engine.prepare()
    ledger = SqliteLedger(settings.ledger, flush_ms=settings.ledger_flush_ms)
    parts = Parts(engine, policy, Router(backends), ledger, settings.stream.lull_ms / 1000)
    door = Door(Admission(_keys(settings), settings.limits.exchanges), settings.limits.body_bytes)
    chat, embeddings = openai.chat(limits), openai.embeddings(limits)
    paths = (
        ("/v1/chat/completions", chat),
        ("/v1/completions", openai.completions(limits)),
        ("/v1/embeddings", embeddings),
    )

    @asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncIterator[None]:
        ledger.start()
        try:
            yield
        finally:
            await disconnect(backends)
            ledger.stop()

    return Litestar(
        route_handlers=[
            *routes(paths, door, parts),
            models_route(embeddings, door, Catalogue(backends, embeddings, engine)),
            *health_routes(_problems(ledger)),
        ],
        exception_handlers=HANDLERS,
        lifespan=[lifespan],
        openapi_config=None,
        logging_config=None,
        debug=False,
    )


def build_engine() -> PatternEngine:
    """The pattern engine with every detector there is."""
    return PatternEngine((*PII_PATTERNS, *SECURITY_PATTERNS), version="1")


def check_text(settings: Settings, text: str) -> CheckReport:
    """What the configured policy makes of a text, as if it were a user's prompt."""
    return check(text, build_engine(), EmbeddedPolicy(Path(settings.policies)))


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
    )


def _problems(ledger: SqliteLedger) -> Callable[[], tuple[str, ...]]:
    return lambda: () if ledger.healthy() else ("ledger",)
