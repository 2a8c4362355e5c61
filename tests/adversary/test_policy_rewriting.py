"""Requests that would slip past what a policy forces, bounds or leaves out, and combinations that break their JSON."""

import json
from typing import Any

import pytest

from guard.core.decision import Decision, Parameters, TokenLimits
from guard.dialects import openai
from guard.dialects.openai_reader import Limits
from guard.runtime.rewriting import rewrite_of

_DIALECT = openai.chat(Limits())


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    assert len({name for name, _ in pairs}) == len(pairs), "a name occurs twice"
    return dict(pairs)


def sent(members: str, decision: Decision, kind: str = "vllm") -> dict[str, Any]:
    """What the backend gets beside model and messages, of a request with these members."""
    body = '{"model":"m","messages":[{"role":"user","content":"hello"}]' + (f",{members}" if members else "") + "}"
    prompt = _DIALECT.prompt(body.encode())
    changed = _DIALECT.rewritten(prompt, rewrite_of(decision, prompt, kind, "openai.chat"))
    told: dict[str, Any] = json.loads(_DIALECT.render(changed.frame, None), object_pairs_hook=_once)
    return {name: value for name, value in told.items() if name not in ("model", "messages")}


@pytest.mark.parametrize(
    "value",
    ['"9"', '" 9"', '"9\\n"', '"\\u0039"', '"9 9"', '""', "[9]", "[]", '{"a": 9}', "true", "1e999", "9" * 30, "9.5"],
)
def test_a_bound_holds_whatever_the_value_is_written_as(value: str) -> None:
    decision = Decision(parameters=Parameters(max={"temperature": 1}))
    assert sent(f'"temp\\u0065rature": {value}', decision) == {"temperature": 1}


@pytest.mark.parametrize(
    ("member", "value"),
    [("top_k", "-1"), ("top_k", "0"), ("logprobs", "-1"), ("max_tokens", "-1"), ("prompt_logprobs", "-1.0")],
)
def test_a_number_that_means_without_limit_is_above_every_bound(member: str, value: str) -> None:
    assert sent(f'"{member}": {value}', Decision(parameters=Parameters(max={member: 5}))) == {member: 5}


@pytest.mark.parametrize(
    ("member", "value"), [("temperature", 0.5), ("presence_penalty", -2), ("seed", -7), ("top_k", 1), ("n", None)]
)
def test_a_value_within_its_bound_stays(member: str, value: float | None) -> None:
    members = f'"{member}": {json.dumps(value)}'
    assert sent(members, Decision(parameters=Parameters(max={member: 5}))) == {member: value}


THINKING = {"max_thinking_tokens": 5}


@pytest.mark.parametrize("nvext", ['{"a": 1}', "{}", '{"max_thinking_tokens": 50}', "[]", "null", "1", '"x"', None])
@pytest.mark.parametrize(
    "parameters", [Parameters(), Parameters(allow=()), Parameters(force={"nvext": 1})], ids=["", "taken out", "forced"]
)
def test_a_nested_limit_is_set_whatever_becomes_of_the_member_around_it(
    nvext: str | None, parameters: Parameters
) -> None:
    decision = Decision(limits=TokenLimits(thinking_tokens=5), parameters=parameters)
    told = sent("" if nvext is None else f'"nvext": {nvext}', decision, "nim")
    kept = {"a": 1} if nvext == '{"a": 1}' and parameters == Parameters() else {}
    assert told == {"nvext": {**kept, **THINKING}}


@pytest.mark.parametrize("nvext", ['"nvext": {"a": 1}', '"nvext": {}', '"nvext": 1', ""])
def test_two_members_of_one_object_make_one_object(nvext: str) -> None:
    body = '{"model":"m","messages":[]' + (f",{nvext}" if nvext else "") + "}"
    changes = {("nvext", "max_thinking_tokens"): 5, ("nvext", "b"): 2}
    written = _DIALECT.render(_DIALECT.rewritten(_DIALECT.prompt(body.encode()), changes).frame, None)
    told = json.loads(written, object_pairs_hook=_once)["nvext"]
    assert told == {**({"a": 1} if "a" in nvext else {}), **THINKING, "b": 2}
