"""Policies with rules for answers are asked about each type of finding once a field, and text waits for their word."""

import asyncio
import json
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guard.core.action import Action
from guard.core.answer_facts import AnswerFacts
from guard.core.decision import Decision
from guard.core.entry import Status
from guard.core.plan import FailureMode
from guard.core.point_decision import AnswerDecision
from guard.errors import PolicyError
from guard.scan.engine import PatternEngine
from tests.runtime.world import Policy, World

MAIL = "jane.doe@example.com"
Word = Callable[[AnswerFacts], Action | None]


class Talkative(Policy):
    """Has a word on findings in answers, given when `gate` opens."""

    points = frozenset({"request", "response"})

    def __init__(self, decision: Decision, word: Word, *, waits: bool = False) -> None:
        super().__init__(decision)
        self._word = word
        self.heard: list[AnswerFacts] = []
        self.asked_now = asyncio.Event()
        self.gate = asyncio.Event()
        if not waits:
            self.gate.set()

    async def response(self, facts: AnswerFacts) -> AnswerDecision:
        self.heard.append(facts)
        self.asked_now.set()
        await self.gate.wait()
        return AnswerDecision(action=self._word(facts), labels={"seen": facts.finding.type})


def chunk(text: str, field: str = "content", finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": {field: text} if text else {}, "finish_reason": finish}
    head = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return b"data: " + json.dumps({**head, "choices": [choice]}).encode() + b"\n\n"


def answer(*chunks: bytes) -> list[bytes]:
    return [*chunks, chunk("", finish="stop") + b"data: [DONE]\n\n"]


def said(body: bytes, field: str = "content") -> str:
    events = [line.removeprefix(b"data: ") for line in body.splitlines() if line.startswith(b"data: {")]
    deltas = [choice["delta"] for event in events for choice in json.loads(event).get("choices", ())]
    return "".join(delta.get(field) or "" for delta in deltas)


def world(engine: PatternEngine, policy: Talkative, script: Sequence[bytes | None]) -> World:
    return World(engine, script, policy=policy)


REDACT = Decision(actions={"*": Action.REDACT})
ALLOW = Decision(actions={"*": Action.ALLOW})


@pytest.mark.parametrize(
    ("decision", "word", "expected"),
    [
        (REDACT, None, "Write to [EMAIL_ADDRESS] today."),
        (REDACT, Action.ALLOW, f"Write to {MAIL} today."),
        (ALLOW, Action.REDACT, "Write to [EMAIL_ADDRESS] today."),
        (ALLOW, Action.BLOCK, "Write to "),
    ],
)
async def test_the_word_on_a_finding_goes_before_the_plan(
    engine: PatternEngine, decision: Decision, word: Action | None, expected: str
) -> None:
    policy = Talkative(decision, lambda facts: word)

    done = await world(engine, policy, answer(chunk("Write to "), chunk(f"{MAIL} "), chunk("today."))).run()

    assert said(done.client.body) == expected
    assert done.closing.status is (Status.BLOCKED if word is Action.BLOCK else Status.COMPLETED)


async def test_each_type_is_asked_about_once_in_each_field(engine: PatternEngine) -> None:
    policy = Talkative(REDACT, lambda facts: Action.ALLOW if facts.field == "content" else None)
    script = answer(
        chunk(f"Mail {MAIL} it is. ", "reasoning_content"),
        chunk(f"Mail {MAIL} or joe@example.org. "),
        chunk("Card 4111 1111 1111 1111. "),
        chunk(f"And {MAIL}."),
    )

    done = await world(engine, policy, script).run()

    asked = [(facts.finding.type, facts.field) for facts in policy.heard]
    assert asked == [("EMAIL_ADDRESS", "reasoning_content"), ("EMAIL_ADDRESS", "content"), ("CREDIT_CARD", "content")]
    assert said(done.client.body, "reasoning_content") == "Mail [EMAIL_ADDRESS] it is. "
    assert said(done.client.body) == f"Mail {MAIL} or joe@example.org. Card 4111 1111 1111 1111. And {MAIL}."
    assert policy.heard[0].identity.tenant == "t"


async def test_nothing_of_the_channel_leaves_while_the_policy_thinks_and_others_flow(engine: PatternEngine) -> None:
    policy = Talkative(ALLOW, lambda facts: Action.REDACT, waits=True)
    texts = ("It is late, so let me say: ", "write to ", f"{MAIL} or call. ")
    script = answer(*map(chunk, texts), chunk("Fine. ", "reasoning_content"))
    exchange = world(engine, policy, script)
    before = b""

    async def look() -> None:
        nonlocal before
        await policy.asked_now.wait()
        for _ in range(50):  # as many turns of the loop as anything that may flow could need
            await asyncio.sleep(0)
        before = exchange.client.body
        policy.gate.set()

    await asyncio.wait_for(asyncio.gather(exchange.exchange.run(), look()), 20)

    assert said(before, "reasoning_content") == "Fine. "
    assert said(before) == "It is late, so let me say: "
    assert said(exchange.client.body) == "It is late, so let me say: write to [EMAIL_ADDRESS] or call. "


async def test_a_policy_that_fails_on_a_finding_ends_the_answer(engine: PatternEngine) -> None:
    def fail(facts: AnswerFacts) -> Action:
        raise PolicyError("no usable answer")

    done = await world(engine, Talkative(ALLOW, fail), answer(chunk("Write to "), chunk(f"{MAIL} now."))).run()

    assert said(done.client.body) in ("", "Write to ")
    assert MAIL.encode() not in done.client.body
    assert (done.closing.status, done.closing.reason) == (Status.FAILED, "engine_error")


async def test_a_bug_in_asking_ends_the_answer_instead_of_holding_it_for_ever(engine: PatternEngine) -> None:
    def fail(facts: AnswerFacts) -> Action:
        raise RuntimeError("a bug")

    script = [chunk("Write to "), chunk(f"{MAIL} now. "), None]  # the backend never ends
    done = await world(engine, Talkative(ALLOW, fail), script).run()

    assert MAIL.encode() not in done.client.body
    assert (done.closing.status, done.closing.reason) == (Status.FAILED, "engine_error")


async def test_a_policy_that_fails_leaves_the_plan_where_the_plan_says_so(engine: PatternEngine) -> None:
    def fail(facts: AnswerFacts) -> Action:
        raise PolicyError("no usable answer")

    decision = Decision(actions={"*": Action.REDACT}, on_failure=FailureMode.RELEASE)
    done = await world(engine, Talkative(decision, fail), answer(chunk("Write to "), chunk(f"{MAIL} now."))).run()

    assert said(done.client.body) == "Write to [EMAIL_ADDRESS] now."
    assert done.closing.status is Status.COMPLETED


async def test_a_whole_answer_waits_for_the_word(engine: PatternEngine) -> None:
    policy = Talkative(ALLOW, lambda facts: Action.REDACT)
    body = json.dumps({"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [
        {"index": 0, "message": {"role": "assistant", "content": f"Write to {MAIL}."}, "finish_reason": "stop"}
    ]}).encode()  # fmt: skip
    request = json.dumps({"model": "m", "messages": [{"role": "user", "content": "Hello"}]}).encode()

    done = await World(engine, [body], policy=policy, body=request, content_type="application/json").run()

    assert json.loads(done.client.body)["choices"][0]["message"]["content"] == "Write to [EMAIL_ADDRESS]."


async def test_a_client_that_leaves_while_the_policy_thinks_ends_it_all(engine: PatternEngine) -> None:
    policy = Talkative(ALLOW, lambda facts: Action.REDACT, waits=True)
    exchange = world(engine, policy, [chunk(f"{MAIL} now. "), None, *answer()])

    async def leave() -> None:
        await policy.asked_now.wait()
        exchange.client.leaves.set()

    await asyncio.wait_for(asyncio.gather(exchange.exchange.run(), leave()), 20)

    assert exchange.closing.status is Status.ABORTED
    assert MAIL.encode() not in exchange.client.body


async def test_what_the_policy_labels_an_answer_with_is_kept(engine: PatternEngine) -> None:
    policy = Talkative(Decision(actions={"*": Action.REDACT}, labels={"team": "blue"}), lambda facts: None)

    done = await world(engine, policy, answer(chunk(f"Write to {MAIL}."))).run()

    assert done.closing.labels == {"team": "blue", "seen": "EMAIL_ADDRESS"}


TEXT = f"Well, write to {MAIL} or pay by 4111 1111 1111 1111 until noon. Again: {MAIL}."


@settings(max_examples=40)
@given(cuts=st.lists(st.integers(1, len(TEXT) - 1), max_size=12), waits=st.booleans())
def test_however_the_answer_is_cut_the_word_holds(engine: PatternEngine, cuts: list[int], waits: bool) -> None:
    def word(facts: AnswerFacts) -> Action | None:
        return Action.ALLOW if facts.finding.type == "CREDIT_CARD" else None

    async def run() -> str:
        policy = Talkative(REDACT, word, waits=waits)
        places = [0, *sorted(set(cuts)), len(TEXT)]
        pieces = [chunk(TEXT[start:end]) for start, end in zip(places, places[1:], strict=False)]
        exchange = world(engine, policy, answer(*pieces))
        if waits:
            asyncio.get_running_loop().call_later(0.001, policy.gate.set)
        return said((await exchange.run()).client.body)

    assert asyncio.run(run()) == TEXT.replace(MAIL, "[EMAIL_ADDRESS]")
