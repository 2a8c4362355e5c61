"""From decisions to an outcome: the plans of a decision applied to what was found in a recorded exchange.

An effect is counted once an exchange, whatever the number of findings, since the record has the highest score of each
type and place and no other. What comes behind a denial or a blocked prompt does not happen and has no effect.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from guard.core.action import Action
from guard.core.decision import Decision
from guard.core.facts import RequestFacts, Scalar
from guard.core.finding import Finding
from guard.core.plan import FailureMode, Plan
from guard.core.point_decision import ToolDecision
from guard.core.taxonomy import CLASSIFIERS
from guard.replay.case import Case, Seen
from guard.replay.effect import ANSWER, PROMPT, Bill, Effect, Kind, Outcome, Verdict

_MEMBER: Final = "POLICY_MEMBER"
_BROKEN: Final = ("ERROR", "TIMEOUT")
_CHARS_PER_TOKEN: Final = 4
"""For prompts whose tokens were not counted, as the ledger estimates them."""

Effects = Iterator[Effect]


class Judgement(msgspec.Struct, frozen=True):
    """What one policy said about one exchange. `request` None: it gave no usable decision, and the exchange fails.

    `tools` and `answers` are of the case's tool calls and of what was found in its answer, in their order; `answers`
    hold actions that go before the plan's, None where there is none.
    """

    request: Decision | None
    tools: tuple[ToolDecision | None, ...] = ()
    answers: tuple[Action | None, ...] = ()


def outcome(case: Case, facts: RequestFacts, said: Judgement) -> Outcome:
    """What becomes of the exchange."""
    if said.request is None:
        return Outcome(Verdict.FAILED, frozenset({_effect(Kind.FAILED, "policy_error")}), Bill(facts.model))
    decision = said.request
    ends = _ended(case, facts, decision)
    if ends is not None:
        return Outcome(ends[0], frozenset((*ends[1], *_labels(decision))), Bill(facts.model))
    effects = {*_request(facts, decision), *_labels(decision), *_found(case.prompt, decision.prompt_plan(), PROMPT)}
    effects |= {*_answered(case.answer, decision.answer_plan(), said.answers), *_called(case, said.tools)}
    blocked = any(effect.kind == Kind.ANSWER_BLOCKED.value for effect in effects)
    waits = decision.require_approval is not None
    verdict = Verdict.BLOCKED if blocked else Verdict.APPROVAL if waits else Verdict.SERVED
    return Outcome(verdict, frozenset(effects), _bill(case, facts, decision))


def _ended(case: Case, facts: RequestFacts, decision: Decision) -> tuple[Verdict, list[Effect]] | None:
    """How it ends before a backend is asked; None if it goes on."""
    if decision.deny:
        return Verdict.DENIED, [_effect(Kind.DENIED, denial.code) for denial in decision.deny]
    plan = decision.prompt_plan()
    if broken := [one.name for one in facts.engines if one.status in _BROKEN and _needed(one.name, plan)]:
        return Verdict.FAILED, [_effect(Kind.FAILED, f"{name} gave no verdict") for name in broken]
    found = [*_found(case.prompt, plan, PROMPT), *_members(facts, decision, plan)]
    blocked = [effect for effect in found if effect.kind == Kind.PROMPT_BLOCKED.value]
    return (Verdict.BLOCKED, blocked) if blocked else None


def _needed(engine: str, plan: Plan) -> bool:
    if plan.on_failure is FailureMode.RELEASE:
        return False
    return engine not in CLASSIFIERS or plan.classifiers is None or engine in plan.classifiers


def _found(seen: Iterable[Seen], plan: Plan, kinds: Mapping[Action, Kind]) -> Effects:
    for one in seen:
        action = plan.action(one.finding)
        if action is not Action.ALLOW:
            yield _effect(kinds[action], one.type)


def _answered(seen: Sequence[Seen], plan: Plan, said: Sequence[Action | None]) -> Effects:
    for number, one in enumerate(seen):
        own = said[number] if number < len(said) else None
        action = plan.action(one.finding) if own is None or not plan.counts(one.finding) else own
        if action is not Action.ALLOW:
            yield _effect(ANSWER[action], one.type)


def _members(facts: RequestFacts, decision: Decision, plan: Plan) -> Effects:
    """There is no text to redact in a member: what is not merely flagged is blocked."""
    refused = [name for name in facts.members if not _allowed(name, decision.members)]
    action = plan.action(Finding(_MEMBER, 0, 0))
    if refused and action is not Action.ALLOW:
        yield _effect(Kind.PROMPT_FLAGGED if action is Action.FLAG else Kind.PROMPT_BLOCKED, _MEMBER)


def _allowed(member: str, allowed: Sequence[str]) -> bool:
    return any(member == name or member.startswith(f"{name}.") for name in allowed)


def _request(facts: RequestFacts, decision: Decision) -> Effects:
    """What a decision does to a request that it lets through."""
    if decision.require_approval is not None:
        yield _effect(Kind.APPROVAL, "require_approval")
    yield from _members(facts, decision, decision.prompt_plan())
    if decision.route is not None:
        backend, model = decision.route.backend or facts.backend, decision.route.model or facts.model
        if (backend, model) != (facts.backend, facts.model):
            yield _effect(Kind.ROUTED, f"{backend}/{model}")
    yield from _limited(facts, decision)
    yield from (_effect(Kind.REWRITTEN, name) for name in _rewritten(facts.parameters, decision))


def _labels(decision: Decision) -> Effects:
    """They go to the audit whatever becomes of the exchange."""
    return (_effect(Kind.LABELLED, f"{name}={value}") for name, value in decision.labels.items())


def _limited(facts: RequestFacts, decision: Decision) -> Effects:
    limits = decision.limits
    if limits.max_tokens is not None and (facts.max_tokens is None or facts.max_tokens > limits.max_tokens):
        yield _effect(Kind.LIMITED, f"max_tokens={limits.max_tokens}")
    if limits.tokens_per_s is not None:
        yield _effect(Kind.LIMITED, f"tokens_per_s={limits.tokens_per_s:g}")
    if limits.thinking_tokens is not None:
        yield _effect(Kind.LIMITED, f"thinking_tokens={limits.thinking_tokens}")


def _rewritten(own: Mapping[str, Scalar], decision: Decision) -> Iterator[str]:
    """The parameters that would not travel as they came."""
    rules = decision.parameters
    for name, value in own.items():
        most = rules.max.get(name)
        over = most is not None and isinstance(value, int | float) and not isinstance(value, bool) and value > most
        if over or (rules.allow is not None and name not in rules.allow and name not in rules.force):
            yield name
    for name, value in rules.force.items():
        if name not in own or own[name] != value:
            yield name


def _called(case: Case, said: Sequence[ToolDecision | None]) -> Effects:
    for tool, decision in zip(case.tools, said, strict=False):
        name = tool.facts.tool.name
        if decision is None:
            yield _effect(Kind.TOOL_DENIED, f"{name}: policy_error")
            continue
        yield from (_effect(Kind.TOOL_DENIED, f"{name}: {denial.code}") for denial in decision.deny)
        if decision.deny:
            continue
        if decision.require_approval is not None:
            yield _effect(Kind.TOOL_APPROVAL, name)
        if decision.redact:
            yield _effect(Kind.TOOL_REDACTED, name)
        if decision.bounds:
            yield _effect(Kind.TOOL_BOUNDED, name)


def _bill(case: Case, facts: RequestFacts, decision: Decision) -> Bill:
    """What its backend would count: the recorded answer, no longer than the decision's limit."""
    model = decision.route.model if decision.route is not None and decision.route.model else facts.model
    answered = case.usage.completion or 0
    if decision.limits.max_tokens is not None:
        answered = min(answered, decision.limits.max_tokens)
    counted = case.usage.prompt or facts.tokens or facts.prompt_chars // _CHARS_PER_TOKEN
    return Bill(model, counted, answered)


def _effect(kind: Kind, rule: str) -> Effect:
    return Effect(kind.value, rule)
