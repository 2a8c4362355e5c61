"""Builds the application of its parts and wires them."""

from collections.abc import Sequence

from litestar import Litestar
from litestar.datastructures import State
from litestar.types import ControllerRouterHandler

from guard.app.audit import build_administration
from guard.app.detection import build_leak_rule, build_vaults
from guard.app.lifespan import lifespan_of
from guard.app.machinery import Machinery, build_machinery
from guard.app.metrics import build_exposition, running_listener, token_of
from guard.app.models import deferred, unsafe_threshold
from guard.app.tiers import build_tiers, build_turnstile, prioritised
from guard.app.traffic import build_api, build_inquiries
from guard.config import Settings
from guard.inference.language import Languages
from guard.ingress.admin import approval_routes, policy_routes
from guard.ingress.decisions import decision_routes
from guard.ingress.energy import energy_routes
from guard.ingress.error import HANDLERS
from guard.ingress.figures import figures_route
from guard.ingress.health import health_routes
from guard.ingress.keys import key_routes
from guard.ingress.metrics import Page, metrics_route
from guard.ingress.openai import Door
from guard.ingress.openapi import openapi_route
from guard.ingress.service import moderation_route
from guard.ingress.usage import usage_admin_routes, usage_route
from guard.policy.recorded import RecordedPolicies
from guard.runtime.budgeting import NO_BUDGETS
from guard.runtime.conversation import Conversations
from guard.runtime.inspection import Engines
from guard.runtime.parts import Parts
from guard.runtime.telemetry import configure_logging
from guard.security.prompt_rule import FloodEngine
from guard.upstream.route import Router


def build_app(settings: Settings) -> Litestar:
    """The ASGI application. Opens nothing but files; the ledger and the models start and stop with its lifespan."""
    configure_logging(settings.log.level, settings.log.format)
    machinery = build_machinery(settings)
    parts = _parts(settings, machinery)
    exposition = build_exposition(settings, machinery, parts)
    return Litestar(
        route_handlers=[
            *_client_routes(settings, machinery, parts, exposition.page),
            *_admin_routes(settings, machinery, parts),
        ],
        exception_handlers=HANDLERS,
        lifespan=[
            lambda _app: machinery.identities.running(),
            lifespan_of(settings, machinery),
            lambda _app: running_listener(settings, exposition.page),
        ],
        state=State({"leaving": machinery.room.close}),
        openapi_config=None,
        logging_config=None,
        debug=False,
    )


def _parts(settings: Settings, built: Machinery) -> Parts:
    """What every exchange works with."""
    deciding, told = built.deciding, built.audit.decisions
    return Parts(
        engines=Engines((built.pattern,), deferred(built.classifiers, built.names)),
        prompt_rules=(FloodEngine(),),
        classifier=built.classifiers.text if built.classifiers is not None else None,
        leak=build_leak_rule(settings),
        vaults=build_vaults(settings),
        policies=deciding if told is None else RecordedPolicies(deciding, told),
        router=Router(built.backends),
        ledger=built.told,
        record=built.audit.exchanges,
        timed=built.stages.observe,
        budgets=built.budgets or NO_BUDGETS,
        rater=built.rater,
        tokenizers=built.tokenizers,
        energy=built.energy[0] if built.energy is not None else None,
        tiers=build_tiers(settings),
        counters=built.counters,
        turnstile=build_turnstile(settings),
        prioritised=prioritised(settings),
        unpriced=settings.unpriced == "allow",
        lull_s=settings.stream.lull_ms / 1000,
        conversations=Conversations(),
        language=Languages().of,
        names=built.names.text if built.names is not None else None,
        approvals=built.room,
    )


def _client_routes(
    settings: Settings, built: Machinery, parts: Parts, metrics: Page
) -> Sequence[ControllerRouterHandler]:
    """What clients and probes ask for."""
    door = Door(built.identities.admission, settings.limits.body_bytes)
    return (
        *build_api(settings, door, parts, built.pattern, built.backends),
        moderation_route(door, parts.classifier, unsafe_threshold(built.classifiers), build_inquiries(parts)),
        figures_route(door, built.gauge),
        usage_route(door, built.reports.ask if built.reports is not None else None),
        openapi_route(),
        metrics_route(door, token_of(settings), metrics),
        *health_routes(built.problems, built.policies.status),
    )


def _admin_routes(settings: Settings, built: Machinery, parts: Parts) -> Sequence[ControllerRouterHandler]:
    """What administrators ask for."""
    administration = build_administration(settings, parts.policies)
    webhook, opa, candidate, energy = built.webhook, built.opa, built.candidate, built.energy
    return (
        *approval_routes(administration, built.room, webhook.figures if webhook is not None else None),
        *policy_routes(administration, built.policies, opa.figures if opa is not None else None),
        *decision_routes(
            administration, built.audit.figures, candidate.shadow.figures if candidate is not None else None
        ),
        *key_routes(administration, built.identities.desk(settings)),
        *energy_routes(administration, energy[0].figures if energy is not None else None),
        *usage_admin_routes(administration, built.reports.ask if built.reports is not None else None),
    )
