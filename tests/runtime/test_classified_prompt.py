"""A prompt under the classifiers: what was said is scored, and without a score it does not travel."""

from collections.abc import Sequence

import msgspec
import pytest

from guard.core.action import Action
from guard.core.assessment import Assessment, Passage
from guard.core.channel import Channel
from guard.core.event import EngineStatus
from guard.core.finding import Finding
from guard.core.frame import Frame, Slot
from guard.core.plan import FailureMode, Plan
from guard.core.prompt import Prompt
from guard.errors import EngineError, EngineTimeout
from guard.runtime.prompt_check import PromptCheck
from guard.scan.engine import PatternEngine

BLOCK = Plan(actions={"injection": Action.BLOCK, "pii": Action.REDACT})


class Words:
    """Scores a text by the word `attack` in it: a classifier whose verdict one can see coming."""

    names = ("injection",)

    def __init__(self, score: float = 0.9, status: EngineStatus = EngineStatus.OK) -> None:
        self.score = score
        self.status = status
        self.word = "attack"
        self.seen: list[tuple[str, str]] = []

    async def assess(self, passages: Sequence[Passage]) -> Sequence[Assessment]:
        self.seen += [(one.text, one.role) for one in passages]
        return [self._one(one.text) for one in passages]

    def _one(self, text: str) -> Assessment:
        if self.status is not EngineStatus.OK:
            return Assessment(status={"injection": self.status})
        at = text.find(self.word)
        finding = Finding("INJECTION_OVERRIDE", at, at + 6, self.score, "injection", threshold=0.7)
        scores = {"injection": self.score if at >= 0 else 0.1}
        status = {"injection": EngineStatus.OK}
        return Assessment(scores, (finding,) if at >= 0 else (), status, tokens=len(text.split()))


def prompt(*texts: tuple[str, str]) -> Prompt:
    """Texts with their roles; an empty role stands outside the conversation."""
    slots = tuple(Slot(Channel(0, f"$.messages[{i}].content"), text, 0, 0) for i, (_, text) in enumerate(texts))
    roles = tuple(role for role, _ in texts)
    return Prompt(Frame(b"", slots, last=True), "m", False, 1, None, (), (), (), roles=roles)


async def checked(engine: PatternEngine, classifier: Words, *texts: tuple[str, str]) -> PromptCheck:
    check = PromptCheck(prompt(*texts), (engine,))
    await check.classify(classifier)
    return check


async def test_what_was_said_is_scored_with_its_role_and_nothing_else(engine: PatternEngine) -> None:
    words = Words()
    await checked(engine, words, ("system", "be kind"), ("user", "hello"), ("", "a tool's schema"), ("tool", "42"))

    assert words.seen == [("be kind", "system"), ("hello", "user"), ("42", "tool")]


async def test_what_is_read_of_a_prompt_is_counted(engine: PatternEngine) -> None:
    check = await checked(engine, Words(), ("system", "be kind"), ("user", "hello"), ("", "a tool's schema"))

    assert check.tokens == 3


async def test_an_attack_that_is_spread_over_a_messages_parts_is_seen(engine: PatternEngine) -> None:
    words = Words()
    words.word = "at ta ck"
    parts = msgspec.structs.replace(prompt(("user", "at"), ("user", "ta"), ("user", "ck")), groups=((0, 1, 2),))
    check = PromptCheck(parts, (engine,))
    await check.classify(words)

    assert ("at ta ck", "user") in words.seen
    assert check.apply(BLOCK, ()).action is Action.BLOCK
    masks = Plan(actions={"injection": Action.REDACT})
    assert check.apply(masks, ()).texts == ("[INJECTION_OVERRIDE]",) * 3


async def test_an_attack_is_blocked_and_the_policy_has_its_score(engine: PatternEngine) -> None:
    check = await checked(engine, Words(), ("user", "hello"), ("user", "an attack"))

    assert check.scores() == {"injection": 0.9}
    assert [(f.type, f.engine, f.path) for f in check.findings()] == [
        ("INJECTION_OVERRIDE", "injection", "$.messages[].content")
    ]
    assert check.apply(BLOCK, ()).action is Action.BLOCK


@pytest.mark.parametrize(
    ("score", "thresholds", "action"),
    [
        (0.6, {}, Action.ALLOW),
        (0.7, {}, Action.BLOCK),
        (0.6, {"injection": 0.5}, Action.BLOCK),
        (0.9, {"INJECTION_OVERRIDE": 0.95}, Action.ALLOW),
        (0.9, {"*": 0.95}, Action.ALLOW),
    ],
)
async def test_the_models_own_threshold_holds_unless_the_policy_names_another(
    engine: PatternEngine, score: float, thresholds: dict[str, float], action: Action
) -> None:
    check = await checked(engine, Words(score), ("user", "an attack"))
    plan = Plan(actions={"injection": Action.BLOCK}, thresholds=thresholds)

    assert check.apply(plan, ()).action is action


async def test_a_finding_below_its_models_threshold_is_no_fact(engine: PatternEngine) -> None:
    check = await checked(engine, Words(0.6), ("user", "an attack"))

    assert check.findings() == ()
    assert check.scores() == {"injection": 0.6}


async def test_a_classifier_that_does_not_count_blocks_nothing(engine: PatternEngine) -> None:
    check = await checked(engine, Words(), ("user", "an attack"))
    plan = Plan(actions={"*": Action.BLOCK}, classifiers=("unsafe",))

    assert check.apply(plan, ()).action is Action.ALLOW


async def test_an_attack_can_be_cut_out_beside_a_masked_value(engine: PatternEngine) -> None:
    check = await checked(engine, Words(), ("tool", "joe@example.com says attack now"))
    plan = Plan(actions={"injection": Action.REDACT, "pii": Action.REDACT})

    assert check.apply(plan, ()).texts == ("[EMAIL_ADDRESS] says [INJECTION_OVERRIDE] now",)


@pytest.mark.parametrize(
    ("status", "error"), [(EngineStatus.ERROR, EngineError), (EngineStatus.TIMEOUT, EngineTimeout)]
)
async def test_without_a_score_a_prompt_does_not_travel(
    engine: PatternEngine, status: EngineStatus, error: type[EngineError]
) -> None:
    check = await checked(engine, Words(status=status), ("user", "hello"))

    assert ("injection", status.value) in [(fact.name, fact.status) for fact in check.engines()]
    with pytest.raises(error):
        check.apply(BLOCK, ())


async def test_without_a_score_it_travels_where_the_policy_says_so_and_patterns_still_count(
    engine: PatternEngine,
) -> None:
    check = await checked(engine, Words(status=EngineStatus.ERROR), ("user", "joe@example.com"))
    plan = Plan(actions={"pii": Action.REDACT}, on_failure=FailureMode.RELEASE)

    assert check.apply(plan, ()).texts == ("[EMAIL_ADDRESS]",)


async def test_a_text_that_need_not_be_scored_is_no_failure(engine: PatternEngine) -> None:
    check = await checked(engine, Words(status=EngineStatus.SKIPPED), ("system", "be kind"))

    assert check.apply(BLOCK, ()).action is Action.ALLOW
