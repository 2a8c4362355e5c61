"""Builds the application of its parts and wires them."""

from pathlib import Path

from litestar import Litestar
from litestar.datastructures import State

from guard.app.audit import build_administration, build_approvals, build_audit
from guard.app.budgets import build_budgets, recall_spendings
from guard.app.detection import build_engine, build_leak_rule, build_vaults
from guard.app.energy import build_energy
from guard.app.identity import Identities
from guard.app.ledger import ledger_options
from guard.app.lifespan import lifespan_of
from guard.app.models import build_classifiers, build_names, deferred, unsafe_threshold
from guard.app.policies import build_candidate, build_opa, build_policies
from guard.app.tiers import build_counters, build_tiers, build_turnstile, prioritised
from guard.app.traffic import backend_address, build_api, problems
from guard.config import (
    Settings,
    load_prices,
)
from guard.inference.language import Languages
from guard.ingress.admin import approval_routes, policy_routes
from guard.ingress.decisions import decision_routes
from guard.ingress.energy import energy_routes
from guard.ingress.error import HANDLERS
from guard.ingress.figures import figures_route
from guard.ingress.health import health_routes
from guard.ingress.keys import key_routes
from guard.ingress.openai import Door
from guard.ingress.openapi import openapi_route
from guard.ingress.service import moderation_route
from guard.metering.ledger.ledger import SqlLedger
from guard.metering.price.rating import BookRater
from guard.policy.recorded import RecordedPolicies
from guard.ports import Policies
from guard.runtime.budgeting import NO_BUDGETS
from guard.runtime.conversation import Conversations
from guard.runtime.inspection import Engines
from guard.runtime.model_figures import ModelGauge
from guard.runtime.parts import Parts
from guard.runtime.telemetry import configure_logging
from guard.security.prompt_rule import FloodEngine
from guard.upstream.client import connect
from guard.upstream.route import Router


def build_app(settings: Settings) -> Litestar:
    """The ASGI application. Opens nothing but files; the ledger and the models start and stop with its lifespan."""
    configure_logging(settings.log.level, settings.log.format)
    gauge = ModelGauge()
    opa, pattern = build_opa(settings), build_engine(settings.recognizers, settings.secrets)
    policies, candidate = build_policies(settings, opa), build_candidate(settings)
    serving: Policies = policies if candidate is None else candidate.beside(policies)
    classifiers = build_classifiers(settings, gauge.observe)
    names = build_names(settings, gauge.observe)
    backends = connect([(backend_address(backend), backend.ca_file) for backend in settings.backends])
    pattern.prepare()
    rater = BookRater(load_prices(Path(settings.prices))) if settings.prices else None
    ledger, audit = SqlLedger(ledger_options(settings), rater), build_audit(settings)
    room, webhook = build_approvals(settings)
    counters = build_counters(settings)
    budgets, alarm = build_budgets(settings, counters, rater)
    energy = build_energy(settings.energy)
    parts = Parts(
        engines=Engines((pattern,), deferred(classifiers, names)),
        prompt_rules=(FloodEngine(),),
        classifier=classifiers.text if classifiers is not None else None,
        leak=build_leak_rule(settings),
        vaults=build_vaults(settings),
        policies=serving if audit.decisions is None else RecordedPolicies(serving, audit.decisions),
        router=Router(backends),
        ledger=audit.ledger(ledger),
        record=audit.exchanges,
        budgets=budgets or NO_BUDGETS,
        rater=rater,
        energy=energy[0] if energy is not None else None,
        tiers=build_tiers(settings),
        counters=counters,
        turnstile=build_turnstile(settings),
        prioritised=prioritised(settings),
        unpriced=settings.unpriced == "allow",
        lull_s=settings.stream.lull_ms / 1000,
        conversations=Conversations(),
        language=Languages().of,
        names=names.text if names is not None else None,
        approvals=room,
    )
    identities = Identities(settings)
    door = Door(identities.admission, settings.limits.body_bytes)
    administration = build_administration(settings, parts.policies)
    compared = candidate.shadow.figures if candidate is not None else None
    services = (classifiers, names)
    return Litestar(
        route_handlers=[
            *build_api(settings, door, parts, pattern, backends),
            moderation_route(door, parts.classifier, unsafe_threshold(classifiers)),
            figures_route(door, gauge),
            *approval_routes(administration, room, webhook.figures if webhook is not None else None),
            *policy_routes(administration, policies, opa.figures if opa is not None else None),
            *decision_routes(administration, audit.figures, compared),
            *key_routes(administration, identities.desk(settings)),
            *energy_routes(administration, energy[0].figures if energy is not None else None),
            openapi_route(),
            *health_routes(problems(ledger, opa, counters), policies.status),
        ],
        exception_handlers=HANDLERS,
        lifespan=[
            lambda _app: identities.running(),
            lifespan_of(
                ledger,
                audit,
                backends,
                services,
                gauge,
                (room, webhook),
                (policies, opa, candidate),
                counters,
                (alarm, lambda: recall_spendings(settings, budgets, counters)),
                energy,
            ),
        ],
        state=State({"leaving": room.close}),
        openapi_config=None,
        logging_config=None,
        debug=False,
    )
