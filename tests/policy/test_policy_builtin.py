"""Built-ins on both engines: they agree, or are refused when the policy is loaded, or the page says how they differ."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest

from guard.errors import ConfigError, PolicyError
from guard.policy.builtin import LACKING, REFUSED
from guard.policy.engine import load_engine
from guard.policy.program import Program
from guard.policy.source import Module, Source
from tests.opa import run_opa
from tests.policy.builtin_calls import CALLS, KNOWN, MISUSED, UNREPEATABLE

PAGE = (Path(__file__).parents[2] / "docs" / "policy.md").read_text(encoding="utf-8")
NOT_CALLED = frozenset({"internal.test_case", "print"})
"""What no policy calls by this name."""

EXPRESSIONS = {call: number for number, call in enumerate(call for calls in CALLS.values() for call in calls)}


@cache
def capabilities() -> dict[str, dict[str, Any]]:
    """OPA's built-ins, by name."""
    told = json.loads(run_opa("capabilities", "--current").stdout)
    return {builtin["name"]: builtin for builtin in told["builtins"]}


def compiled(modules: list[Module], *entrypoints: str) -> Program:
    return Program(Source(tuple(modules), "{}", "g"), entrypoints)


def module(number: int, call: str) -> Module:
    return Module(f"{number}.rego", f"package t{number}\n\nr := [x | x := {call}]\n")


@cache
def embedded() -> Program:
    modules = [module(number, call) for call, number in EXPRESSIONS.items()]
    return compiled(modules, *(f"t{number}/r" for number in EXPRESSIONS.values()))


@pytest.fixture(scope="module")
def by_opa(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What OPA gives for each call: a list of one value, or of none."""
    folder = tmp_path_factory.mktemp("calls")
    for call, number in EXPRESSIONS.items():
        (folder / f"{number}.rego").write_text(module(number, call).text)
    done = run_opa("eval", "--format", "json", "--data", folder, "data")
    assert done.returncode == 0, done.stdout
    value = json.loads(done.stdout)["result"][0]["expressions"][0]["value"]
    return {call: value[f"t{number}"]["r"] for call, number in EXPRESSIONS.items()}


@pytest.mark.parametrize("call", EXPRESSIONS)
def test_both_engines_agree_on_a_call_unless_the_page_says_how_they_differ(by_opa: dict[str, Any], call: str) -> None:
    try:
        value = embedded().evaluate(f"t{EXPRESSIONS[call]}/r")
    except PolicyError:
        value = []
    same = (msgspec.json.encode(value, order="sorted"), msgspec.json.encode(by_opa[call], order="sorted"))
    assert (same[0] == same[1]) == (call not in KNOWN), (value, by_opa[call])


@pytest.mark.parametrize("difference", sorted(set(KNOWN.values())))
def test_the_page_tells_every_known_difference(difference: str) -> None:
    assert difference in " ".join(PAGE.split())


def test_every_built_in_is_compared_or_refused() -> None:
    engine = load_engine().Interpreter()
    ours = {name for name in capabilities() if engine.is_builtin(name)}
    assert set(capabilities()) - ours - NOT_CALLED == set(LACKING)
    assert ours - set(REFUSED) - UNREPEATABLE - set(CALLS) == {"internal.member_3", "numbers.range_step"} - set(CALLS)
    assert not set(REFUSED) & set(CALLS)
    assert set(REFUSED) <= ours


@pytest.mark.parametrize("name", sorted(set(LACKING) | set(REFUSED) - {"internal.print"}))
def test_what_the_embedded_engine_lacks_or_gets_wrong_is_refused_with_its_line_and_a_cure(name: str) -> None:
    arity = len(capabilities()[name]["decl"].get("args", []))
    text = f"package guard\n\nrequest := [x |\n\tx := {name}({', '.join(['input.model'] * arity)})\n]\n"
    with pytest.raises(ConfigError) as refused:
        compiled([Module("own.rego", text)], "guard/request")
    assert refused.value.message.startswith("own.rego: line 4: "), refused.value.message
    assert name in refused.value.message


@pytest.mark.parametrize("call", MISUSED)
def test_a_call_that_the_engine_gets_wrong_for_its_arguments_is_refused_with_its_line(call: str) -> None:
    with pytest.raises(ConfigError, match=r"^7\.rego: line 3: [\w.]+: .*OPA server"):
        compiled([module(7, call)], "t7/r")


@pytest.mark.parametrize(
    "call",
    [
        'replace(input.model, "a", "")',
        "replace(input.model, `-`, `_`)",
        'glob.match("llama-*", [], input.model)',
        'glob.match("**.example.com", ["."], input.client.address)',
        "sprintf(data.form, [1])",
        'sprintf("%v%% of %.1f", [1, 2.5])',
        "[path | walk(input, [path, _])]",
        "numbers.range(1, 12)",
        'concat(", ", sort(object.keys(input.scores)))',
        '"replace(x, y, z)"',
        "1 # replace(x, y, z)\n",
    ],
)
def test_calls_that_are_right_for_their_arguments_are_taken(call: str) -> None:
    compiled([module(1, call)], "t1/r")
