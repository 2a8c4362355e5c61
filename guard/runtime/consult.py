"""Asks `data.guard.response` about findings in an answer, and keeps verdicts until it has said what it wants.

A type of finding is asked about once for each field of an answer. Until the policy has answered, the verdict that told
of it waits, and every later verdict on that channel behind it: text that waits for a verdict does not leave. Policies
without rules for answers have none of this, and pay nothing.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec
import structlog

from guard.core.channel import Channel
from guard.core.event import Inspected
from guard.core.finding import Finding
from guard.core.plan import Plan
from guard.core.point_decision import AnswerDecision
from guard.core.taxonomy import PSEUDONYM
from guard.errors import EngineError, EngineTimeout
from guard.runtime.telemetry import place_of

_log: Final = structlog.get_logger("guard.exchange")

POLICY: Final = "policy"
"""The engine that is lost when a policy gives no decision."""

Ask = Callable[[Finding, Channel, int], Awaitable[AnswerDecision]]
"""What the policy says of a finding in a channel that has so many characters. Raises PolicyError."""

_Key = tuple[str, str]


async def _closed(_finding: Finding, _channel: Channel, _chars: int) -> AnswerDecision:
    raise EngineError("The answer is over.")


class Consult:
    """The policy's word on one answer's findings."""

    def __init__(self, ask: Ask, plan: Plan, patience_s: float = 10.0) -> None:
        """`plan` says which findings count. `patience_s` bounds the wait for each word of the policy's."""
        self._ask = ask
        self._plan = plan
        self._patience_s = patience_s
        self._decided: dict[_Key, AnswerDecision] = {}
        """By the finding's type and the channel's field."""
        self.labels: dict[str, str] = {}
        """What the policy said for reports."""
        self._waiting: dict[Channel, deque[Inspected]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def waits(self) -> bool:
        """Whether a verdict waits for the policy."""
        return bool(self._waiting)

    def take(
        self, verdict: Inspected, go: Callable[[Inspected], None], lose: Callable[[str, EngineError], None]
    ) -> Inspected | None:
        """The verdict with the policy's word in it; None if that is not known yet, and then `go` gets it later.

        `lose` hears of a policy that gives no answer.
        """
        queue = self._waiting.get(verdict.channel)
        if queue is not None:
            queue.append(verdict)
            return None
        if not self._open(verdict):
            return self._marked(verdict)
        self._waiting[verdict.channel] = deque((verdict,))
        task = asyncio.create_task(self._settle(verdict.channel, go, lose))
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return None

    def close(self) -> None:
        """Asks no more."""
        for task in self._tasks:
            task.cancel()
        self._waiting.clear()
        # The relay and its flow hold each other for a while: not the policies as well, which may have been replaced.
        self._ask = _closed

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            _log.error("finding_not_decided", error=type(error).__name__, at=place_of(error))

    async def _settle(
        self, channel: Channel, go: Callable[[Inspected], None], lose: Callable[[str, EngineError], None]
    ) -> None:
        """Works off a channel's verdicts in their order."""
        queue = self._waiting[channel]
        settled = False
        try:
            while queue:
                for finding in self._open(queue[0]):
                    await self._decide(finding, channel, queue[0].upto, lose)
                verdict = queue.popleft()
                if not queue:
                    # Whoever is told of the last one finds nothing waiting any more.
                    del self._waiting[channel]
                go(self._marked(verdict))
            settled = True
        finally:
            if not settled:
                # A bug, or the end of the exchange. Nobody awaits this task, so the answer is told here.
                lose(POLICY, EngineError("The policy gave no usable answer about a finding."))
            if self._waiting.get(channel) is queue:
                del self._waiting[channel]

    async def _decide(
        self, finding: Finding, channel: Channel, chars: int, lose: Callable[[str, EngineError], None]
    ) -> None:
        key = finding.type, channel.field
        try:
            async with asyncio.timeout(self._patience_s):
                said = self._decided[key] = await self._ask(finding, channel, chars)
                self.labels.update(said.labels)
        except TimeoutError:
            lose(POLICY, EngineTimeout("The policy was too slow about a finding in the answer."))
            self._decided[key] = AnswerDecision()
        except EngineError as error:
            lose(POLICY, error)
            self._decided[key] = AnswerDecision()

    def _open(self, verdict: Inspected) -> list[Finding]:
        """Findings that count and that the policy has not been asked about, one of each type."""
        found: dict[str, Finding] = {}
        for finding in verdict.findings:
            known = finding.type == PSEUDONYM or (finding.type, verdict.channel.field) in self._decided
            if not known and self._plan.counts(finding):
                found.setdefault(finding.type, finding)
        return list(found.values())

    def _marked(self, verdict: Inspected) -> Inspected:
        """The verdict with the policy's word on each finding."""
        if not verdict.findings:
            return verdict
        return msgspec.structs.replace(
            verdict, findings=tuple(self._with_word(finding, verdict.channel.field) for finding in verdict.findings)
        )

    def _with_word(self, finding: Finding, field: str) -> Finding:
        said = self._decided.get((finding.type, field))
        if said is None or said.action is None:
            return finding
        return msgspec.structs.replace(finding, decided=said.action)
