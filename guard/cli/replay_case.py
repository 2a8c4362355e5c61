"""From what the record holds of an exchange to what a replay asks policies about."""

from collections.abc import Iterator

import msgspec

from guard.core.answer_facts import AnswerFacts
from guard.core.decision import Decision
from guard.core.facts import RequestFacts
from guard.core.point_decision import AnswerDecision, ToolDecision
from guard.core.record import FindingRecord, RecordedDecision, RecordedExchange
from guard.core.tool_facts import ToolFacts
from guard.core.usage import Usage
from guard.errors import PolicyError
from guard.policy.decision import parse_decision
from guard.policy.point_decision import parse_answer, parse_tool
from guard.replay.case import AnswerCase, Case, Seen, ToolCase


def case_of(recorded: RecordedExchange) -> Case:
    """One exchange. What of it this version of Guard can't read is as if it had not been recorded."""
    opening, closing, timings = recorded.opening, recorded.closing, recorded.timings
    request = next((one for one in recorded.decisions if one.point == "request"), None)
    facts, decision = _request(request) if request is not None else (None, None)
    return Case(
        exchange=opening.exchange,
        started_ms=opening.started_ms,
        tenant=opening.tenant,
        model=opening.model,
        backend=opening.backend,
        generation=request.generation if request is not None else "",
        facts=facts,
        recorded=decision,
        prompt=tuple(_seen(one) for one in recorded.findings if one.direction == "prompt"),
        answer=tuple(_seen(one) for one in recorded.findings if one.direction == "answer"),
        tools=tuple(_tools(recorded)),
        answers=tuple(_answers(recorded)),
        status=closing.status if closing is not None else None,
        usage=closing.usage if closing is not None else Usage(),
        first_ms=closing.first_ms if closing is not None else None,
        total_ms=closing.total_ms if closing is not None else None,
        models_ms=(timings.classify_ms or 0.0) + (timings.names_ms or 0.0),
        backend_ms=timings.backend_ms,
    )


def _request(one: RecordedDecision) -> tuple[RequestFacts | None, Decision | None]:
    try:
        facts = msgspec.json.decode(one.facts, type=RequestFacts)
        return facts, parse_decision(msgspec.json.decode(one.result), one.generation) if one.result else None
    except (msgspec.MsgspecError, PolicyError):
        return None, None


def _tools(recorded: RecordedExchange) -> Iterator[ToolCase]:
    for one in recorded.decisions:
        if one.point != "tool":
            continue
        try:
            decision: ToolDecision | None = None
            if one.result:
                decision = parse_tool(msgspec.json.decode(one.result), one.generation)
            yield ToolCase(msgspec.json.decode(one.facts, type=ToolFacts), decision)
        except (msgspec.MsgspecError, PolicyError):
            continue


def _answers(recorded: RecordedExchange) -> Iterator[AnswerCase]:
    for one in recorded.decisions:
        if one.point != "response":
            continue
        try:
            decision: AnswerDecision | None = None
            if one.result:
                decision = parse_answer(msgspec.json.decode(one.result), one.generation)
            yield AnswerCase(msgspec.json.decode(one.facts, type=AnswerFacts), decision)
        except (msgspec.MsgspecError, PolicyError):
            continue


def _seen(one: FindingRecord) -> Seen:
    return Seen(one.type, one.group, one.severity, one.engine, one.path, one.count, one.score, one.threshold)
