"""The embedded engine decides from a directory of Rego, and fails closed."""

import threading
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from guard.core.action import Action
from guard.core.facts import FindingFacts, RequestFacts
from guard.errors import PolicyError
from guard.policy.embedded import EmbeddedPolicy

Write = Callable[[dict[str, str]], Path]


def vary(facts: RequestFacts, **changes: object) -> RequestFacts:
    return msgspec.structs.replace(facts, **changes)


def test_rules_of_several_files_and_data_make_one_decision(write: Write, facts: RequestFacts) -> None:
    policy = EmbeddedPolicy(
        write(
            {
                "a.rego": 'package guard\n\nrequest := {"deny": deny, "actions": data.actions}\n',
                "sub/b.rego": 'package guard\n\ndeny contains "too long" if input.prompt_chars > data.limit\n',
                "data.json": '{"limit": 100, "actions": {"secret": "block"}}',
            }
        )
    )

    decision = policy.request(facts)

    assert [denial.message for denial in decision.deny] == ["too long"]
    assert decision.actions == {"secret": Action.BLOCK}
    assert decision.generation == policy.generation
    assert policy.request(vary(facts, prompt_chars=10)).deny == ()


def test_undefined_denies(write: Write, facts: RequestFacts) -> None:
    policy = EmbeddedPolicy(write({"a.rego": 'package guard\n\nrequest := {} if input.model == "known"\n'}))

    assert [denial.code for denial in policy.request(facts).deny] == ["policy_undefined"]
    assert policy.request(vary(facts, model="known")).deny == ()


@pytest.mark.parametrize(
    "rules",
    [
        'request := {"deny": ["a"]} if input.model == "bad"',
        'request := {"labels": {"model": input.messages}} if input.model == "bad"',
        'request := {input.model: 1} if input.model == "bad"',
        'request := {"deny": [to_number(input.model)]} if input.model == "bad"',
        'request := {"deny": [1 / (input.choices - 1)]} if input.model == "bad"',
    ],
    ids=["rules conflict", "wrong type", "unknown key", "built-in fails", "division by zero"],
)
def test_an_answer_that_is_no_decision_raises(write: Write, facts: RequestFacts, rules: str) -> None:
    policy = EmbeddedPolicy(write({"a.rego": f'package guard\n\nrequest := {{}} if input.model != "x"\n\n{rules}\n'}))

    assert policy.request(facts).deny == ()
    with pytest.raises(PolicyError) as caught:
        policy.request(vary(facts, model="bad"))
    assert "bad" not in caught.value.message


def test_a_built_in_that_fails_in_a_denial_does_not_silence_it(write: Write, facts: RequestFacts) -> None:
    policy = EmbeddedPolicy(
        write(
            {
                "a.rego": 'package guard\n\nrequest := {"deny": deny}\n\n'
                'deny contains "x" if { some tool in input.tools; to_number(tool) > 3 }\n'
            }
        )
    )

    with pytest.raises(PolicyError):
        policy.request(facts)


@pytest.mark.parametrize(
    "model",
    [
        'x"},"actions":{"secret":"allow',
        "x\\",
        '\\","labels":{"a":"',
        "line\nbreak",
        "nul\0nul",
        "\x1b[0m",
        "\\u0022",
        "plain",
        "größe 模型 😀 \u2028",
    ],
)
def test_a_name_that_a_client_chose_never_writes_into_the_decision(
    write: Write, facts: RequestFacts, model: str
) -> None:
    policy = EmbeddedPolicy(
        write(
            {
                "a.rego": "package guard\n\n"
                'request := {"deny": deny, "labels": {"model": input.model, "cut": substring(input.model, 0, 5)}}\n\n'
                'deny contains sprintf("not %s", [input.model])\n'
            }
        )
    )

    decision = policy.request(vary(facts, model=model))

    seen = "".join("\ufffd" if letter in '"\\' or letter < " " else letter for letter in model)
    assert [denial.message for denial in decision.deny] == [f"not {seen}"]
    assert decision.labels == {"model": seen, "cut": seen[:5]}
    assert decision.actions == {}


def test_letters_in_policy_data_and_request_are_the_same_letters(write: Write, facts: RequestFacts) -> None:
    policy = EmbeddedPolicy(
        write(
            {
                "a.rego": 'package guard\n\nrequest := {"deny": deny}\n\n'
                'deny contains "x" if { input.model in data.denied; input.model == "größe" }\n',
                "data.json": '{"denied": ["gr\\u00f6\\u00dfe"]}',
            }
        )
    )

    assert len(policy.request(vary(facts, model="größe")).deny) == 1


@pytest.mark.parametrize("tokens", [2**53 + 2, 2**63, 2**64 + 1, 10**40])
def test_a_huge_number_stays_huge(write: Write, facts: RequestFacts, tokens: int) -> None:
    policy = EmbeddedPolicy(
        write(
            {
                "a.rego": 'package guard\n\nrequest := {"deny": deny}\n\n'
                'deny contains "x" if { is_number(input.max_tokens); input.max_tokens > 1000 }\n'
            }
        )
    )

    assert len(policy.request(vary(facts, max_tokens=tokens)).deny) == 1
    assert policy.request(vary(facts, max_tokens=None)).deny == ()


def test_a_request_with_too_many_parts_is_denied_where_the_policy_reads_them(write: Write, facts: RequestFacts) -> None:
    policy = EmbeddedPolicy(
        write({"a.rego": 'package guard\n\nrequest := {"labels": {"n": sprintf("%d", [count(input.messages)])}}\n'})
    )

    assert policy.request(vary(facts, messages=facts.messages * 500)).deny == ()
    codes = [denial.code for denial in policy.request(vary(facts, messages=facts.messages * 1000)).deny]
    assert codes == ["policy_input_too_large"]


def test_a_name_that_is_not_unicode_raises(starter: Path, facts: RequestFacts) -> None:
    with pytest.raises(PolicyError, match="surrogates"):
        EmbeddedPolicy(starter).request(vary(facts, model="\ud800"))


def test_every_fact_reaches_the_policy_by_its_name(write: Write, facts: RequestFacts) -> None:
    fields = ", ".join(f"input.{name}" for name in RequestFacts.__struct_fields__)
    parts = "input.identity.tenant, input.messages[1].media, input.engines[0].status, input.findings[0].path"
    count = len(RequestFacts.__struct_fields__) + 4
    policy = EmbeddedPolicy(
        write({"a.rego": f"package guard\n\nrequest := {{}} if count([{fields}, {parts}]) == {count}\n"})
    )
    finding = FindingFacts("EMAIL_ADDRESS", "pii.direct", 2, 1, 0.99, "pattern", "$.messages.content")

    assert policy.request(vary(facts, findings=(finding,))).deny == ()


def test_an_earlier_request_leaves_nothing_behind(write: Write, facts: RequestFacts) -> None:
    policy = EmbeddedPolicy(write({"a.rego": 'package guard\n\nrequest := {"labels": {"model": input.model}}\n'}))
    seen: list[bool] = []

    def ask(model: str) -> None:
        for _ in range(100):
            seen.append(policy.request(vary(facts, model=model)).labels == {"model": model})

    threads = [threading.Thread(target=ask, args=(f"model-{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert seen == [True] * 400
