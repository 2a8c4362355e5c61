"""What starts with the application and stops behind it."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from litestar import Litestar

from guard.app.energy import EnergyParts
from guard.audit.audit import Audit
from guard.metering.counter.memory import MemoryCounters
from guard.metering.counter.share import SharedCounters
from guard.metering.ledger.ledger import SqlLedger
from guard.pii.names.service import OFF as NAMES_OFF
from guard.pii.names.service import Names
from guard.policy.live import LivePolicies
from guard.policy.rollout import Candidate
from guard.policy.server import OpaPolicy
from guard.ports import ServedPolicies
from guard.runtime.approval import ApprovalRoom
from guard.runtime.model_figures import ModelGauge
from guard.runtime.telemetry import announce, watch_loop
from guard.security.classifiers import Classifiers
from guard.upstream.backend import HttpBackend
from guard.upstream.client import disconnect
from guard.upstream.webhook import Webhook


def lifespan_of(
    ledger: SqlLedger,
    audit: Audit,
    backends: Sequence[HttpBackend],
    services: tuple[Classifiers | None, Names | None],
    gauge: ModelGauge,
    approvals: tuple[ApprovalRoom, Webhook | None],
    deciding: tuple[ServedPolicies, OpaPolicy | None, Candidate | None],
    counters: MemoryCounters | SharedCounters,
    budgets: tuple[Webhook | None, Callable[[], None]],
    energy: EnergyParts | None = None,
) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    """What starts with the application and stops behind it. Whatever fails to start or stop, the ledger is closed."""

    @asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncIterator[None]:
        watch_loop()
        async with AsyncExitStack() as stack:
            ledger.start()
            stack.callback(ledger.stop)
            alarm, recall = budgets
            recall()
            if alarm is not None:
                await stack.enter_async_context(alarm.running())
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
            if isinstance(counters, SharedCounters):
                stack.push_async_callback(counters.stop)
                counters.start()
            stack.push_async_callback(disconnect, backends)
            if energy is not None:
                meter, scraper = energy
                stack.push_async_callback(scraper.aclose)
                await stack.enter_async_context(meter.running())
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
