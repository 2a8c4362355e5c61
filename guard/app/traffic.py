"""Builds what serves: backends, and the routes of each API."""

from collections.abc import Sequence

from litestar.handlers import ASGIRouteHandler

from guard.config import (
    BackendSettings,
    Settings,
)
from guard.dialects import openai
from guard.dialects.mark import Marks
from guard.dialects.openai_reader import Limits
from guard.ingress.openai import Door, models_route, routes
from guard.ingress.service import check_route
from guard.metering.counter.memory import MemoryCounters
from guard.metering.counter.share import SharedCounters
from guard.metering.ledger.ledger import SqlLedger
from guard.policy.server import OpaPolicy
from guard.runtime.catalogue import Catalogue
from guard.runtime.inquiry import Inquiries
from guard.runtime.parts import Parts
from guard.runtime.trial import Trial
from guard.scan.engine import PatternEngine
from guard.upstream.backend import BackendAddress, HttpBackend


def build_api(
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
        models_route(embeddings, door, Catalogue(backends, embeddings, pattern), parts.tiers),
        check_route(door, trial, build_inquiries(parts)),
    ]


def build_inquiries(parts: Parts) -> Inquiries:
    """What lets checks in, and accounts for them."""
    return Inquiries(parts.ledger, parts.rater, parts.tiers, parts.counters)


def backend_address(backend: BackendSettings) -> BackendAddress:
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


def problems(ledger: SqlLedger, opa: OpaPolicy | None, counters: MemoryCounters | SharedCounters) -> tuple[str, ...]:
    """What does not work now: the ledger, the policy server while it is being left alone, or the limits' store."""
    parts = {"ledger": ledger.healthy(), "policy": opa is None or opa.healthy(), "counters": counters.healthy()}
    return tuple(name for name, healthy in parts.items() if not healthy)
