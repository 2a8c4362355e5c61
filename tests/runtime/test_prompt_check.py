"""A prompt travels with its verdict or not at all."""

import pytest

from guard.core.action import Action
from guard.core.channel import Channel
from guard.core.frame import Frame, Slot
from guard.core.plan import Plan
from guard.core.prompt import Prompt
from guard.errors import InvariantError
from guard.runtime.prompt_check import MEMBER, PromptCheck
from guard.scan.engine import PatternEngine

REDACT = Plan(actions={"*": Action.REDACT})


def prompt(*texts: tuple[str, str], members: tuple[str, ...] = ()) -> Prompt:
    slots = tuple(Slot(Channel(0, path), text, 0, 0) for path, text in texts)
    return Prompt(Frame(b"{}", slots, last=True), "m", False, 1, None, (), (), members)


def test_a_clean_prompt_travels_as_it_came(engine: PatternEngine) -> None:
    outcome = PromptCheck(prompt(("$.a", "hello there")), (engine,)).apply(REDACT, ())
    assert (outcome.action, outcome.types, outcome.texts) == (Action.ALLOW, (), None)


def test_a_prompt_without_any_text_travels(engine: PatternEngine) -> None:
    assert PromptCheck(prompt(), (engine,)).apply(REDACT, ()).action is Action.ALLOW


def test_a_finding_is_masked_in_its_own_text(engine: PatternEngine) -> None:
    outcome = PromptCheck(prompt(("$.a", "hi"), ("$.b", "ssn 536-22-8471")), (engine,)).apply(REDACT, ())
    assert outcome.texts == ("hi", "ssn [US_SSN]")


def test_a_frame_that_the_machine_does_not_release_does_not_travel(engine: PatternEngine) -> None:
    check = PromptCheck(prompt(("$.a", "joe"), ("$.b", "x"), ("$.a", "@example.com")), (engine,))
    with pytest.raises(InvariantError):
        check.apply(REDACT, ())


@pytest.mark.parametrize(
    ("members", "allowed", "action"),
    [
        (("documents",), (), Action.BLOCK),
        (("documents",), ("documents",), Action.ALLOW),
        (("nvext.token_data",), ("nvext",), Action.ALLOW),
        (("nvext.token_data",), ("nvext.other",), Action.BLOCK),
        (("documents2",), ("documents",), Action.BLOCK),
    ],
)
def test_a_member_that_smuggles_is_refused_unless_it_is_named(
    engine: PatternEngine, members: tuple[str, ...], allowed: tuple[str, ...], action: Action
) -> None:
    plan = Plan(actions={"POLICY_MEMBER": Action.BLOCK})
    outcome = PromptCheck(prompt(("$.a", "hi"), members=members), (engine,)).apply(plan, allowed)
    assert outcome.action is action
    assert (MEMBER in outcome.types) == (action is Action.BLOCK)


def test_a_member_is_only_flagged_where_the_policy_says_so(engine: PatternEngine) -> None:
    plan = Plan(actions={"POLICY_MEMBER": Action.FLAG})
    outcome = PromptCheck(prompt(("$.a", "hi"), members=("documents",)), (engine,)).apply(plan, ())
    assert outcome.action is Action.FLAG
