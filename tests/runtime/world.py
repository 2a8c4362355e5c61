"""A world around one exchange: a client, a backend and a ledger that do as the test says. For faults, not for mocks of
what can be run: the real ones are in `tests/e2e`."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from guard.core.action import Action
from guard.core.admin_facts import AdminFacts
from guard.core.answer_facts import AnswerFacts
from guard.core.call import BackendCall
from guard.core.channel import Channel
from guard.core.decision import Decision
from guard.core.entry import Closing, Opening
from guard.core.event import Inspected
from guard.core.facts import Identity, RequestFacts
from guard.core.point_decision import AdminDecision, AnswerDecision, ToolDecision
from guard.core.tool_facts import ToolFacts
from guard.dialects import openai
from guard.dialects.openai_reader import Limits
from guard.errors import GuardError, PolicyError
from guard.metering.ledger.board import NoSlot
from guard.metering.tier.book import TierBook
from guard.pii.pseudonym.keyring import Keyring
from guard.pii.pseudonym.vault import Vaults
from guard.policy.serving import FixedPolicies
from guard.ports import (
    Approvals,
    Budgets,
    Counters,
    DeferredEngine,
    EnergyMeter,
    Engine,
    ExchangeSink,
    Policies,
    Progress,
    Rater,
    Tiers,
    TokenCounters,
)
from guard.runtime.approval import NOBODY
from guard.runtime.budgeting import NO_BUDGETS
from guard.runtime.conversation import Conversations
from guard.runtime.inspection import Engines
from guard.runtime.parts import Call, Parts
from guard.runtime.pump import Exchange
from guard.runtime.trail import Timed
from guard.runtime.turnstile import Turnstile

WHO = Identity("t", "k", "free")
BODY = b'{"model":"m","stream":true,"messages":[{"role":"user","content":"hello there"}]}'
WHOLE = b'{"model":"m","messages":[{"role":"user","content":"hello there"}]}'


def chunk(text: str) -> bytes:
    return b'data: {"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"%s"}}]}\n\n' % text.encode()


END = b'data: {"id":"c","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
UNLIMITED = TierBook()
FREE_WAY = Turnstile()


class Client:
    """What the client sees, and when it leaves."""

    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""
        self.ended = False
        self.leaves = asyncio.Event()
        self.deaf = False
        self._wrote = asyncio.Event()

    async def until(self, data: bytes, times: int = 1) -> None:
        """Waits until the client has got this so often."""
        while self.body.count(data) < times:
            self._wrote.clear()
            await self._wrote.wait()

    async def start(self, status: int, headers: Sequence[tuple[str, str]]) -> None:
        self.status, self.headers = status, dict(headers)

    async def write(self, data: bytes) -> None:
        if self.deaf:
            await asyncio.Event().wait()
        self.body += data
        self._wrote.set()

    async def finish(self) -> None:
        self.ended = True

    async def gone(self) -> None:
        await self.leaves.wait()


class Answer:
    """A backend's answer from a script: bytes, an exception to raise, or None to fall silent for ever."""

    def __init__(self, script: Sequence[bytes | Exception | None], headers: Mapping[str, str], status: int) -> None:
        self.status = status
        self.headers = headers
        self.closed = False
        self.silent = asyncio.Event()
        self._script = list(script)

    async def read(self) -> bytes:
        await asyncio.sleep(0)
        if not self._script:
            return b""
        step = self._script.pop(0)
        if step is None:
            self.silent.set()
            await asyncio.Event().wait()
        if isinstance(step, Exception):
            raise step
        return step or b""

    def close(self) -> None:
        self.closed = True


class Backend:
    """One backend with one answer, or with an error in its place."""

    def __init__(self, answer: Answer | GuardError, idle_s: float = 5) -> None:
        self.name = "local"
        self.idle_s = idle_s
        self.modalities = ("text",)
        self.kind = "vllm"
        self.answer = answer
        self.calls: list[BackendCall] = []

    async def call(self, call: BackendCall) -> Answer:
        self.calls.append(call)
        if isinstance(self.answer, GuardError):
            raise self.answer
        return self.answer

    def route(self, model: str) -> "Backend":
        return self

    def named(self, name: str) -> "Backend":
        if name != self.name:
            raise PolicyError("there is no such backend")
        return self


class Ledger:
    def __init__(self) -> None:
        self.openings: list[Opening] = []
        self.closings: list[Closing] = []

    def open(self, opening: Opening) -> Progress:
        self.openings.append(opening)
        return NoSlot()

    def close(self, closing: Closing) -> None:
        self.closings.append(closing)


class Policy:
    """Answers requests with one decision; it has no rules for anything else."""

    generation = "test"
    points = frozenset({"request"})
    reads = frozenset(RequestFacts.__struct_fields__)

    def __init__(self, decision: Decision | GuardError) -> None:
        self.asked: list[RequestFacts] = []
        self._decision = decision

    async def request(self, facts: RequestFacts) -> Decision:
        self.asked.append(facts)
        if isinstance(self._decision, GuardError):
            raise self._decision
        return self._decision

    async def response(self, facts: AnswerFacts) -> AnswerDecision:
        return AnswerDecision()

    async def tool(self, facts: ToolFacts) -> ToolDecision:
        return ToolDecision()

    async def admin(self, facts: AdminFacts) -> AdminDecision:
        return AdminDecision()


class BrokenEngine:
    """Works for a number of texts and then raises. Holds nothing."""

    name = "pattern"

    def __init__(self, error: Exception, after: int = 0) -> None:
        self.error = error
        self.left = after
        self.closed = 0

    def open(self, channel: Channel) -> "BrokenChannel":
        return BrokenChannel(self, channel)


class BrokenChannel:
    def __init__(self, engine: BrokenEngine, channel: Channel) -> None:
        self._engine = engine
        self._channel = channel
        self._read = 0

    def feed(self, text: str, final: bool) -> Inspected:
        if self._engine.left <= 0:
            raise self._engine.error
        self._engine.left -= 1
        self._read += len(text)
        return Inspected(self._channel, "pattern", self._read)

    def close(self) -> None:
        self._engine.closed += 1


class World:
    """Everything around one exchange, ready to run."""

    def __init__(
        self,
        engine: Engine,
        script: Sequence[bytes | Exception | None] = (),
        *,
        decision: Decision | GuardError | None = None,
        policy: Policy | None = None,
        policies: Policies | None = None,
        call_error: GuardError | None = None,
        body: bytes = BODY,
        status: int = 200,
        content_type: str = "text/event-stream",
        idle_s: float = 5,
        deferred: tuple[DeferredEngine, ...] = (),
        rater: Rater | None = None,
        budgets: Budgets = NO_BUDGETS,
        identity: Identity = WHO,
        energy: EnergyMeter | None = None,
        unpriced: bool = True,
        record: ExchangeSink | None = None,
        approvals: Approvals = NOBODY,
        tiers: Tiers = UNLIMITED,
        counters: Counters | None = None,
        turnstile: Turnstile = FREE_WAY,
        prioritised: frozenset[str] = frozenset(),
        tokenizers: TokenCounters | None = None,
        headers: tuple[tuple[str, str], ...] = (),
        timed: Timed | None = None,
    ) -> None:
        """`policy`: what decides, in place of one decision for every request; `policies`: what chooses among such."""
        self.client = Client()
        self.answer = Answer(script, {"content-type": content_type}, status)
        self.backend = Backend(call_error or self.answer, idle_s)
        self.ledger = Ledger()
        self.policy = policy or Policy(decision or Decision(actions={"*": Action.REDACT}))
        self.call = Call(openai.chat(Limits()), "/chat/completions", identity, headers, body, "10.1.2.3")
        self.parts = Parts(
            engines=Engines((engine,), deferred),
            prompt_rules=(),
            classifier=None,
            leak=lambda texts: None,
            vaults=Vaults(Keyring(b"a secret of the tests")),
            policies=policies or FixedPolicies(self.policy),
            router=self.backend,
            ledger=self.ledger,
            lull_s=0.02,
            conversations=Conversations(),
            rater=rater,
            budgets=budgets,
            energy=energy,
            unpriced=unpriced,
            record=record,
            approvals=approvals,
            tiers=tiers,
            counters=counters,
            turnstile=turnstile,
            prioritised=prioritised,
            tokenizers=tokenizers,
            timed=timed,
        )
        self.exchange = Exchange(self.parts, self.call, self.client)

    async def run(self, meanwhile: Callable[["World"], None] | None = None) -> "World":
        """Runs the exchange to its end."""
        task = asyncio.ensure_future(self.exchange.run())
        if meanwhile is not None:
            await self.answer.silent.wait()
            meanwhile(self)
        await asyncio.wait_for(task, 20)
        return self

    @property
    def closing(self) -> Closing:
        assert len(self.ledger.openings) == 1
        assert len(self.ledger.closings) == 1
        return self.ledger.closings[0]
