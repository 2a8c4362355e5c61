"""What a decision says beside actions: where a request goes, what it may ask for, how fast its answer flows."""

import json

import pytest

from guard.core.decision import Decision, Denial, Parameters, Route, TokenLimits
from guard.core.entry import Status
from guard.core.facts import ConversationFacts, Identity
from guard.runtime.conversation import Conversations
from guard.runtime.pace import Pace
from guard.scan.engine import PatternEngine
from tests.runtime.world import World

HEAD = b'data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m",'
ANSWER = [
    HEAD + b'"choices":[{"index":0,"delta":{"content":"Hi."},"finish_reason":null}]}\n\n',
    HEAD + b'"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
]
WHO = Identity("t", "k", "free")


def asking(**members: object) -> bytes:
    messages = [{"role": "user", "content": "Hello there"}]
    return json.dumps({"model": "large", "stream": True, "messages": messages, **members}).encode()


async def sent(engine: PatternEngine, decision: Decision, **members: object) -> dict[str, object]:
    """The body that the backend gets."""
    world = await World(engine, ANSWER, decision=decision, body=asking(**members)).run()
    assert world.closing.status is Status.COMPLETED, world.closing.reason
    body: dict[str, object] = json.loads(world.backend.calls[0].body or b"")
    return body


@pytest.mark.parametrize(
    ("decision", "members", "gone", "expected"),
    [
        (Decision(parameters=Parameters(allow=("seed",))), {"seed": 1, "top_p": 1}, ("top_p",), {"seed": 1}),
        (Decision(parameters=Parameters(force={"temperature": 0})), {"temperature": 2}, (), {"temperature": 0}),
        (Decision(parameters=Parameters(force={"seed": 7})), {}, (), {"seed": 7}),
        (Decision(parameters=Parameters(max={"top_k": 5})), {"top_k": 50}, (), {"top_k": 5}),
        (Decision(parameters=Parameters(max={"top_k": 5})), {"top_k": "50"}, (), {"top_k": 5}),
        (Decision(parameters=Parameters(max={"top_k": 5})), {"top_k": 3}, (), {"top_k": 3}),
        (Decision(parameters=Parameters(max={"top_k": 5})), {}, ("top_k",), {}),
        (Decision(limits=TokenLimits(max_tokens=10)), {}, (), {"max_tokens": 10}),
        (Decision(limits=TokenLimits(max_tokens=10)), {"max_tokens": 4}, (), {"max_tokens": 4}),
        (Decision(limits=TokenLimits(max_tokens=10)), {"max_tokens": -1}, (), {"max_tokens": 10}),
        (
            Decision(limits=TokenLimits(max_tokens=10)),
            {"max_tokens": 4, "max_completion_tokens": 99},
            (),
            {"max_tokens": 4, "max_completion_tokens": 10},
        ),
        (Decision(limits=TokenLimits(thinking_tokens=0)), {}, (), {"thinking_token_budget": 0}),
        (
            Decision(limits=TokenLimits(thinking_tokens=64)),
            {"thinking_token_budget": 9000},
            (),
            {"thinking_token_budget": 64},
        ),
        (
            Decision(limits=TokenLimits(max_tokens=10), parameters=Parameters(force={"max_tokens": 500})),
            {},
            (),
            {"max_tokens": 10},
        ),
        (
            Decision(limits=TokenLimits(max_tokens=10), parameters=Parameters(allow=())),
            {"max_completion_tokens": 5},
            ("max_completion_tokens",),
            {"max_tokens": 10},
        ),
        (Decision(route=Route(model="small")), {}, (), {"model": "small"}),
    ],
)
async def test_the_backend_gets_what_the_policy_lets_it(
    engine: PatternEngine,
    decision: Decision,
    members: dict[str, object],
    gone: tuple[str, ...],
    expected: dict[str, object],
) -> None:
    body = await sent(engine, decision, **members)

    assert not set(gone) & set(body)
    assert {name: body[name] for name in expected} == expected
    assert body["messages"] == [{"role": "user", "content": "Hello there"}]


async def test_a_routed_exchange_is_accounted_to_who_served_it(engine: PatternEngine) -> None:
    world = await World(engine, ANSWER, decision=Decision(route=Route("local", "small")), body=asking()).run()

    assert (world.closing.model, world.closing.backend) == ("small", "local")
    assert world.ledger.openings[0].model == "large"


async def test_a_route_to_nowhere_fails_closed(engine: PatternEngine) -> None:
    world = await World(engine, ANSWER, decision=Decision(route=Route(backend="gone")), body=asking()).run()

    assert world.backend.calls == []
    assert (world.closing.status, world.closing.reason) == (Status.FAILED, "policy_error")


async def test_a_limit_that_a_backend_cannot_be_told_fails_closed(engine: PatternEngine) -> None:
    world = World(engine, ANSWER, decision=Decision(limits=TokenLimits(thinking_tokens=5)), body=asking())
    world.backend.kind = "ollama"
    await world.run()

    assert world.backend.calls == []
    assert world.closing.reason == "policy_error"


async def test_the_policy_is_told_where_a_request_comes_from_and_what_it_asks(engine: PatternEngine) -> None:
    world = await World(engine, ANSWER, body=asking(temperature=0.5, user="jane@example.com", n=2)).run()

    facts = world.policy.asked[0]
    assert facts.client.address == "10.1.2.3"
    assert facts.route == "/v1/chat/completions"
    assert facts.parameters == {"model": "large", "stream": True, "temperature": 0.5, "n": 2}


async def test_an_internal_reason_stays_inside(engine: PatternEngine) -> None:
    denied = Decision(deny=(Denial("late", "come back later", "the boss said so"),))
    world = await World(engine, ANSWER, decision=denied, body=asking()).run()

    assert b"come back later" in world.client.body
    assert b"boss" not in world.client.body


def test_a_conversation_is_remembered_by_who_asks_and_how_it_begins() -> None:
    conversations = Conversations()
    mine = conversations.name(WHO, "Hello")
    conversations.note(mine, "redact", ("EMAIL_ADDRESS",))
    conversations.note(mine, "deny", ("EMAIL_ADDRESS", "PERSON"))

    assert conversations.recall(mine) == ConversationFacts(2, 1, 0, 1, ("EMAIL_ADDRESS", "PERSON"))
    assert conversations.recall(conversations.name(WHO, "Hello again")) == ConversationFacts()
    assert conversations.recall(conversations.name(Identity("t", "other", "free"), "Hello")) == ConversationFacts()


def test_the_conversation_that_was_not_heard_of_for_longest_is_forgotten() -> None:
    conversations = Conversations(most=2)
    names = [conversations.name(WHO, text) for text in ("a", "b", "c")]
    for name in (names[0], names[1], names[0], names[2]):
        conversations.note(name, "allow", ())

    assert [conversations.recall(name).exchanges for name in names] == [2, 0, 1]


def test_an_answer_flows_no_faster_than_its_pace() -> None:
    pace = Pace(10)

    assert pace.wait_s(100.0, 5) == pytest.approx(0.5)  # five tokens at once: the sixth is due half a second later
    assert pace.wait_s(100.5, 6) == pytest.approx(0.1)
    assert pace.wait_s(109.0, 7) == pytest.approx(0.1)  # a long silence earns no burst
