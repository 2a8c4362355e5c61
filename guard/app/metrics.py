"""Builds what Prometheus reads."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from guard.app.machinery import Machinery
from guard.config import Settings, parse_address
from guard.ingress.metrics import Page, metrics_listener
from guard.runtime.metrics.exposition import Exposition, Source
from guard.runtime.metrics.machine import energy_families, model_families
from guard.runtime.metrics.service import Services
from guard.runtime.parts import Parts


def build_exposition(settings: Settings, built: Machinery, parts: Parts) -> Exposition:
    """The page of all metrics."""
    budgets, most = built.budgets, settings.metrics.series
    hooks = {"approval": built.webhook, "budget": built.alarm, "usage": built.feed}
    services = Services(
        admission=built.identities.admission,
        answers=parts.answers,
        turnstile=parts.turnstile,
        ledger=built.ledger.health,
        problems=built.problems,
        parts=("ledger", "policy", "counters"),
        policies=built.policies.status,
        approvals=built.room.figures,
        writers=built.audit.figures,
        budgets=None if budgets is None else lambda: budgets.figures(most),
        webhooks={name: hook.figures for name, hook in hooks.items() if hook is not None},
        opa=built.opa.figures if built.opa is not None else None,
    )
    sources: list[Source] = [
        built.exchanges.families,
        built.stages.families,
        services.families,
        lambda: model_families(built.gauge),
    ]
    if built.energy is not None:
        figures = built.energy[0].figures
        sources.append(lambda: energy_families(figures))
    return Exposition(sources)


def token_of(settings: Settings) -> str:
    """The token that reads the page; empty if there is none."""
    return settings.metrics.token.reveal() if settings.metrics.token is not None else ""


@asynccontextmanager
async def running_listener(settings: Settings, page: Page) -> AsyncIterator[None]:
    """The page's own listener, if one is configured. Raises ConfigError."""
    if settings.metrics.listen is None:
        yield
        return
    address = parse_address(settings.metrics.listen)
    host = "127.0.0.1" if address.host == "localhost" else address.host
    async with metrics_listener(host, address.port, token_of(settings), page):
        yield
