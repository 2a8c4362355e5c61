"""Tool calls wait for the policy's word: what is refused leaves no trace, all else leaves as it came."""

import asyncio
import json

import pytest
import structlog

from guard.core.decision import Decision
from guard.core.entry import Status
from guard.core.event import EngineStatus
from guard.core.plan import FailureMode
from guard.errors import BackendBroken, PolicyError
from guard.scan.engine import PatternEngine
from tests.runtime.later import Later
from tests.runtime.tool.scene import REFUSE, TEXT, accumulated, body, call, calls, chunk, delta, end, piece, world

ARGUMENTS = ('{"to":', ' "ann@', 'example.com"}')


async def test_a_call_that_the_policy_allows_passes_byte_for_byte(engine: PatternEngine) -> None:
    script = [chunk(delta(role="assistant", content="")), *call(0, "send_mail", *ARGUMENTS), *end()]
    told, policy = world(engine, script, {})
    await told.run()
    assert told.client.body == b"".join(script)
    assert [(facts.tool.name, facts.tool.arguments) for facts in policy.seen] == [
        ("send_mail", {"to": "ann@example.com"})
    ]
    assert told.closing.status is Status.COMPLETED
    assert (told.closing.decision, told.closing.withheld) == ("allow", 0)


async def test_a_refused_call_leaves_no_trace_but_the_refusal(engine: PatternEngine) -> None:
    script = [chunk(delta(role="assistant", content="")), *call(0, "send_mail", *ARGUMENTS), *end()]
    told, _ = world(engine, script, {"send_mail": REFUSE})
    await told.run()
    answer = accumulated(told.client.body)
    assert answer.choices[0].message.content == TEXT
    assert answer.choices[0].finish_reason == "stop"
    assert calls(answer) == []
    assert b"tool_calls" not in told.client.body
    assert b"call_0" not in told.client.body
    assert b"ann@" not in told.client.body
    assert told.client.body.startswith(script[0])
    assert told.client.body.endswith(b"data: [DONE]\n\n")
    note = next(json.loads(line[6:]) for line in told.client.body.split(b"\n") if b'"guard"' in line)["guard"]
    assert note == {
        "exchange": told.closing.exchange,
        "calls": [{"name": "send_mail", "code": "no_mail"}],
        "reason": "tool_denied",
        "findings": ["TOOL_DENIED"],
    }
    assert (told.closing.status, told.closing.decision) == (Status.COMPLETED, "block")
    assert told.closing.findings == ("TOOL_DENIED",)
    assert told.closing.withheld == told.closing.usage.completion == told.closing.usage.tool


async def test_calls_that_stay_move_up_so_that_clients_see_no_gap(engine: PatternEngine) -> None:
    script = [*call(0, "send_mail", "{}"), *call(1, "read_web", '{"a":', " 1}"), *call(2, "pay", "{}"), *end()]
    told, _ = world(engine, script, {"send_mail": REFUSE})
    await told.run()
    answer = accumulated(told.client.body)
    assert calls(answer) == [("read_web", '{"a": 1}'), ("pay", "{}")]
    assert answer.choices[0].finish_reason == "tool_calls"
    assert answer.choices[0].message.content == TEXT


async def test_a_call_behind_which_nothing_stays_takes_no_other_bytes_with_it(engine: PatternEngine) -> None:
    first = call(0, "read_web", '{"a":', " 1}")
    told, _ = world(engine, [*first, *call(1, "send_mail", "{}"), *end()], {"send_mail": REFUSE})
    await told.run()
    assert told.client.body.startswith(b"".join(first))
    assert told.client.body.endswith(b"".join(end()))


async def test_nothing_of_a_call_leaves_before_the_last_of_it_and_other_text_does(engine: PatternEngine) -> None:
    script = [chunk(delta(content="Let me see. ")), *call(0, "send_mail", "{}"), chunk(delta(content="So. ")), None]
    told, policy = world(engine, script, {})
    await told.run(lambda w: w.client.leaves.set())
    assert b"Let me see. " in told.client.body
    assert b"So. " in told.client.body
    assert b"tool_calls" not in told.client.body
    assert policy.seen == []
    assert told.closing.status is Status.ABORTED
    assert told.closing.withheld == told.closing.usage.tool


async def test_the_refusal_stands_behind_what_was_said_before(engine: PatternEngine) -> None:
    script = [chunk(delta(content="I write.")), *call(0, "send_mail", "{}"), *end()]
    told, _ = world(engine, script, {"send_mail": REFUSE})
    await told.run()
    assert accumulated(told.client.body).choices[0].message.content == f"I write.\n\n{TEXT}"


async def test_a_choice_waits_for_its_own_calls_alone(engine: PatternEngine) -> None:
    first, second = call(0, "send_mail", "{}"), call(0, "read_web", '{"a": 1}', choice=1)
    mixed = [each for pair in zip(first, second, strict=True) for each in pair]
    roles = [chunk(delta(choice, role="assistant")) for choice in (0, 1)]
    told, _ = world(engine, [*roles, *mixed, *end(1)[:1], *end(0)], {"send_mail": REFUSE}, body=body(n=2))
    await told.run()
    answer = accumulated(told.client.body)
    assert calls(answer, 0) == []
    assert calls(answer, 1) == [("read_web", '{"a": 1}')]
    assert [each.finish_reason for each in answer.choices] == ["stop", "tool_calls"]
    assert told.client.body.index(b"read_web") < told.client.body.index(b"was refused")


async def test_one_chunk_with_two_choices_is_amended_in_one_alone(engine: PatternEngine) -> None:
    both = [
        chunk(
            delta(0, tool_calls=[piece(0, "{}", "send_mail", "call_a1")]),
            delta(1, tool_calls=[piece(0, "{}", "read_web", "call_b2")]),
        )
    ]
    told, _ = world(engine, [*both, *end(0, 1)], {"send_mail": REFUSE}, body=body(n=2))
    await told.run()
    answer = accumulated(told.client.body)
    assert (calls(answer, 0), calls(answer, 1)) == ([], [("read_web", "{}")])


@pytest.mark.parametrize("finish", ["tool_calls", "stop", "length"])
async def test_a_call_that_comes_whole_with_the_end_is_refused_in_its_chunk(engine: PatternEngine, finish: str) -> None:
    both = delta(0, finish, role="assistant", content="", tool_calls=[piece(0, "{}", "send_mail", "call_a1")])
    told, _ = world(engine, [chunk(both), end()[-1]], {"send_mail": REFUSE})
    await told.run()
    answer = accumulated(told.client.body)
    assert (answer.choices[0].message.role, answer.choices[0].message.content) == ("assistant", TEXT)
    assert answer.choices[0].finish_reason == ("stop" if finish == "tool_calls" else finish)
    assert b'send_mail"' not in told.client.body.replace(b'"name":"send_mail"', b"", 1)


async def test_a_stream_without_a_finish_is_ruled_on_at_its_end(engine: PatternEngine) -> None:
    told, _ = world(engine, [*call(0, "send_mail", "{}"), end()[-1]], {"send_mail": REFUSE})
    await told.run()
    assert TEXT.encode() in told.client.body
    assert b"call_0" not in told.client.body


async def test_the_older_form_of_a_call_is_gated_too(engine: PatternEngine) -> None:
    script = [
        chunk(delta(role="assistant", content=None, function_call={"name": "send_mail", "arguments": ""})),
        chunk(delta(function_call={"arguments": '{"to":"x"}'})),
        *end(reason="function_call"),
    ]
    told, policy = world(engine, script, {"send_mail": REFUSE})
    await told.run()
    answer = accumulated(told.client.body)
    assert answer.choices[0].message.function_call is None
    assert (answer.choices[0].message.content, answer.choices[0].finish_reason) == (TEXT, "stop")
    assert policy.seen[0].tool.arguments == {"to": "x"}


def whole(*made: dict[str, object], **message: object) -> bytes:
    choice = {"index": 0, "message": {"role": "assistant", "content": None, **message, "tool_calls": list(made)}}
    return json.dumps({"id": "chatcmpl-1a2b3c4d5e", "choices": [{**choice, "finish_reason": "tool_calls"}]}).encode()


def made(name: str, arguments: str = "{}") -> dict[str, object]:
    return {"id": "call_1a2b", "type": "function", "function": {"name": name, "arguments": arguments}}


JSON = {"content_type": "application/json", "body": body(stream=False)}


async def test_a_whole_answer_passes_as_it_came(engine: PatternEngine) -> None:
    answer = whole(made("read_web"), made("pay"))
    told, policy = world(engine, [answer], {}, **JSON)
    await told.run()
    assert told.client.body == answer
    assert [facts.tool.index for facts in policy.seen] == [0, 1]


@pytest.mark.parametrize("content", [None, "I write.", [{"type": "text", "text": "I write."}]])
async def test_a_whole_answer_loses_the_call_and_gains_the_refusal(engine: PatternEngine, content: object) -> None:
    told, _ = world(engine, [whole(made("send_mail"), content=content)], {"send_mail": REFUSE}, **JSON)
    await told.run()
    choice = json.loads(told.client.body)["choices"][0]
    assert "tool_calls" not in choice["message"]
    assert choice["finish_reason"] == "stop"
    said = choice["message"]["content"]
    expected = {str: f"I write.\n\n{TEXT}", list: ["I write.", f"\n\n{TEXT}"]}.get(type(content), TEXT)
    assert ([part["text"] for part in said] if isinstance(said, list) else said) == expected
    assert json.loads(told.client.body)["guard"]["calls"] == [{"name": "send_mail", "code": "no_mail"}]


async def test_a_whole_answer_keeps_the_calls_that_are_allowed(engine: PatternEngine) -> None:
    answer = whole(made("send_mail"), made("read_web"), made("send_mail"), made("pay"))
    told, _ = world(engine, [answer], {"send_mail": REFUSE}, **JSON)
    await told.run()
    choice = json.loads(told.client.body)["choices"][0]
    assert [each["function"]["name"] for each in choice["message"]["tool_calls"]] == ["read_web", "pay"]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["content"] == f"{TEXT}\n{TEXT}"


async def test_a_policy_that_fails_refuses_the_call(engine: PatternEngine) -> None:
    script = [*call(0, "send_mail", "{}"), *end()]
    told, _ = world(engine, script, {"send_mail": PolicyError("no")})
    await told.run()
    assert b"(policy_error)" in told.client.body
    assert b"tool_calls" not in told.client.body


async def test_a_fault_of_ours_ends_the_answer_and_lets_nothing_out(engine: PatternEngine) -> None:
    def broken(_facts: object) -> object:
        raise RuntimeError("secret")

    told, _ = world(engine, [*call(0, "send_mail", "{}"), *end()], broken)  # type: ignore[arg-type]
    await told.run()
    assert b"engine_error" in told.client.body
    assert b"send_mail" not in told.client.body
    assert b"[DONE]" not in told.client.body
    assert told.closing.status is Status.FAILED


async def test_calls_that_pass_unseen_are_logged(engine: PatternEngine) -> None:
    decision = Decision(tool_hold_chars=10, on_failure=FailureMode.RELEASE)
    script = [*call(0, "send_mail", "x" * 20), *end()]
    told, policy = world(engine, script, {"send_mail": REFUSE}, decision=decision)
    with structlog.testing.capture_logs() as logged:
        await told.run()
    assert told.client.body == b"".join(script)
    assert policy.seen == []
    assert [entry["log_level"] for entry in logged if entry["event"] == "tool_call_unseen"] == ["warning"]


async def test_a_backend_that_breaks_off_within_a_call_gives_none_of_it(engine: PatternEngine) -> None:
    told, policy = world(engine, [*call(0, "send_mail", '{"to'), BackendBroken("gone")], {})
    await told.run()
    assert b"backend_broken" in told.client.body
    assert b"send_mail" not in told.client.body
    assert policy.seen == []


async def test_an_error_of_the_backends_within_a_call_gives_none_of_it(engine: PatternEngine) -> None:
    error = b'data: {"error":{"message":"overloaded","code":"overloaded"}}\n\n'
    told, policy = world(engine, [*call(0, "send_mail", '{"to'), error], {})
    await told.run()
    assert b"overloaded" in told.client.body
    assert b"send_mail" not in told.client.body
    assert policy.seen == []


@pytest.mark.parametrize("deferred", [False, True])
async def test_it_is_the_same_with_engines_that_answer_later(engine: PatternEngine, deferred: bool) -> None:
    later = Later()
    later.at_once = True
    script = [chunk(delta(content="So. ")), *call(0, "send_mail", "{}"), *call(1, "pay", '{"a":1}'), *end()]
    told, _ = world(engine, script, {"send_mail": REFUSE}, deferred=(later,) if deferred else ())
    await told.run()
    answer = accumulated(told.client.body)
    assert calls(answer) == [("pay", '{"a":1}')]
    assert answer.choices[0].message.content == f"So. \n\n{TEXT}"


async def test_a_lost_engine_still_ends_the_answer(engine: PatternEngine) -> None:
    later = Later()
    told, _ = world(engine, [*call(0, "send_mail", "{}"), None], {}, deferred=(later,))
    task = asyncio.ensure_future(told.exchange.run())
    await told.answer.silent.wait()
    later.fail(EngineStatus.ERROR)
    await asyncio.wait_for(task, 20)
    assert b"engine_error" in told.client.body
    assert b"send_mail" not in told.client.body
