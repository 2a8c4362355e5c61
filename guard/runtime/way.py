"""The way of one request, from the client's bytes to the end of its answer, and what is settled behind it.

Read `Way.go` from top to bottom. It knows no wire format and no policy; it performs I/O through its ports and lets the
core decide. What may go wrong on the way, and who is told, is the pump's business.
"""

import time
from typing import Final

import msgspec
import structlog

from guard.core.action import Action
from guard.core.budget import BudgetClaim
from guard.core.call import BackendCall
from guard.core.decision import Approval, Decision
from guard.core.entry import Opening, Status
from guard.core.facts import ClientFacts, RequestFacts
from guard.core.grant import may_use
from guard.core.prompt import Prompt
from guard.core.tier import Tier
from guard.errors import (
    BackendUnreachable,
    Forbidden,
    ModelNotAllowed,
    Unpriced,
)
from guard.metering.usage import estimate
from guard.ports import (
    Backend,
    BackendAnswer,
    Vault,
)
from guard.runtime.account import Account
from guard.runtime.allowance import Allowance, allow, most_tokens
from guard.runtime.approval import refusal, request_question
from guard.runtime.budgeting import answer_bounds, answer_limit, prompt_bound, reads_budget, within_purse
from guard.runtime.conversation import opening_of
from guard.runtime.counting import SentPrompt
from guard.runtime.facts import Asker, chars_of, pictures_of, request_facts, texts_of
from guard.runtime.header import forwarded, idempotency_of, wants_usage, without_type
from guard.runtime.inspector import consult_of, desk_of, engines_of
from guard.runtime.pace import Pace
from guard.runtime.parts import Call, Parts
from guard.runtime.prompt_check import Outcome, PromptCheck
from guard.runtime.relay import Relay
from guard.runtime.reply import Reply, unknown_cost
from guard.runtime.rewriting import rewrite_of
from guard.runtime.tiering import need_model, need_room, within
from guard.runtime.tool.desk import ToolDesk
from guard.runtime.tool.scene import ToolScene
from guard.runtime.trail import Trail
from guard.runtime.turnstile import Place
from guard.upstream.parameter import priority_members

_log: Final = structlog.get_logger("guard.exchange")


class Way:
    """One exchange's way. `go` it once; `settle` it whatever happened."""

    def __init__(self, parts: Parts, call: Call, exchange: str, reply: Reply) -> None:
        self.id = exchange
        self.account: Account | None = None
        """Once the request has been read."""
        self.relay: Relay | None = None
        """Once a backend has answered."""
        self._parts = parts
        self._call = call
        self._policy = parts.policies.engine(call.identity, exchange)
        """What decides, to the end: it stays when newer policies come."""
        self._reply = reply
        self._allowance: Allowance | None = None
        self._place: Place | None = None
        self._answer: BackendAnswer | None = None
        self._trail = Trail(exchange, parts.record, parts.timed)
        self._asked_of: RequestFacts | None = None
        """What the policy was told about the request."""
        self._conversation = b""
        """Names the conversation that it is a part of, once the request has been read."""

    async def go(self) -> None:
        """Serves the request. Raises GuardError, ClientStalled."""
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
        self._conversation = self._parts.conversations.name(self._call.identity, opening_of(prompt))
        check = await self._checked(prompt)
        account.guard_tokens += check.tokens
        facts, decision = await self._decided(self._facts(prompt, backend, check), account)
        asked, decision = prompt, within(decision, tier)
        account.labels, account.pictures = decision.labels, pictures_of(prompt)
        backend = self._routed(prompt, backend, decision, account)
        facts = msgspec.structs.replace(facts, backend=backend.name)
        self._need_price(account)
        self._reply.cost = self._cost
        desk = desk_of(self._parts, self._policy, ToolScene(facts, asked, check), self._call.dialect.is_mark, self.id)
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
        account.queued_s = self._place.waited_s if self._place is not None else 0.0
        await self._forward(prompt, decision, backend, outcome, account, vault, desk)

    async def _decided(self, facts: RequestFacts, account: Account) -> tuple[RequestFacts, Decision]:
        """What the policy says, and all that it was told. Raises Forbidden, PolicyError."""
        if reads_budget(self._policy.reads):
            facts = msgspec.structs.replace(facts, budget=await self._parts.budgets.left(self._call.identity))
        self._asked_of = facts
        with self._trail.stage("policy"):
            decision = await self._policy.request(facts)
        account.generation = decision.generation
        if decision.deny:
            account.decision = "deny"
            raise Forbidden(" ".join(denial.message for denial in decision.deny))
        return facts, decision

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
        account.answer_bound = most if purse.answer_tokens is None else purse.answer_tokens
        limits = within_purse(decision.limits, purse, prompt, dialect)
        return decision if limits == decision.limits else msgspec.structs.replace(decision, limits=limits)

    async def _await_approval(self, wanted: Approval, prompt: Prompt, backend: Backend, account: Account) -> None:
        """Waits for a person, without a head: the status may yet have to be 403. Raises Forbidden."""
        model = prompt.model if self._call.dialect.is_mark(prompt.model) else ""
        question = request_question(self.id, self._call.identity, wanted, model, backend.name)
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
        headers = (("content-type", "application/json"), *without_type(forwarded(self._call.headers, dialect.is_mark)))
        texts = outcome.texts or texts_of(prompt)
        account.ask(SentPrompt(texts, len(prompt.messages), account.pictures, prompt.aside_chars))
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
        engines, plan = engines_of(self._parts, prompt, vault), decision.answer_plan()
        pace = Pace(decision.limits.tokens_per_s)
        consult = consult_of(self._policy, self._asked_of, plan)
        limit = answer_limit(decision.limits, account.purse, prompt) if streamed else None
        sinks = vault, pace, consult, desk, limit, streamed and wants_usage(self._call.headers)
        relay = self.relay = Relay(reader, answer, self._reply, dialect, engines, plan, account, backend.idle_s, *sinks)
        self._parts.answers.add(relay)
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

    def _cost(self) -> int | None:
        """What the exchange came to by now, as it would be settled."""
        guard = self.relay.guard if self.relay is not None else None
        return self.account.price(self.account.usage(guard)).cost_nanousd if self.account is not None else None

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

    def _open_vault(self, prompt: Prompt, check: PromptCheck) -> Vault:
        texts = [slot.text for slot in prompt.frame.slots]
        return self._parts.vaults.open(self._call.identity, texts, opening_of(prompt), check.lookalikes)

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
        self.account = Account(
            self._parts.ledger, opening, chars_of(prompt), self._parts.rater, self._parts.energy, self._parts.tokenizers
        )
        return self.account

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

    async def count(self) -> None:
        """Lets what nobody reported be counted, before it is settled."""
        if self.account is not None:
            await self.account.count(self.relay.guard if self.relay is not None else None)

    def settle(self) -> None:
        """Closes what is open, accounts for what was used, and gives places and limits back. Once."""
        try:
            self._close()
        finally:
            self._give_back(self.account.tokens if self.account is not None else 0)
            self._reply.cost = unknown_cost  # It leads back here.

    def _close(self) -> None:
        if self._answer is not None:
            self._answer.close()
        relay, account = self.relay, self.account
        if relay is not None:
            self._parts.answers.discard(relay)
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
