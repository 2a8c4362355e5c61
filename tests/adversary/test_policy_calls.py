"""Harmless tool calls in plenty make no policy forget what was called before them."""

from typing import Any

from guard.core.facts import CallFacts
from guard.runtime.tool.history import MOST_OLDER, NEWEST_CALLS, told_of
from guard.scan.engine import PatternEngine
from tests.runtime.tool.scene import PASS, body, call, end, world

_READ = CallFacts("read_web", answered=True, untrusted=True)
_PAY = CallFacts("pay", answered=True)


def _called(name: str, number: int) -> list[dict[str, Any]]:
    """A call of an earlier turn, and its result."""
    made = {"id": f"call_{number}", "type": "function", "function": {"name": name, "arguments": "{}"}}
    return [
        {"role": "assistant", "content": None, "tool_calls": [made]},
        {"role": "tool", "tool_call_id": f"call_{number}", "content": "done"},
    ]


async def test_a_call_of_long_ago_is_still_told_of(engine: PatternEngine) -> None:
    messages = [{"role": "user", "content": "hello there"}, *_called("read_web", 0)]
    for number in range(1, NEWEST_CALLS + 50):
        messages += _called("pay", number)
    script = [*call(0, "send_mail", '{"to":"x"}'), *end()]
    scene, policy = world(engine, script, {"send_mail": PASS}, body=body(messages=messages))
    await scene.exchange.run()
    (seen,) = policy.seen
    assert [one.name for one in seen.calls[:2]] == ["read_web", "pay"]
    assert len(seen.calls) == 2 + NEWEST_CALLS


async def test_calls_of_the_same_answer_push_none_out(engine: PatternEngine) -> None:
    messages = [{"role": "user", "content": "hello there"}, *_called("read_web", 0)]
    script = [piece for number in range(NEWEST_CALLS + 5) for piece in call(number, "pay", "{}")]
    scene, policy = world(engine, [*script, *end()], {}, body=body(messages=messages))
    await scene.exchange.run()
    assert len(policy.seen) == NEWEST_CALLS + 5
    assert all(seen.calls[0].name == "read_web" for seen in policy.seen)


def test_untrusted_results_go_last() -> None:
    others = [CallFacts(f"tool_{number}") for number in range(MOST_OLDER * 2)]
    told = told_of([*others, _READ, *others, *[_PAY] * NEWEST_CALLS])
    assert _READ in told
    assert len(told) == MOST_OLDER + NEWEST_CALLS


def test_few_calls_are_told_as_they_are() -> None:
    calls = (_READ, _PAY, _PAY, _READ)
    assert told_of(calls) == calls
