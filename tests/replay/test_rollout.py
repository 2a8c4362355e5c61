"""What a replay says: each row is a recorded exchange, two policies that differ in one rule, and what changes."""

from pathlib import Path

import msgspec
import pytest

from guard.core.action import Action
from guard.core.answer_facts import AnswerFacts
from guard.core.decision import Approval, Decision, Denial, Parameters, Route, TokenLimits
from guard.core.entry import Status
from guard.core.facts import ConversationFacts, EngineFacts, FindingFacts, Identity, MessageFacts
from guard.core.point_decision import AnswerDecision, ToolDecision
from guard.core.tool_facts import OneCall, ToolFacts
from guard.core.usage import Usage
from guard.replay.case import AnswerCase, Case, ToolCase
from guard.replay.load import Price
from guard.replay.report import Report
from guard.replay.rollout import replay
from guard.replay.summary import MOST_ROWS, OTHER, Summary
from tests.replay.exchanges import case, facts, policy, seen

EMAIL = (seen("EMAIL_ADDRESS", path="$.messages.content"),)
UNSURE = seen("UNSAFE_VIOLENCE", score=0.7, engine="unsafe", threshold=0.75)
CALL = ToolFacts(
    identity=Identity("acme", "web", "free"),
    model="small-model",
    backend="local",
    dialect="openai.chat",
    stream=True,
    now="2026-03-01T12:00:00Z",
    tool=OneCall("send_mail", offered=True, valid=True, arguments={"to": "a"}),
)
TOOLS = (ToolCase(CALL, ToolDecision()),)

CHANGES = [
    ("nothing differs", case(), 'request := {"actions": {}}', set()),
    (
        "a model is denied",
        case(),
        'request := {"deny": [{"code": "not_here", "message": "no"}]}',
        {("denied", "not_here", 1, 0)},
    ),
    (
        "a denial with a label",
        case(),
        'request := {"deny": [{"code": "not_here", "message": "no"}], "labels": {"pack": "gdpr"}}',
        {("denied", "not_here", 1, 0), ("labelled", "pack=gdpr", 1, 0)},
    ),
    (
        "a denial is dropped",
        case(recorded=Decision(deny=(Denial("not_here", "no"),)), usage=Usage(prompt=0, completion=0)),
        "request := {}",
        {("denied", "not_here", 0, 1)},
    ),
    (
        "what was allowed is redacted in the prompt and not in the answer",
        case(prompt=EMAIL, answer=(seen("EMAIL_ADDRESS"),)),
        'request := {"prompt_actions": {"pii.direct": "redact"}}',
        {("prompt redacted", "EMAIL_ADDRESS", 1, 0)},
    ),
    (
        "what was redacted is blocked: nothing else happens to the exchange",
        case(prompt=(*EMAIL, seen("IBAN_CODE")), recorded=Decision(actions={"pii": Action.REDACT})),
        'request := {"actions": {"pii": "redact", "IBAN_CODE": "block"}}',
        {
            ("prompt blocked", "IBAN_CODE", 1, 0),
            ("prompt redacted", "EMAIL_ADDRESS", 0, 1),
            ("prompt redacted", "IBAN_CODE", 0, 1),
        },
    ),
    (
        "a lower threshold counts a finding that the model itself would not",
        case(answer=(UNSURE,), recorded=Decision(actions={"unsafe": Action.BLOCK})),
        'request := {"actions": {"unsafe": "block"}, "thresholds": {"unsafe": 0.6}}',
        {("answer blocked", "UNSAFE_VIOLENCE", 1, 0)},
    ),
    (
        "a classifier that no longer counts",
        case(answer=(seen("UNSAFE_VIOLENCE", 0.9, "unsafe"),), recorded=Decision(actions={"unsafe": Action.FLAG})),
        'request := {"actions": {"unsafe": "flag"}, "classifiers": ["injection"]}',
        {("answer flagged", "UNSAFE_VIOLENCE", 0, 1)},
    ),
    (
        "a member that may no longer pass",
        case(told=facts(members=("documents.text",)), recorded=Decision(members=("documents",))),
        'request := {"actions": {"*": "redact"}}',
        {("prompt blocked", "POLICY_MEMBER", 1, 0)},
    ),
    (
        "an engine that failed must not be done without",
        case(told=facts(engines=(EngineFacts("unsafe", "TIMEOUT"),)), recorded=Decision(classifiers=())),
        "request := {}",
        {("failed", "unsafe gave no verdict", 1, 0)},
    ),
    (
        "the route and the model",
        case(),
        'request := {"route": {"backend": "eu", "model": "large-model"}}',
        {("routed", "eu/large-model", 1, 0)},
    ),
    (
        "a route that leads where the request goes anyway is none",
        case(recorded=Decision(route=Route(backend="local"))),
        'request := {"route": {"model": "small-model"}}',
        set(),
    ),
    (
        "limits that bite, and one that is as wide as what was asked for",
        case(told=facts(max_tokens=100)),
        'request := {"limits": {"max_tokens": 100, "tokens_per_s": 50, "thinking_tokens": 10}}',
        {("limited", "tokens_per_s=50", 1, 0), ("limited", "thinking_tokens=10", 1, 0)},
    ),
    (
        "the token limit",
        case(recorded=Decision(limits=TokenLimits(max_tokens=500))),
        'request := {"limits": {"max_tokens": 50}}',
        {("limited", "max_tokens=500", 0, 1), ("limited", "max_tokens=50", 1, 0)},
    ),
    (
        "parameters: forced, bounded, not allowed, and those that are as they should be",
        case(told=facts(parameters={"temperature": 1.5, "top_p": 0.5, "seed": 7, "store": False})),
        'request := {"parameters": {"allow": ["temperature", "top_p"], "force": {"store": false, "user": "x"}, '
        '"max": {"temperature": 1, "top_p": 1}}}',
        {("rewritten", "temperature", 1, 0), ("rewritten", "seed", 1, 0), ("rewritten", "user", 1, 0)},
    ),
    (
        "parameters that are no longer forced",
        case(recorded=Decision(parameters=Parameters(force={"store": False}))),
        "request := {}",
        {("rewritten", "store", 0, 1)},
    ),
    (
        "approval",
        case(recorded=Decision(require_approval=Approval())),
        'request := {"require_approval": true, "labels": {"pack": "gdpr"}}',
        {("labelled", "pack=gdpr", 1, 0)},
    ),
    (
        "a policy that gives no usable decision fails closed",
        case(),
        'request := {"actions": {"pii": "redact"}} if input.model != "small-model"\n'
        'request := {"nonsense": 1} if input.model == "small-model"',
        {("failed", "policy_error", 1, 0)},
    ),
    (
        "a tool call is denied",
        case(tools=TOOLS),
        'request := {}\n\ntool := {"deny": [{"code": "no_mail", "message": "no"}]} if input.tool.name == "send_mail"',
        {("tool denied", "send_mail: no_mail", 1, 0)},
    ),
    (
        "a tool call is asked about, redacted and bounded",
        case(tools=TOOLS),
        'request := {}\n\ntool := {"require_approval": true, "redact": ["$.to"], "bounds": {"$.n": {"max": 3}}}',
        {
            ("tool approval", "send_mail", 1, 0),
            ("tool redacted", "send_mail", 1, 0),
            ("tool bounded", "send_mail", 1, 0),
        },
    ),
    (
        "a finding in the answer is decided on by itself",
        case(answer=(seen("EMAIL_ADDRESS"),), recorded=Decision(actions={"pii": Action.REDACT})),
        'request := {"actions": {"pii": "redact"}}\n\nresponse := {"action": "block"} if input.field == "content"',
        {("answer blocked", "EMAIL_ADDRESS", 1, 0), ("answer redacted", "EMAIL_ADDRESS", 0, 1)},
    ),
    (
        "a response rule without a usable answer blocks",
        case(answer=(seen("EMAIL_ADDRESS"),)),
        'request := {}\n\nresponse := {"action": "redact"} if input.model != "small-model"\n'
        'response := {"action": "eat"} if input.model == "small-model"',
        {("answer blocked", "EMAIL_ADDRESS", 1, 0)},
    ),
]


async def report(
    cases: list[Case], folder: Path, new: str, live: str | None = None, prices: dict[str, Price] | None = None
) -> Report:
    summary = Summary(3_600_000, prices or {})
    old = policy(folder / "live", live) if live is not None else None
    await replay(cases, policy(folder / "new", new), old, summary)
    return summary.report("", "new", 0, 1)


@pytest.mark.parametrize(("one", "rules", "changes"), [row[1:] for row in CHANGES], ids=[row[0] for row in CHANGES])
async def test_changes(one: Case, rules: str, changes: set[tuple[str, str, int, int]], tmp_path: Path) -> None:
    found = await report([one], tmp_path, rules)
    assert {(change.kind, change.rule, change.gained, change.lost) for change in found.changes} == changes
    assert found.changed == bool(changes)
    assert {change.tenant for change in found.changes} <= {"acme"}


async def test_verdicts_pass_from_one_to_another_by_tenant(tmp_path: Path) -> None:
    other = facts(identity=Identity("umbrella", "batch", "paid"))
    cases = [case(1), case(2), case(3, other), case(4, facts(model="large-model"))]
    rules = 'request := {"deny": ["no"]} if input.identity.tenant == "umbrella"\n'
    rules += 'request := {} if input.identity.tenant != "umbrella"'
    found = await report(cases, tmp_path, rules)
    assert [(row.tenant, row.live, row.new, row.exchanges) for row in found.transitions] == [
        ("acme", "served", "served", 3),
        ("umbrella", "served", "denied", 1),
    ]
    assert [(bucket.exchanges, bucket.stricter, bucket.looser) for bucket in found.buckets] == [(4, 1, 0)]
    assert found.changes[0].samples == (cases[2].exchange,)


async def test_a_live_policy_is_asked_in_place_of_the_record(tmp_path: Path) -> None:
    recorded = Decision(deny=(Denial("not_here", "no"),))
    same = 'request := {"deny": [{"code": "not_here", "message": "no"}]}'
    found = await report([case(recorded=recorded)], tmp_path, same, live="request := {}")
    assert [(change.rule, change.gained) for change in found.changes] == [("not_here", 1)]
    assert found.unlike_the_record == 0, "the record is of another generation"


async def test_a_live_policy_that_contradicts_its_own_record_is_told(tmp_path: Path) -> None:
    live = policy(tmp_path / "live", "request := {}")
    then = case(recorded=Decision(deny=(Denial("not_here", "no"),)), generation=live.generation)
    summary = Summary(3_600_000, {})
    await replay([then, case(generation=live.generation)], live, live, summary)
    assert summary.report("", "", 0, 1).unlike_the_record == 1


async def test_an_exchange_that_no_policy_was_asked_about_is_counted_apart(tmp_path: Path) -> None:
    found = await report([msgspec.structs.replace(case(), facts=None)], tmp_path, "request := {}")
    assert (found.exchanges, found.unreplayed) == (0, 1)


READS_TEXTS = "# METADATA\n# custom:\n#   reads_texts: true\nrequest := {} if count(input.messages[0].text) < 9"
DOUBTS = [
    ("texts", case(), READS_TEXTS, {"a policy reads texts, and the record has none"}),
    (
        "texts that were kept",
        case(told=facts(messages=(MessageFacts("user", 2, text="hi"),))),
        READS_TEXTS,
        set(),
    ),
    (
        "languages",
        case(),
        'request := {} if not input.messages[0].language == "de"',
        {"a policy reads languages, and the record has none"},
    ),
    (
        "conversation",
        case(told=facts(conversation=ConversationFacts(exchanges=3, denied=1))),
        "request := {} if input.conversation.denied < 9",
        {"a policy reads earlier decisions of the conversation, which would have been others"},
    ),
    ("conversation that has just begun", case(), "request := {} if input.conversation.denied < 9", set()),
    (
        "tool calls",
        case(told=facts(tools=("send_mail",))),
        "request := {}\n\ntool := {}",
        {"a policy decides on tool calls, and those of this exchange were not recorded"},
    ),
    (
        "an answer that nobody wrote",
        case(recorded=Decision(deny=(Denial("no", "no"),)), status=Status.BLOCKED),
        "request := {}",
        {"it would be answered now, and the record has no answer"},
    ),
    (
        "an answer that was cut off",
        case(answer=(seen("IBAN_CODE"),), recorded=Decision(actions={"pii": Action.BLOCK}), status=Status.BLOCKED),
        "request := {}",
        {"the answer was or would be cut off, and what is behind the cut is not known"},
    ),
    (
        "an answer that is cut off as it was",
        case(answer=(seen("IBAN_CODE"),), recorded=Decision(actions={"pii": Action.BLOCK}), status=Status.BLOCKED),
        'request := {"actions": {"pii": "block"}}',
        set(),
    ),
]


@pytest.mark.parametrize(("one", "rules", "why"), [row[1:] for row in DOUBTS], ids=[row[0] for row in DOUBTS])
async def test_what_can_not_be_replayed_for_sure_is_counted_with_its_reason(
    one: Case, rules: str, why: set[str], tmp_path: Path
) -> None:
    found = await report([one], tmp_path, rules)
    assert {*found.doubts} == why
    assert found.doubtful == bool(why)


async def test_tokens_and_cost_follow_route_limit_and_denial(tmp_path: Path) -> None:
    rules = """
request := {"deny": ["no"]} if input.model == "denied"
request := {"route": {"model": "cheap"}, "limits": {"max_tokens": 50}} if input.model == "small-model"
request := {} if input.model == "unpriced"
"""
    cases = [case(1), case(2, facts(model="denied")), case(3, facts(model="unpriced"))]
    prices = {"small-model": Price(10, 100), "denied": Price(10, 100), "cheap": Price(1, 10)}
    found = await report(cases, tmp_path, rules, prices=prices)
    (bill,) = found.bills
    assert (bill.live_prompt_tokens, bill.new_prompt_tokens) == (36, 24)
    assert (bill.live_answer_tokens, bill.new_answer_tokens) == (600, 250)
    assert bill.live_cost_nanousd == 2 * (12 * 10 + 200 * 100)
    assert bill.new_cost_nanousd == 12 * 1 + 50 * 10
    assert (bill.live_unpriced_tokens, bill.new_unpriced_tokens) == (212, 212)


async def test_rows_are_bounded_whatever_labels_a_policy_gives(tmp_path: Path) -> None:
    cases = [case(number, facts(model=f"m{number}")) for number in range(MOST_ROWS + 20)]
    found = await report(cases, tmp_path, 'request := {"labels": {"model": input.model}}')
    assert len(found.changes) <= MOST_ROWS + 1
    assert [change.gained for change in found.changes if change.rule == OTHER] == [20]


async def test_what_was_decided_on_an_answer_then_is_what_is_compared_with(tmp_path: Path) -> None:
    finding = FindingFacts("EMAIL_ADDRESS", "pii.direct", 2, 1, 1.0, "pattern", "content")
    told = AnswerFacts(CALL.identity, "small-model", "local", "openai.chat", True, "", "content", 0, 9, finding)
    then = AnswerCase(told, AnswerDecision(action=Action.BLOCK))
    one = case(answer=(seen("EMAIL_ADDRESS"),), answers=(then,))
    found = await report([one], tmp_path, "request := {}")
    assert [(c.kind, c.gained, c.lost) for c in found.changes] == [("answer blocked", 0, 1)]
