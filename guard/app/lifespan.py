"""What starts with the application and stops behind it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from litestar import Litestar

from guard.app.budgets import recall_spendings
from guard.app.machinery import Machinery
from guard.config import Settings
from guard.core.counter import Claim
from guard.metering.counter.share import SharedCounters
from guard.pii.names.service import OFF as NAMES_OFF
from guard.policy.live import LivePolicies
from guard.runtime.telemetry import announce, watch_loop
from guard.upstream.client import disconnect


def lifespan_of(settings: Settings, built: Machinery) -> Callable[[Litestar], AbstractAsyncContextManager[None]]:
    """What starts with the application and stops behind it. Whatever fails to start or stop, the ledger is closed."""

    @asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncIterator[None]:
        watch_loop()
        async with AsyncExitStack() as stack:
            await _start_metering(settings, built, stack)
            _start_models(built, stack)
            await _start_traffic(built, stack)
            _start_policies(built, stack)
            if built.webhook is not None:
                await stack.enter_async_context(built.webhook.running())
            stack.callback(built.room.close)
            yield

    return lifespan


async def _start_metering(settings: Settings, built: Machinery, stack: AsyncExitStack) -> None:
    """The ledger comes first and goes last."""
    built.ledger.start()
    stack.callback(built.ledger.stop)
    if built.tokenizers is not None:
        stack.callback(built.tokenizers.stop)
    if built.reports is not None:
        stack.callback(built.reports.stop)
    await _start_counters(settings, built, stack)
    if built.alarm is not None:
        await stack.enter_async_context(built.alarm.running())
    if built.feed is not None:
        await stack.enter_async_context(built.feed.running())
    stack.callback(built.audit.stop)
    built.audit.start()


async def _start_counters(settings: Settings, built: Machinery, stack: AsyncExitStack) -> None:
    """Counters that begin empty are told what was spent."""

    def recall() -> Awaitable[Sequence[Claim]]:
        return recall_spendings(settings, built.budgets, built.ledger)

    if isinstance(built.counters, SharedCounters):
        stack.push_async_callback(built.counters.stop)
        await built.counters.start(recall)
    else:
        built.counters.note(await recall(), "")


def _start_models(built: Machinery, stack: AsyncExitStack) -> None:
    for service in (built.classifiers, built.names):
        if service is not None:
            stack.push_async_callback(service.stop)
            service.start()
            announce(service.statements)
            built.gauge.announce(service.statements)
    if built.names is None:
        announce((NAMES_OFF,))


async def _start_traffic(built: Machinery, stack: AsyncExitStack) -> None:
    """What speaks with others: backends, meters of energy."""
    stack.push_async_callback(disconnect, built.backends)
    if built.energy is not None:
        meter, scraper = built.energy
        stack.push_async_callback(scraper.aclose)
        await stack.enter_async_context(meter.running())


def _start_policies(built: Machinery, stack: AsyncExitStack) -> None:
    if built.opa is not None:
        stack.push_async_callback(built.opa.close)
    if isinstance(built.policies, LivePolicies):
        stack.push_async_callback(built.policies.stop)
        built.policies.start()
    if built.candidate is not None:
        stack.push_async_callback(built.candidate.stop)
        built.candidate.start()
