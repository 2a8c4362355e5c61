"""A prompt under an engine that reads names: they are facts and edits, and without its verdict a prompt stays."""

from collections.abc import Sequence

import pytest

from guard.core.action import Action
from guard.core.assessment import SlotText, TextVerdict
from guard.core.event import EngineStatus
from guard.core.finding import Finding
from guard.core.plan import FailureMode, Plan
from guard.errors import EngineError, EngineTimeout
from guard.runtime.prompt_check import PromptCheck
from guard.scan.engine import PatternEngine
from tests.runtime.test_classified_prompt import prompt

REDACT = Plan(actions={"pii": Action.REDACT})


class Ann:
    """Finds `Ann` alone."""

    name = "names"
    types = ("PERSON", "LOCATION")

    def __init__(self, status: EngineStatus = EngineStatus.OK) -> None:
        self.status = status
        self.seen: list[str] = []

    async def inspect(self, texts: Sequence[SlotText]) -> Sequence[TextVerdict]:
        self.seen += [one.text for one in texts]
        return [TextVerdict(self._found(one.text), self.status) for one in texts]

    def _found(self, text: str) -> tuple[Finding, ...]:
        at = text.find("Ann")
        return (Finding("PERSON", at, at + 3, 0.9, "names"),) if at >= 0 and self.status is EngineStatus.OK else ()


async def read(engine: PatternEngine, names: Ann, *texts: tuple[str, str]) -> PromptCheck:
    check = PromptCheck(prompt(*texts), (engine,))
    await check.read(names)
    return check


async def test_names_are_replaced_in_whatever_was_said_and_told_to_the_policy(engine: PatternEngine) -> None:
    names = Ann()
    check = await read(engine, names, ("system", "be Ann"), ("", "Ann, a tool"), ("user", "I am joe@example.com, Ann."))

    assert names.seen == ["be Ann", "I am joe@example.com, Ann."]
    assert check.apply(REDACT, ()).texts == ("be [PERSON]", "Ann, a tool", "I am [EMAIL_ADDRESS], [PERSON].")
    facts = {(fact.type, fact.engine): fact.count for fact in check.findings()}
    assert facts == {("PERSON", "names"): 2, ("EMAIL_ADDRESS", "pattern"): 1}
    assert ("names", "OK") in [(one.name, one.status) for one in check.engines()]


@pytest.mark.parametrize(
    ("status", "error"), [(EngineStatus.ERROR, EngineError), (EngineStatus.TIMEOUT, EngineTimeout)]
)
async def test_without_a_verdict_a_prompt_does_not_travel(
    engine: PatternEngine, status: EngineStatus, error: type[EngineError]
) -> None:
    check = await read(engine, Ann(status), ("user", "hello"))

    assert ("names", status.value) in [(one.name, one.status) for one in check.engines()]
    with pytest.raises(error):
        check.apply(REDACT, ())
    with pytest.raises(error):
        check.apply(Plan(actions={"LOCATION": Action.FLAG}, classifiers=()), ())


async def test_it_travels_where_the_policy_does_nothing_about_names_or_says_so(engine: PatternEngine) -> None:
    check = await read(engine, Ann(EngineStatus.ERROR), ("user", "hello"))

    assert check.apply(Plan(actions={"secret": Action.REDACT}), ()).action is Action.ALLOW
    goes_on = Plan(actions={"pii": Action.REDACT}, on_failure=FailureMode.RELEASE)
    assert check.apply(goes_on, ()).action is Action.ALLOW
