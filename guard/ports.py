"""Every Protocol in one file: the seams between rooms that may not import each other."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Protocol

from guard.core.admin_facts import AdminFacts
from guard.core.answer_facts import AnswerFacts
from guard.core.approval import ApprovalQuestion, Verdict
from guard.core.assessment import Assessment, Passage, SlotText, TextVerdict
from guard.core.budget import BudgetClaim
from guard.core.call import BackendCall
from guard.core.channel import Channel
from guard.core.counter import Claim, Taking
from guard.core.cut import CutNote
from guard.core.decision import Decision
from guard.core.entry import Closing, Opening
from guard.core.event import Inspected, StageFailed
from guard.core.facts import BudgetFacts, Identity, RequestFacts
from guard.core.frame import Frame
from guard.core.grant import Grant
from guard.core.plan import Plan
from guard.core.point_decision import AdminDecision, AnswerDecision, ToolDecision
from guard.core.policy_status import PolicyStatus
from guard.core.prompt import Prompt
from guard.core.rate import Rating
from guard.core.record import DecisionRecord, ExchangeNote
from guard.core.rewrite import Rewrite
from guard.core.stretch import Stretch
from guard.core.tier import Tier
from guard.core.tool_call import Amendment
from guard.core.tool_facts import ToolFacts
from guard.core.usage import Usage
from guard.core.usage_event import UsageBatch
from guard.core.usage_note import UsageNote
from guard.core.work import Work
from guard.errors import GuardError


class ChannelEngine(Protocol):
    """An engine's memory of one channel. Text goes in as it flows, verdicts come out."""

    def feed(self, text: str, final: bool) -> Inspected:
        """The verdict after `text`. `final`: the channel ends here. Raises EngineError."""
        ...

    def close(self) -> None:
        """Gives back what it holds outside Python's memory. Nothing is fed after it."""
        ...


class Engine(Protocol):
    """An engine that inspects text inline."""

    @property
    def name(self) -> str:
        """The name that plans and findings carry."""
        ...

    def open(self, channel: Channel) -> ChannelEngine:
        """A fresh memory for one channel."""
        ...


Tell = Callable[[Inspected | StageFailed], None]
"""Takes the verdict of an engine that answers later. Called on the event loop, never from within `feed`."""


class DeferredChannel(Protocol):
    """The memory of one channel in an engine that answers later."""

    @property
    def tokens(self) -> int:
        """How many tokens its models have been given to read, so far."""
        ...

    @property
    def waiting(self) -> bool:
        """Whether a verdict is under way."""
        ...

    def feed(self, text: str, final: bool) -> None:
        """Takes text; verdicts are told. After `final` and the last verdict it closes itself. Raises EngineError."""
        ...

    def close(self) -> None:
        """Gives back what it holds; nothing is told after it. May be called twice."""
        ...


class DeferredEngine(Protocol):
    """An engine whose verdicts come later: it shares a model with all other streams."""

    @property
    def name(self) -> str:
        """The name that plans carry."""
        ...

    @property
    def outrun(self) -> bool:
        """Whether text may run ahead of its verdict where the plan says so: not if it finds what must be replaced."""
        ...

    def concerns(self, plan: Plan) -> bool:
        """Whether anything that it finds would count under a plan; if not, it need not be asked."""
        ...

    def open(self, channel: Channel, tell: Tell) -> DeferredChannel:
        """A fresh memory for one channel. Raises EngineBusy."""
        ...


class Classifier(Protocol):
    """Scores whole texts: prompts, documents, tool results."""

    @property
    def names(self) -> tuple[str, ...]:
        """The scores that it gives."""
        ...

    async def assess(self, passages: Sequence[Passage]) -> Sequence[Assessment]:
        """One assessment for each passage. A classifier that fails says so in `status`; nothing is raised."""
        ...


class TextEngine(Protocol):
    """An engine that inspects whole texts with a model, and takes its time."""

    @property
    def name(self) -> str:
        """The name that plans and findings carry."""
        ...

    @property
    def types(self) -> tuple[str, ...]:
        """The finding types that it tells."""
        ...

    async def inspect(self, texts: Sequence[SlotText]) -> Sequence[TextVerdict]:
        """One verdict for each text. A text that it fails on has a status that says so; nothing is raised."""
        ...


class Vault(Protocol):
    """What one exchange hides from the backend and gives back to the client."""

    @property
    def empty(self) -> bool:
        """Whether nothing was hidden, so that there is nothing to restore."""
        ...

    @property
    def engine(self) -> Engine | None:
        """What finds in an answer the pseudonyms that patterns can't; None if there are none."""
        ...

    def hide(self, stretch: Stretch) -> str:
        """What stands in a stretch's place on the way to the backend."""
        ...

    def show(self, stretch: Stretch) -> str:
        """What stands in a stretch's place on the way to the client."""
        ...


class Vaults(Protocol):
    """Opens a vault for each exchange."""

    def open(self, who: Identity, texts: Sequence[str], opening: str, lookalikes: Collection[SlotText]) -> Vault:
        """A vault for a request with these texts.

        `opening` is how its conversation begins; `lookalikes` are texts in it that look like pseudonyms.
        """
        ...


class PolicyEngine(Protocol):
    """One generation of policies: answers what may be done. Each call raises PolicyError without a usable decision."""

    @property
    def generation(self) -> str:
        """Names the loaded set of policies."""
        ...

    @property
    def points(self) -> frozenset[str]:
        """The entry points that it has rules for: `request`, `response`, `tool`, `admin`."""
        ...

    @property
    def reads(self) -> frozenset[str]:
        """The members of a request's facts that it reads, and of what costs to learn: `messages.language`, `.text`."""
        ...

    async def request(self, facts: RequestFacts) -> Decision:
        """`data.guard.request`; undefined denies."""
        ...

    async def response(self, facts: AnswerFacts) -> AnswerDecision:
        """`data.guard.response`; undefined leaves what the request's decision said."""
        ...

    async def tool(self, facts: ToolFacts) -> ToolDecision:
        """`data.guard.tool`; undefined denies."""
        ...

    async def admin(self, facts: AdminFacts) -> AdminDecision:
        """`data.guard.admin`; undefined denies."""
        ...


class Policies(Protocol):
    """What policies serve. Generations come and go."""

    def engine(self, identity: Identity, exchange: str = "") -> PolicyEngine:
        """The engine for an exchange of this identity, which ends under it. `exchange` is its id, if it has one."""
        ...


class ServedPolicies(Policies, Protocol):
    """Policies that say what they are, and look for new ones when told to."""

    def status(self) -> PolicyStatus:
        """What serves now, and why what lies at the source does not, if so."""
        ...

    async def reload(self) -> PolicyStatus:
        """Takes what is new at the source, if it is sound; raises nothing if it is not."""
        ...


class DecisionSink(Protocol):
    """Hears of every decision."""

    def decided(self, record: DecisionRecord) -> None:
        """Takes note. Returns at once and raises nothing."""
        ...


class Credentials(Protocol):
    """One kind of credential that is taken here."""

    async def grant(self, credential: str) -> Grant | None:
        """What a credential grants; None if it is not of this kind, or not known.

        Raises Unauthorized for one of this kind that is not sound, KeysUnavailable if that can't be told now.
        """
        ...


class Approvals(Protocol):
    """Asks people."""

    async def ask(self, question: ApprovalQuestion) -> Verdict:
        """Waits for an answer within a bound; whatever is not an approval denies. Cancelling it takes it back."""
        ...


class Router(Protocol):
    """Chooses among backends."""

    def route(self, model: str) -> "Backend":
        """The backend that serves a model. Raises NotFound."""
        ...

    def named(self, name: str) -> "Backend":
        """The backend of that name in the configuration. Raises PolicyError, since only a policy names one."""
        ...


class Rater(Protocol):
    """Knows what tokens cost."""

    def rate(self, model: str, tier: str, usage: Usage, at_ms: int, pictures: int = 0) -> Rating:
        """What an exchange costs that began at `at_ms` (Unix milliseconds)."""
        ...


class TokenCounter(Protocol):
    """Counts the tokens of one kind of model, off the event loop."""

    @property
    def picture_tokens(self) -> int | None:
        """What one picture counts; None if nobody said."""
        ...

    async def count(self, texts: Sequence[str]) -> Sequence[int] | None:
        """Tokens of each text; None where more waits to be counted than is taken."""
        ...


class TokenCounters(Protocol):
    """Knows how the tokens of models are counted."""

    def of(self, model: str) -> TokenCounter | None:
        """Who counts a model's tokens; None if nobody does."""
        ...


class EnergyMeter(Protocol):
    """Hears what backends did, and attributes energy to it later."""

    def asked(self, exchange: str, backend: str, at_s: float) -> None:
        """A backend begins to work for an exchange, at a moment of the monotonic clock. Returns at once."""
        ...

    def note(self, work: Work) -> None:
        """An exchange that asked a backend is over. Once for each that was `asked`. Returns at once."""
        ...


class Tiers(Protocol):
    """Knows what each tier may have."""

    def of(self, identity: Identity) -> Tier:
        """The caller's tier. Raises Forbidden."""
        ...


class Counters(Protocol):
    """Counts what is limited, for one process or for several."""

    async def take(self, claims: Sequence[Claim], lease: str) -> Taking:
        """All of the claims or none, in one step. `lease` names whoever holds leases. Raises CountersUnavailable."""
        ...

    def correct(self, claim: Claim, taking: Taking, amount: int) -> None:
        """The claim, which was taken, came to another amount. Returns at once and raises nothing."""
        ...

    def release(self, claim: Claim, lease: str) -> None:
        """Gives a lease back. Returns at once and raises nothing."""
        ...


class Progress(Protocol):
    """Remembers how far an exchange has come, in case its process dies. Calls cost less than a microsecond."""

    def asked(self, prompt_tokens: int, pictures: int) -> None:
        """A backend gets the prompt now; `prompt_tokens` is what it is estimated at."""
        ...

    def first(self, first_ms: float) -> None:
        """The client gets its first byte."""
        ...

    def read(self, pieces: int, chars: int, usage: Usage | None, reasoning_chars: int = 0, tool_chars: int = 0) -> None:
        """How much of the answer has been read, what of it were thoughts and tool calls, and what the backend counts.

        `usage` is what it has counted so far.
        """
        ...


class EntryListener(Protocol):
    """Hears of exchanges. Calls return at once."""

    def open(self, opening: Opening) -> object:
        """An exchange begins."""
        ...

    def close(self, closing: Closing) -> None:
        """An exchange is over. Exactly once for each opening."""
        ...


class Purse(Protocol):
    """What one exchange has reserved in budgets. Calls return at once and raise nothing; the first one counts."""

    @property
    def answer_tokens(self) -> int | None:
        """The most that all answers of the exchange may have together; None if no budget bounds them."""
        ...

    @property
    def name(self) -> str:
        """The budget that says so; empty if none does."""
        ...

    @property
    def reserved_tokens(self) -> int:
        """The most tokens that any budget has set aside for it."""
        ...

    @property
    def reserved_nanousd(self) -> int:
        """The most money, in whole nano-dollars."""
        ...

    def settle(self, usage: Usage, cost_nanousd: int | None) -> None:
        """The exchange came to this."""
        ...

    def release(self) -> None:
        """The exchange came to nothing."""
        ...


class Budgets(Protocol):
    """Knows who may spend what."""

    async def reserve(self, claim: BudgetClaim) -> Purse:
        """Reserves what an exchange may come to, or what is left for it.

        Raises BudgetExhausted, Unpriced, CountersUnavailable.
        """
        ...

    async def left(self, identity: Identity) -> BudgetFacts:
        """What is left for a caller. Raises CountersUnavailable."""
        ...


class Ledger(Protocol):
    """Remembers exchanges. Calls return at once; rows are durable within the ledger's own bound."""

    def open(self, opening: Opening) -> Progress:
        """An exchange begins. Raises LedgerBehind when no more can be accounted for."""
        ...

    def close(self, closing: Closing) -> None:
        """An exchange is over. Exactly once for each opening."""
        ...


class Outbox(Protocol):
    """Final entries that a billing system has not got yet. Blocks, in one thread at a time. Raises LedgerError."""

    def hold(self) -> bool:
        """Whether this process is the one that delivers now. Once it is, until `release`."""
        ...

    def take(self, most: int) -> UsageBatch | None:
        """The next entries, `most` events of them at most; the same ones until they are delivered. None: no more."""
        ...

    def delivered(self, batch: UsageBatch) -> None:
        """The batch has been taken by the billing system."""
        ...

    def release(self) -> None:
        """Lets another process deliver."""
        ...


class ExchangeSink(Protocol):
    """Hears what was seen in every exchange."""

    @property
    def keeps_texts(self) -> bool:
        """Whether it may keep the prompt's texts, so that they are handed over."""
        ...

    def noted(self, note: ExchangeNote) -> None:
        """Takes note of an exchange that is over. Returns at once and raises nothing."""
        ...


class AnswerReader(Protocol):
    """Reads one answer of the backend. Pure; one per exchange."""

    def feed(self, data: bytes) -> Sequence[Frame]:
        """The frames that `data` completes. Raises BackendMalformed."""
        ...

    def end(self) -> Sequence[Frame]:
        """The backend closed. The last frames; raises BackendBroken when the answer is not whole."""
        ...

    def halted(
        self, choices: Sequence[int], exchange: str, types: Sequence[str], usage: Usage, last: bytes = b""
    ) -> bytes:
        """What the client gets in place of the rest of an answer that the policy blocks.

        `last` is an event of `bill` that stands before the end mark.
        """
        ...

    def bill(self, note: UsageNote) -> bytes:
        """An event that tells what the answer came to, to stand before its end mark; perhaps nothing."""
        ...

    def cut(self, choices: Sequence[int], note: CutNote, usage: Usage) -> Sequence[Frame]:
        """The frames that end an answer that is longer than it may be; perhaps none. Nothing is fed after it."""
        ...

    def failed(self, error: GuardError, exchange: str) -> bytes:
        """What ends an answer that has begun and fails: an error and no end mark."""
        ...

    def amend(self, raw: bytes, amendments: Sequence[Amendment], exchange: str) -> bytes:
        """A frame as it would be handed on, with its tool calls amended; perhaps nothing."""
        ...

    def pulse(self) -> bytes:
        """What keeps a client's connection alive and means nothing; perhaps nothing."""
        ...


class Dialect(Protocol):
    """One wire API."""

    @property
    def name(self) -> str:
        """`openai.chat`, …"""
        ...

    def is_mark(self, text: str) -> bool:
        """Whether a string in the place of an identifier or the like is one, and no value."""
        ...

    def prompt(self, body: bytes) -> Prompt:
        """Raises MalformedRequest."""
        ...

    def rewritten(self, prompt: Prompt, changes: Rewrite) -> Prompt:
        """The request with members set or removed."""
        ...

    def stream(self, prompt: Prompt) -> AnswerReader:
        """A reader for a streamed answer."""
        ...

    def whole(self, prompt: Prompt) -> AnswerReader:
        """A reader for an answer in one JSON body."""
        ...

    def render(self, frame: Frame, texts: Sequence[str] | None) -> bytes:
        """A frame's bytes, as they came or with its texts replaced."""
        ...

    def refusal(self, error: GuardError, exchange: str, types: Sequence[str] = ()) -> bytes:
        """The body of an error answer."""
        ...


class BackendAnswer(Protocol):
    """The backend's answer as it arrives. Errors are already ours."""

    @property
    def status(self) -> int:
        """HTTP's."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """Names in lower case."""
        ...

    async def read(self) -> bytes:
        """The next bytes as they came; empty at the end. Raises BackendBroken, BackendTimeout."""
        ...

    def close(self) -> None:
        """Drops the connection at once, so that generation stops."""
        ...


class ClientSide(Protocol):
    """The client of one exchange, as the pump sees it. Writing to a client that has left does nothing."""

    async def start(self, status: int, headers: Sequence[tuple[str, str]]) -> None:
        """Sends the answer's head."""
        ...

    async def write(self, data: bytes) -> None:
        """Sends some of the body."""
        ...

    async def finish(self) -> None:
        """Ends the body."""
        ...

    async def gone(self) -> None:
        """Returns when the client has left."""
        ...


class Backend(Protocol):
    """A model server."""

    @property
    def name(self) -> str:
        """Its name in the configuration."""
        ...

    @property
    def kind(self) -> str:
        """Which server it is: `vllm`, `nim`, …"""
        ...

    @property
    def idle_s(self) -> float:
        """How long it may be silent within an answer."""
        ...

    @property
    def modalities(self) -> tuple[str, ...]:
        """What its models are declared to take: `text`, `image`, `audio`, `video`, `file`."""
        ...

    def call(self, call: BackendCall) -> Awaitable[BackendAnswer]:
        """Sends it and waits for the answer's head. Raises UpstreamError."""
        ...
