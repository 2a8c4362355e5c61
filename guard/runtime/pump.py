"""Drives one exchange from the client's request to the settled account, and owns what may go wrong on the way.

Read `Exchange.run` and `_serve` from top to bottom: they are the way of a token. The pump knows no wire format and no
policy; it performs I/O through its ports and lets the core decide. It is one of the two places where any exception is
caught: whatever happens, nothing uninspected leaves and the account is closed.
"""

import asyncio
import time
from collections.abc import Awaitable
from typing import Final

import msgspec
import structlog
from ulid import ULID

from guard.core.action import Action
from guard.core.approval import ApprovalQuestion
from guard.core.budget import BudgetClaim
from guard.core.call import BackendCall
from guard.core.channel import Channel
from guard.core.decision import Approval, Decision
from guard.core.entry import Opening, Status
from guard.core.facts import ClientFacts, RequestFacts
from guard.core.finding import Finding
from guard.core.grant import may_use
from guard.core.plan import Plan
from guard.core.point_decision import AnswerDecision
from guard.core.prompt import Prompt
from guard.core.tier import Tier
from guard.errors import (
    BackendUnreachable,
    ClientStalled,
    Forbidden,
    GuardError,
    InvariantError,
    ModelNotAllowed,
    RequestError,
    Unpriced,
)
from guard.metering.usage import estimate
from guard.ports import (
    Backend,
    BackendAnswer,
    ClientSide,
    Vault,
)
from guard.runtime.account import Account
from guard.runtime.allowance import Allowance, allow, most_tokens
from guard.runtime.approval import refusal
from guard.runtime.budgeting import answer_bounds, answer_limit, prompt_bound, reads_budget, within_purse
from guard.runtime.consult import Consult
from guard.runtime.facts import Asker, answer_facts, chars_of, request_facts
from guard.runtime.header import forwarded, idempotency_of
from guard.runtime.inspection import Engines
from guard.runtime.pace import Pace
from guard.runtime.parts import Call, Parts
from guard.runtime.prompt_check import Outcome, PromptCheck
from guard.runtime.relay import Relay
from guard.runtime.reply import Reply
from guard.runtime.rewriting import rewrite_of
from guard.runtime.telemetry import place_of
from guard.runtime.tiering import need_model, need_room, within
from guard.runtime.tool.desk import ToolDesk
from guard.runtime.tool.scene import ToolScene
from guard.runtime.trail import Trail
from guard.runtime.turnstile import Place
from guard.upstream.parameter import priority_members

_log: Final = structlog.get_logger("guard.exchange")

RESPONSE: Final = "response"
"""The entry point that decides on findings in answers."""

SYSTEM_ROLES: Final = frozenset({"system", "developer"})


class _ClientLeft(Exception):
    """The client closed its connection."""


class Exchange:
    """One exchange. `run` it once."""

    def __init__(self, parts: Parts, call: Call, client: ClientSide) -> None:
        self.id = str(ULID())
        self._parts = parts
        self._call = call
        self._policy = parts.policies.engine(call.identity, self.id)
        """What decides, to the end: it stays when newer policies come."""
        self._reply = Reply(client, call.dialect, self.id)
        self._client = client
        self._account: Account | None = None
        self._relay: Relay | None = None
        self._allowance: Allowance | None = None
        self._place: Place | None = None
        self._answer: BackendAnswer | None = None
        self._trail = Trail(self.id, parts.record)
        self._asked_of: RequestFacts | None = None
        """What the policy was told about the request."""
        self._conversation = b""
        """Names the conversation that it is a part of, once the request has been read."""

    async def run(self) -> None:
        """Serves it, whatever happens, and settles its account. Raises nothing but cancellation of the server's own."""
        try:
            await self._serve_watched()
        except asyncio.CancelledError:
            self._ends(Status.ABORTED, "shutdown")
            raise
        finally:
            self._settle()

    async def _serve_watched(self) -> None:
        """Serves until it is done or the client leaves, which ends the backend's work at once."""
        try:
            async with asyncio.TaskGroup() as group:
                watch = group.create_task(self._watch())
                await self._serve_safely()
                watch.cancel()
        except* _ClientLeft:
            if self._relay is not None and self._relay.complete:
                # Clients hang up on the end mark, sometimes before the backend has closed.
                self._relay.finished()
            else:
                self._ends(Status.ABORTED, "client_left")

    async def _watch(self) -> None:
        await self._client.gone()
        raise _ClientLeft

    async def _serve_safely(self) -> None:
        try:
            await self._serve_or_say()
        except ClientStalled as error:
            # Nobody takes what we have to say: returning without an end makes the server drop the connection.
            self._ends(Status.ABORTED, error.code)

    async def _serve_or_say(self) -> None:
        try:
            await self._serve()
        except ClientStalled:
            raise
        except RequestError as error:
            denied = isinstance(error, Forbidden)
            self._ends(Status.BLOCKED if denied else Status.FAILED, error.code)
            self._reply.decision = "deny" if denied else "error"
            await self._reply.fail(error, self._relay)
        except GuardError as error:
            self._ends(Status.FAILED, error.code)
            await self._reply.fail(error, self._relay)
        except Exception as error:  # noqa: BLE001
            # Our bug, or a library's: the client learns that it failed, the log which kind, and nobody the text.
            self._ends(Status.FAILED, InvariantError.code)
            _log.error("exchange_failed", exchange=self.id, error=type(error).__name__, at=place_of(error))
            await self._reply.fail(InvariantError("Guard failed on this exchange; its id is in the log."), self._relay)

    async def _serve(self) -> None:
        prompt = self._call.dialect.prompt(self._call.body)
        self._need_grant(prompt.model)
        backend = self._parts.router.route(prompt.model)
        account = self._open_account(prompt, backend)
        tier = self._parts.tiers.of(self._call.identity)
        need_model(tier, prompt.model)
        tokens = estimate(chars_of(prompt), 0)
        need_room(tier, tokens)
        tokens = most_tokens(prompt, tier, tokens, self._call.dialect.name)
        await self._allow(tier, tokens)
        self._conversation = self._parts.conversations.name(self._call.identity, _opening(prompt))
        check = await self._checked(prompt)
        facts = self._facts(prompt, backend, check)
        if reads_budget(self._policy.reads):
            facts = msgspec.structs.replace(facts, budget=await self._parts.budgets.left(self._call.identity))
        self._asked_of = facts
        with self._trail.stage("policy"):
            decision = await self._policy.request(facts)
        account.generation = decision.generation
        if decision.deny:
            account.decision = "deny"
            raise Forbidden(" ".join(denial.message for denial in decision.deny))
        asked, decision = prompt, within(decision, tier)
        account.labels, account.pictures = decision.labels, _pictures(prompt)
        backend = self._routed(prompt, backend, decision, account)
        facts = msgspec.structs.replace(facts, backend=backend.name)
        self._need_price(account)
        desk = self._desk(ToolScene(facts, asked, check))
        vault = self._open_vault(prompt, check)
        outcome = check.apply(decision.prompt_plan(), decision.members, vault.hide)
        account.decision = self._reply.decision = outcome.action.word
        account.types.update(dict.fromkeys(outcome.types))
        if outcome.action is Action.BLOCK:
            account.ends(Status.BLOCKED, "content_filter")
            await self._reply.block_prompt(outcome.types)
            return
        if decision.require_approval is not None:
            await self._await_approval(decision.require_approval, prompt, backend, account)
        decision = await self._reserved(decision, prompt, account)
        prompt = self._rewritten(prompt, backend, decision, tier)
        with self._trail.stage("queue"):
            self._place = await self._parts.turnstile.enter(backend.name, tier, self._call.identity.tenant, tokens)
        await self._forward(prompt, decision, backend, outcome, account, vault, desk)

    async def _allow(self, tier: Tier, tokens: int) -> None:
        """Takes what the request may come to of the tenant's limits. Raises RateLimited, CountersUnavailable."""
        allowance = await allow(self._parts.counters, tier, self._call.identity, self.id, tokens)
        if allowance is None:
            return
        self._allowance, self._reply.limits = allowance, allowance.headers
        if allowance.refusal is not None:
            raise allowance.refusal

    async def _reserved(self, decision: Decision, prompt: Prompt, account: Account) -> Decision:
        """The decision with the limits that its budgets leave. Raises BudgetExhausted and what counting may."""
        dialect = self._call.dialect.name
        most, least = answer_bounds(prompt, decision.limits, dialect)
        purse = account.purse = await self._parts.budgets.reserve(
            BudgetClaim(
                exchange=self.id,
                identity=self._call.identity,
                labels=decision.labels,
                model=account.model,
                prompt_tokens=prompt_bound(prompt),
                answer_tokens=most,
                least_tokens=least,
                at_ms=account.started_ms,
                pictures=account.pictures,
                media=bool(prompt.media),
            )
        )
        limits = within_purse(decision.limits, purse, prompt, dialect)
        return decision if limits == decision.limits else msgspec.structs.replace(decision, limits=limits)

    async def _await_approval(self, wanted: Approval, prompt: Prompt, backend: Backend, account: Account) -> None:
        """Waits for a person, without a head: the status may yet have to be 403. Raises Forbidden."""
        question = ApprovalQuestion(
            id=str(ULID()),
            exchange=self.id,
            identity=self._call.identity,
            point="request",
            reason=wanted.reason,
            timeout_s=wanted.timeout_s,
            model=prompt.model if self._call.dialect.is_mark(prompt.model) else "",
            backend=backend.name,
        )
        verdict = await self._parts.approvals.ask(question)
        account.waited_s += verdict.waited_s
        if (error := refusal(verdict)) is not None:
            account.decision = "deny"
            raise error

    async def _checked(self, prompt: Prompt) -> PromptCheck:
        """What the engines make of a prompt."""
        parts, trail = self._parts, self._trail
        with trail.stage("read"):
            check = PromptCheck(prompt, (*parts.engines.inline, *parts.prompt_rules))
        if parts.classifier is not None:
            with trail.stage("classify"):
                await check.classify(parts.classifier)
        if parts.names is not None:
            with trail.stage("names"):
                await check.read(parts.names)
        trail.prompt(prompt, check)
        return check

    async def _forward(
        self,
        prompt: Prompt,
        decision: Decision,
        backend: Backend,
        outcome: Outcome,
        account: Account,
        vault: Vault,
        desk: ToolDesk | None,
    ) -> None:
        dialect = self._call.dialect
        body = dialect.render(prompt.frame, outcome.texts)
        headers = (("content-type", "application/json"), *_without_type(forwarded(self._call.headers, dialect.is_mark)))
        account.ask()
        call = BackendCall("POST", self._call.path, headers, body, prompt.stream)
        with self._trail.stage("backend"):
            try:
                answer = self._answer = await backend.call(call)
            except BackendUnreachable:
                account.asked = False
                raise
        account.asked = answer.status == 200
        streamed = prompt.stream and answer.headers.get("content-type", "").startswith("text/event-stream")
        reader = dialect.stream(prompt) if streamed else dialect.whole(prompt)
        engines, plan = self._engines(prompt, vault), decision.answer_plan()
        pace = Pace(decision.limits.tokens_per_s)
        consult = self._consult(plan)
        sinks = vault, pace, consult, desk, answer_limit(decision.limits, account.purse, prompt) if streamed else None
        relay = self._relay = Relay(
            reader, answer, self._reply, dialect, engines, plan, account, backend.idle_s, *sinks
        )
        if answer.status != 200:
            await relay.refusal()
        elif streamed:
            await relay.stream(self._parts.lull_s)
        else:
            await relay.whole(prompt.choices)

    def _need_grant(self, model: str) -> None:
        """Before anything is told of the model. Where a policy sends a request is not bound by it."""
        if not may_use(self._call.models, model):
            raise ModelNotAllowed("This key is not good for this model: ask for one that it was made for.")

    def _need_price(self, account: Account) -> None:
        """A model without a price is served only where that is wanted, and never unnoticed. Raises Unpriced."""
        if self._parts.rater is None or account.priced:
            return
        _log.warning("unpriced", exchange=self.id)
        if not self._parts.unpriced:
            raise Unpriced("This model has no price here, so it is not served: ask the operator to add it to the book.")

    def _desk(self, scene: ToolScene) -> ToolDesk | None:
        """Who rules on tool calls; None if the policy has no rules for them."""
        if "tool" not in self._policy.points:
            return None
        return ToolDesk(self._policy, scene, self.id, self._call.dialect.is_mark, self._parts.approvals)

    def _routed(self, prompt: Prompt, backend: Backend, decision: Decision, account: Account) -> Backend:
        """Where the policy wants it to go. Raises PolicyError, NotFound."""
        if decision.route is not None:
            named, model = decision.route.backend, decision.route.model or prompt.model
            backend = self._parts.router.named(named) if named else self._parts.router.route(model)
            account.served_by(model, backend.name)
        return backend

    def _rewritten(self, prompt: Prompt, backend: Backend, decision: Decision, tier: Tier) -> Prompt:
        """The request as the policy and the limits want it. Raises PolicyError."""
        told = backend.name in self._parts.prioritised
        priority = priority_members(backend.kind, tier.priority, told) if tier.name else {}
        changes = rewrite_of(decision, prompt, backend.kind, self._call.dialect.name, priority)
        return self._call.dialect.rewritten(prompt, changes) if changes else prompt

    def _consult(self, plan: Plan) -> Consult | None:
        """Who asks the policy about findings in the answer, if it has rules for them."""
        request = self._asked_of
        if request is None or RESPONSE not in self._policy.points:
            return None

        policy = self._policy  # not `self`: a circle would keep the exchange, and with it replaced policies

        def ask(finding: Finding, channel: Channel, chars: int) -> Awaitable[AnswerDecision]:
            return policy.response(answer_facts(request, finding, channel, chars))

        return Consult(ask, plan)

    def _engines(self, prompt: Prompt, vault: Vault) -> Engines:
        """Who inspects the answer; with a system prompt, also a rule that keeps it from being told."""
        engines = self._parts.engines
        spoken = zip(prompt.frame.slots, prompt.roles, strict=True) if prompt.roles else ()
        rule = self._parts.leak(tuple(slot.text for slot, role in spoken if role in SYSTEM_ROLES))
        own = tuple(engine for engine in (rule, vault.engine) if engine is not None)
        return Engines((*engines.inline, *own), engines.deferred) if own else engines

    def _open_vault(self, prompt: Prompt, check: PromptCheck) -> Vault:
        texts = [slot.text for slot in prompt.frame.slots]
        return self._parts.vaults.open(self._call.identity, texts, _opening(prompt), check.lookalikes)

    def _open_account(self, prompt: Prompt, backend: Backend) -> Account:
        who = self._call.identity
        opening = Opening(
            exchange=self.id,
            tenant=who.tenant,
            key=who.key,
            tier=who.tier,
            dialect=self._call.dialect.name,
            model=prompt.model,
            backend=backend.name,
            stream=prompt.stream,
            started_ms=time.time_ns() // 1_000_000,
            idempotency=idempotency_of(self._call.headers, self._call.dialect.is_mark),
        )
        self._account = Account(self._parts.ledger, opening, chars_of(prompt), self._parts.rater, self._parts.energy)
        return self._account

    def _facts(self, prompt: Prompt, backend: Backend, check: PromptCheck) -> RequestFacts:
        asker = Asker(
            identity=self._call.identity,
            client=ClientFacts(self._call.address),
            dialect=self._call.dialect.name,
            route=f"/v1{self._call.path}",
            backend=backend.name,
            modalities=backend.modalities,
            conversation=self._parts.conversations.recall(self._conversation),
        )
        return request_facts(asker, prompt, check, self._policy.reads, self._parts.language)

    def _ends(self, status: Status, reason: str) -> None:
        if self._account is not None:
            self._account.ends(status, reason)

    def _settle(self) -> None:
        try:
            self._close()
        finally:
            self._give_back(self._account.tokens if self._account is not None else 0)

    def _close(self) -> None:
        if self._answer is not None:
            self._answer.close()
        relay, account = self._relay, self._account
        if relay is not None:
            relay.close()
        if account is not None:
            if relay is None:
                account.close(None)
            else:
                account.close(relay.guard, relay.withheld_chars)
            self._trail.end(relay.guard if relay is not None else None, account.first_ms)
            if self._conversation:
                self._parts.conversations.note(self._conversation, account.decision, tuple(account.types))
            say = _log.debug if account.status is Status.COMPLETED else _log.info
            waited = {"waited_s": round(account.waited_s, 3)} if account.waited_s else {}
            say("exchange", exchange=self.id, status=account.status.value, reason=account.reason, **waited)

    def _give_back(self, tokens: int) -> None:
        """The exchange came to so many tokens: whoever waits for its places and limits may have them."""
        if self._place is not None:
            self._place.leave(tokens)
        if self._allowance is not None:
            self._allowance.settle(tokens)


def _pictures(prompt: Prompt) -> int:
    return sum(part.count for part in prompt.media if part.kind == "image")


def _opening(prompt: Prompt) -> str:
    """How the conversation begins: all up to its first message that is not the operator's."""
    said: list[str] = []
    roles = prompt.roles or ("user",) * len(prompt.frame.slots)
    for slot, role in zip(prompt.frame.slots, roles, strict=True):
        said.append(slot.text)
        if role and role not in SYSTEM_ROLES:
            break
    return "\0".join(said)


def _without_type(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple(header for header in headers if header[0] != "content-type")
