"""Asks a policy about a recorded exchange, at each of its entry points, as the runtime would have."""

from guard.core.action import Action
from guard.core.answer_facts import AnswerFacts
from guard.core.decision import Decision
from guard.core.facts import FindingFacts, RequestFacts
from guard.core.point_decision import ToolDecision
from guard.errors import PolicyError
from guard.ports import PolicyEngine
from guard.replay.case import Case, Seen, ToolCase
from guard.replay.outcome import Judgement


def remembered(case: Case) -> Judgement:
    """What was decided then."""
    return Judgement(
        request=case.recorded,
        tools=tuple(tool.recorded for tool in case.tools),
        answers=tuple(_recorded_action(case, seen) for seen in case.answer),
    )


async def judged(engine: PolicyEngine, case: Case, facts: RequestFacts) -> Judgement:
    """What a policy decides now. One that gives no usable decision fails closed, as it would serve."""
    try:
        request: Decision | None = await engine.request(facts)
    except PolicyError:
        return Judgement(request=None)
    if request is None or request.deny:
        return Judgement(request=request)
    tools = [await _tool(engine, tool) for tool in case.tools] if "tool" in engine.points else []
    answers = [await _answer(engine, case, facts, seen) for seen in case.answer] if "response" in engine.points else []
    return Judgement(request, tuple(tools), tuple(answers))


async def _tool(engine: PolicyEngine, tool: ToolCase) -> ToolDecision | None:
    try:
        return await engine.tool(tool.facts)
    except PolicyError:
        return None


async def _answer(engine: PolicyEngine, case: Case, facts: RequestFacts, seen: Seen) -> Action | None:
    told = next((one.facts for one in case.answers if _is_of(one.facts, seen)), None) or _answer_facts(facts, seen)
    try:
        return (await engine.response(told)).action
    except PolicyError:
        return Action.BLOCK


def _recorded_action(case: Case, seen: Seen) -> Action | None:
    for one in case.answers:
        if _is_of(one.facts, seen):
            return one.recorded.action if one.recorded is not None else Action.BLOCK
    return None


def _is_of(facts: AnswerFacts, seen: Seen) -> bool:
    return (facts.finding.type, facts.field) == (seen.type, seen.path)


def _answer_facts(facts: RequestFacts, seen: Seen) -> AnswerFacts:
    """What the policy would have been told; how far the answer had come is not recorded."""
    return AnswerFacts(
        identity=facts.identity,
        model=facts.model,
        backend=facts.backend,
        dialect=facts.dialect,
        stream=facts.stream,
        now=facts.now,
        field=seen.path,
        choice=0,
        chars=0,
        finding=FindingFacts(seen.type, seen.group, seen.severity, seen.count, seen.score, seen.engine, seen.path),
        client=facts.client,
        scores=facts.scores,
        conversation=facts.conversation,
    )
