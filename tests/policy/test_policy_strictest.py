"""What several packs say is joined so that the strictest holds, for every finding type and in every order."""

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.core.action import Action
from guard.core.decision import Decision
from guard.core.finding import Finding
from guard.core.plan import FailureMode, ReleaseMode
from guard.core.point_decision import Bound, ToolDecision
from guard.core.style import Style
from guard.errors import PolicyError
from guard.policy.decision import parse_decision
from guard.policy.point_decision import parse_tool

WORDS = ("allow", "flag", "redact", "block")
TYPES = ("EMAIL_ADDRESS", "LOCATION", "DE_TAX_ID", "US_NPI", "SECRET_JWT", "INJECTION_INDIRECT", "TICKET")
SCOPES = (*TYPES, "pii.direct", "pii.quasi", "pii.government", "pii.health", "pii", "secret", "injection", "*")
tables = st.dictionaries(st.sampled_from(SCOPES), st.sampled_from(WORDS), max_size=5)


def joined(own: Mapping[str, Any], *packs: Mapping[str, Any]) -> Decision:
    return parse_decision({**own, "packs": {f"pack-{number}": pack for number, pack in enumerate(packs)}}, "g")


def action(decision: Decision, type_: str) -> Action:
    return decision.prompt_plan().action(Finding(type=type_, start=0, end=1))


@given(tables, st.lists(tables, min_size=1, max_size=3), st.sampled_from(TYPES))
def test_every_type_is_treated_as_the_strictest_treats_it(
    own: dict[str, str], packs: list[dict[str, str]], type_: str
) -> None:
    alone = [parse_decision({"actions": table}, "") for table in (own, *packs)]
    joint = joined({"actions": own}, *({"actions": pack} for pack in packs))

    assert action(joint, type_) == max(action(one, type_) for one in alone)


@given(tables, tables, st.sampled_from(TYPES))
def test_prompts_and_answers_are_joined_by_themselves(mine: dict[str, str], theirs: dict[str, str], type_: str) -> None:
    joint = joined({"actions": mine, "prompt_actions": theirs}, {"answer_actions": theirs})
    finding = Finding(type=type_, start=0, end=1)

    alone = parse_decision({"actions": mine, "prompt_actions": theirs}, "")
    theirs_alone = parse_decision({"actions": theirs}, "")
    assert joint.prompt_plan().action(finding) == alone.prompt_plan().action(finding)
    assert joint.answer_plan().action(finding) == max(
        alone.answer_plan().action(finding), theirs_alone.answer_plan().action(finding)
    )


@pytest.mark.parametrize(
    ("own", "packs", "joint"),
    [
        # A pack that says nothing changes nothing.
        ({"release": "optimistic", "ahead_chars": 50}, [{}], {"release": ReleaseMode.OPTIMISTIC, "ahead_chars": 50}),
        ({"on_failure": "release", "hold_chars": 99}, [{}], {"on_failure": FailureMode.RELEASE, "hold_chars": 99}),
        ({}, [{}], {"classifiers": None, "release": ReleaseMode.HELD, "on_failure": FailureMode.BLOCK}),
        ({"members": ["documents"]}, [{}], {"members": ("documents",)}),
        # What is stricter holds.
        ({"release": "optimistic"}, [{"release": "held"}], {"release": ReleaseMode.HELD}),
        ({"on_failure": "release"}, [{"on_failure": "block"}], {"on_failure": FailureMode.BLOCK}),
        ({"ahead_chars": 50}, [{"ahead_chars": 400}, {"ahead_chars": 20}], {"ahead_chars": 20}),
        ({"classifiers": ["unsafe"]}, [{"classifiers": ["injection"]}], {"classifiers": ("unsafe", "injection")}),
        ({"thresholds": {"unsafe": 0.9}}, [{"thresholds": {"unsafe": 0.5}}], {"thresholds": {"unsafe": 0.5}}),
        (
            {"thresholds": {"UNSAFE_HATE": 0.9}},
            [{"thresholds": {"unsafe": 0.5}}],
            {"thresholds": {"UNSAFE_HATE": 0.5, "unsafe": 0.5}},
        ),
        (
            {"styles": {"pii": "surrogate", "secret": "placeholder"}},
            [{"prompt_styles": {"pii": "hash"}}, {"styles": {"PERSON": "placeholder"}}],
            {
                "prompt_styles": {"pii": Style.HASH, "secret": Style.PLACEHOLDER, "PERSON": Style.HASH},
                "answer_styles": {"pii": Style.SURROGATE, "secret": Style.PLACEHOLDER, "PERSON": Style.PLACEHOLDER},
            },
        ),
        ({"styles": {"pii": "mask"}}, [{"styles": {"pii": "drop"}}], {"prompt_styles": {"pii": Style.DROP}}),
        # Labels of all, the operator's first.
        ({"labels": {"a": "1"}}, [{"labels": {"a": "2", "b": "3"}}], {"labels": {"a": "1", "b": "3"}}),
    ],
)
def test_the_stricter_holds(own: dict[str, Any], packs: list[dict[str, Any]], joint: dict[str, Any]) -> None:
    decision = joined(own, *packs)
    assert {name: getattr(decision, name) for name in joint} == joint
    assert decision.deny == ()


def test_limits_and_parameters_are_the_narrowest() -> None:
    decision = joined(
        {
            "limits": {"max_tokens": 9, "tokens_per_s": 5},
            "parameters": {"max": {"n": 4}, "allow": ["n", "seed", "top_p"]},
        },
        {"limits": {"max_tokens": 10, "thinking_tokens": 0}, "parameters": {"max": {"n": 1}, "allow": ["seed", "n"]}},
        {"parameters": {"force": {"store": False}}},
    )
    limits, parameters = decision.limits, decision.parameters
    assert (limits.max_tokens, limits.tokens_per_s, limits.thinking_tokens) == (9, 5, 0)
    assert (parameters.allow, parameters.force, parameters.max) == (("n", "seed"), {"store": False}, {"n": 1})


def test_all_denials_and_all_questions_stand() -> None:
    decision = joined(
        {"deny": ["no"], "require_approval": {"reason": "dear"}},
        {"deny": ["no", {"code": "late"}], "require_approval": {"reason": "rare", "timeout_s": 60}},
    )
    assert [denial.code for denial in decision.deny] == ["policy_denied", "late"]
    assert decision.require_approval is not None
    assert (decision.require_approval.reason, decision.require_approval.timeout_s) == ("dear; rare", 60)


@pytest.mark.parametrize(
    ("packs", "internal"),
    [
        ([{"route": {"backend": "a"}}, {"route": {"backend": "b"}}], "pack-0, pack-1 differ in route"),
        (
            [{"parameters": {"force": {"store": False}}}, {"parameters": {"force": {"store": 0}}}],
            "pack-0, pack-1 differ in parameters.force.store",
        ),
    ],
)
def test_where_nothing_is_stricter_the_request_is_denied(packs: list[dict[str, Any]], internal: str) -> None:
    (denial,) = joined({}, *packs).deny
    assert denial.code == "packs_disagree"
    assert denial.internal.startswith(internal)


def test_a_pack_goes_before_the_operators_route() -> None:
    own = {"route": {"backend": "a"}}
    route = joined(own, {"route": {"backend": "b"}}, {}).route
    assert route is not None
    assert (route.backend, joined(own, {}).route) == ("b", parse_decision(own, "g").route)


@pytest.mark.parametrize(
    ("pack", "complaint"),
    [
        ({"actons": {}}, "unknown key `actons` in the pack `pack-0`: did you mean `actions`?"),
        ({"members": ["documents"]}, "unknown key `members` in the pack `pack-0`"),
        ({"packs": {}}, "unknown key `packs` in the pack `pack-0`"),
        ({"actions": {"pii.direct": "redcat"}}, "unknown word"),
    ],
)
def test_what_a_pack_can_not_say_is_an_error(pack: dict[str, Any], complaint: str) -> None:
    with pytest.raises(PolicyError) as refused:
        joined({}, pack)
    assert complaint in refused.value.message


def tool(own: Mapping[str, Any], *packs: Mapping[str, Any]) -> ToolDecision:
    return parse_tool({**own, "packs": {f"pack-{number}": pack for number, pack in enumerate(packs)}}, "g")


@pytest.mark.parametrize(
    ("one", "other", "joint"),
    [
        ({"min": 0, "max": 9}, {"min": 2, "max": 20}, {"min": 2, "max": 9}),
        ({"min": 1}, {"max": 3}, {"min": 1, "max": 3}),
        ({"one_of": ["a", "b", 1]}, {"one_of": ["b", True]}, {"one_of": ("b",)}),
        ({"one_of": ["a"]}, {}, {"one_of": ("a",)}),
        ({"prefixes": ["/srv", "/tmp"]}, {"prefixes": ["/srv/data", "/home"]}, {"prefixes": ("/srv/data",)}),
        ({"prefixes": ["/srv"]}, {"prefixes": ["/srvx"]}, {"prefixes": ()}),
        ({"hosts": [".example.com"]}, {"hosts": ["a.example.com", "b.org"]}, {"hosts": ("a.example.com",)}),
        ({"hosts": ["example.com"]}, {"hosts": [".example.com"]}, {"hosts": ()}),
        ({"max": 9, "clamp": True}, {"max": 8}, {"max": 8, "clamp": False}),
        ({"max": 9, "clamp": True}, {"max": 8, "clamp": True}, {"max": 8, "clamp": True}),
    ],
)
def test_bounds_of_one_argument_are_the_narrowest(
    one: dict[str, Any], other: dict[str, Any], joint: dict[str, Any]
) -> None:
    bound = Bound(**joint)
    assert tool({}, {"bounds": {"$.x": one}}, {"bounds": {"$.x": other}}).bounds == {"$.x": bound}
    assert tool({"bounds": {"$.x": other}}, {"bounds": {"$.x": one}}).bounds == {"$.x": bound}


def test_bounds_that_nothing_fits_deny() -> None:
    decision = tool({}, {"bounds": {"$.x": {"max": 1}}}, {"bounds": {"$.x": {"min": 2}}})
    assert [denial.code for denial in decision.deny] == ["packs_disagree"]


def test_a_calls_denials_questions_and_redactions_add_up() -> None:
    decision = tool(
        {"deny": ["a"], "redact": ["$.to"], "labels": {"x": "1"}},
        {"deny": [{"code": "b"}], "redact": ["$.cc", "$.to"], "require_approval": True},
    )
    assert [denial.code for denial in decision.deny] == ["policy_denied", "b"]
    assert decision.redact == ("$.to", "$.cc")
    assert decision.require_approval is not None
    assert msgspec.structs.asdict(decision)["labels"] == {"x": "1"}
