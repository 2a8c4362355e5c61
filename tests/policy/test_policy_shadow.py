"""A candidate is asked beside the live policies; no exchange notices, and nobody's text is kept."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from guard.core.decision import Decision
from guard.core.facts import FindingFacts, Identity, RequestFacts
from guard.core.shadow import ShadowFigures
from guard.core.tool_facts import OneCall, ToolFacts
from guard.errors import PolicyError
from guard.policy import shadow as shadow_module
from guard.policy.embedded import EmbeddedPolicy
from guard.policy.rollout import Rollout, percent_of
from guard.policy.serving import FixedPolicies, InProcess
from guard.policy.shadow import Shadow
from guard.policy.shadow_tally import MOST_COUNTED, OTHER, ShadowTally
from guard.ports import PolicyEngine

Write = Callable[[dict[str, str]], Path]
LIVE = 'package guard\n\nrequest := {"actions": {"*": "redact"}}\n'
CANDIDATE = """package guard

request := {"deny": deny, "actions": {"*": "redact", "EMAIL_ADDRESS": "block"}, "labels": {"v": "2"}}

deny contains {"code": "not_that_model", "message": "take another"} if input.model == "large-model"

deny contains {"code": "broken", "message": sprintf("%d", [1 / input.tokens])} if input.model == "broken"
"""
FOUND = FindingFacts("EMAIL_ADDRESS", "pii.direct", 2, 1, 1.0, "pattern", "$.messages[].content")


class Beside:
    """Live and candidate policies, and what was seen of both."""

    def __init__(self, tmp_path: Path, live: str, candidate: str, percent: float = 0, sample: float = 1) -> None:
        self.live, self.candidate = (
            self._engine(tmp_path / name, text) for name, text in (("a", live), ("b", candidate))
        )
        self.tally = ShadowTally(percent, sample)
        self.shadow = Shadow(self.tally)
        self.policies = Rollout(FixedPolicies(self.live), FixedPolicies(self.candidate), percent, self.shadow)

    @staticmethod
    def _engine(folder: Path, text: str) -> InProcess:
        folder.mkdir()
        (folder / "p.rego").write_text(text)
        return InProcess(EmbeddedPolicy(folder))

    def figures(self) -> ShadowFigures:
        """After all that waits has been compared."""
        self.shadow._thread.submit(lambda: None).result(30)
        return self.shadow.figures()


@pytest.fixture
def beside(tmp_path: Path) -> Iterator[Beside]:
    found = Beside(tmp_path, LIVE, CANDIDATE)
    yield found
    found.shadow.stop()


def counted(figures: ShadowFigures) -> dict[str, int]:
    return {f"{one.tenant} {one.kind} {one.detail}".strip(): one.count for one in figures.differences}


async def test_differences_are_counted_by_tenant_and_kind(beside: Beside, facts: RequestFacts) -> None:
    other = Identity("blue", "k", "free")
    for who, model, found in (
        (facts.identity, "small-model", ()),
        (facts.identity, "small-model", (FOUND,)),
        (other, "large-model", ()),
        (other, "large-model", ()),
    ):
        engine = beside.policies.engine(who, "X1")
        asked = msgspec.structs.replace(facts, identity=who, model=model, findings=found)
        decision = await engine.request(asked)
        assert decision.generation == beside.live.generation
        assert not decision.deny
    figures = beside.figures()
    assert (figures.compared, figures.different, figures.failed, figures.dropped) == (4, 4, 0, 0)
    assert figures.generation == beside.candidate.generation
    assert counted(figures) == {
        "acme labels v": 2,
        "acme answer_action EMAIL_ADDRESS: unsaid > block": 2,
        "acme prompt_action EMAIL_ADDRESS: redact > block": 1,
        "blue deny +not_that_model": 2,
    }


async def test_a_candidate_that_fails_touches_nothing(beside: Beside, facts: RequestFacts) -> None:
    engine = beside.policies.engine(facts.identity, "X1")
    assert not (await engine.request(msgspec.structs.replace(facts, model="broken"))).deny
    figures = beside.figures()
    assert (figures.failed, counted(figures)) == (1, {"acme error candidate": 1})


async def test_a_live_engine_that_fails_still_fails_and_is_compared(tmp_path: Path, facts: RequestFacts) -> None:
    found = Beside(tmp_path, CANDIDATE, LIVE)
    with pytest.raises(PolicyError):
        await found.policies.engine(facts.identity, "X1").request(msgspec.structs.replace(facts, model="broken"))
    assert counted(found.figures()) == {"acme error live": 1}
    found.shadow.stop()


async def test_examples_hold_facts_and_no_text(beside: Beside, facts: RequestFacts) -> None:
    message = msgspec.structs.replace(facts.messages[1], text="Ada Lovelace")
    asked = msgspec.structs.replace(facts, messages=(message,), model="large-model")
    await beside.policies.engine(facts.identity, "X1").request(asked)
    (sample,) = beside.figures().samples
    assert (sample.exchange, sample.point, sample.tenant) == ("X1", "request", "acme")
    assert msgspec.json.decode(sample.candidate)["deny"][0]["code"] == "not_that_model"
    assert msgspec.json.decode(sample.live) == {"actions": {"*": "redact"}}
    assert msgspec.json.decode(sample.facts)["model"] == "large-model"
    assert b"Ada" not in msgspec.json.encode(beside.figures())
    assert "small-model" not in repr(sample)


@pytest.mark.parametrize(("sample", "least", "most"), [(0, 0, 0), (1, 100, 100), (0.3, 10, 50)])
async def test_a_share_of_what_differs_is_kept_as_examples(
    tmp_path: Path, facts: RequestFacts, sample: float, least: int, most: int
) -> None:
    found = Beside(tmp_path, LIVE, CANDIDATE, sample=sample)
    for number in range(100):
        await found.policies.engine(facts.identity, f"X{number}").request(facts)
    assert least <= len(found.figures().samples) <= most
    found.shadow.stop()


async def test_an_entry_point_that_the_candidate_lacks_is_as_if_not_asked(tmp_path: Path) -> None:
    found = Beside(tmp_path, LIVE + '\ntool := {"redact": ["$.to"]}\n', LIVE)
    who = Identity("acme", "web", "free")
    asked = ToolFacts(who, "m", "local", "openai.chat", True, "now", OneCall("mail", True, True, {}))
    await found.policies.engine(who, "X1").tool(asked)
    assert counted(found.figures()) == {"acme redact": 1}
    found.shadow.stop()


async def test_texts_that_the_live_policy_does_not_ask_for_are_not_learned_for_the_candidate(tmp_path: Path) -> None:
    reading = "# METADATA\n# scope: package\n# custom:\n#   reads_texts: true\n" + LIVE
    reading += "\nspoken := {message.language | some message in input.messages}\n"
    found = Beside(tmp_path, LIVE, reading)
    engine = found.policies.engine(Identity("acme", "web", "free"), "X1")
    assert "messages.language" in engine.reads
    assert "messages.text" not in engine.reads
    found.shadow.stop()


class Slow:
    """A candidate that waits until it may go on."""

    def __init__(self, engine: PolicyEngine) -> None:
        self.generation, self.points, self.reads = engine.generation, engine.points, engine.reads
        self.go = threading.Event()

    async def request(self, _facts: RequestFacts) -> Decision:
        self.go.wait(30)
        return Decision()

    response = tool = admin = request  # type: ignore[assignment]


async def test_what_cant_be_kept_up_with_is_dropped_and_counted(
    tmp_path: Path, facts: RequestFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shadow_module, "MOST_WAITING", 3)
    found = Beside(tmp_path, LIVE, LIVE)
    slow = Slow(found.candidate)
    policies = Rollout(FixedPolicies(found.live), FixedPolicies(slow), 0, found.shadow)  # type: ignore[arg-type]
    for _ in range(10):
        await asyncio.wait_for(policies.engine(facts.identity, "X1").request(facts), 10)
    assert found.shadow.figures().dropped == 7
    slow.go.set()
    assert found.figures().compared == 3
    found.shadow.stop()


async def test_counting_is_bounded(tmp_path: Path, facts: RequestFacts) -> None:
    found = Beside(tmp_path, LIVE, CANDIDATE, sample=0)
    for number in range(MOST_COUNTED):
        who = Identity(f"t{number}", "k", "free")
        await found.policies.engine(who, "X").request(msgspec.structs.replace(facts, identity=who))
        if number % 500 == 499:
            found.figures()
    figures = found.figures()
    assert figures.compared == MOST_COUNTED
    assert len(figures.differences) <= MOST_COUNTED + 10
    assert sum(one.count for one in figures.differences) == 2 * MOST_COUNTED
    assert OTHER in {one.tenant for one in figures.differences}
    found.shadow.stop()


async def test_a_new_generation_of_the_candidate_begins_anew(tmp_path: Path, facts: RequestFacts) -> None:
    found = Beside(tmp_path, LIVE, CANDIDATE)
    await found.policies.engine(facts.identity, "X1").request(facts)
    found.figures()
    again = FixedPolicies(Beside._engine(tmp_path / "c", LIVE))
    await Rollout(FixedPolicies(found.live), again, 0, found.shadow).engine(facts.identity, "X2").request(facts)
    figures = found.figures()
    assert (figures.compared, figures.different, figures.differences) == (1, 0, ())
    found.shadow.stop()


@pytest.mark.parametrize("percent", [0, 10, 50, 100])
def test_a_percentage_of_tenants_is_served_by_the_candidate(tmp_path: Path, percent: float) -> None:
    found = Beside(tmp_path, LIVE, CANDIDATE, percent)
    tenants = [f"tenant-{number}" for number in range(1000)]
    served = [name for name in tenants if found.policies.engine(Identity(name, "k", "t"), "X") is found.candidate]
    assert abs(len(served) - 10 * percent) <= (0 if percent in (0, 100) else 60)
    found.shadow.stop()


def test_a_tenants_place_is_fixed_for_good() -> None:
    places = {f"tenant-{number}": percent_of(f"tenant-{number}") for number in range(1000)}
    assert all(0 <= place < 100 for place in places.values())
    # Fixed for good: replicas of different versions must agree.
    assert round(places["tenant-0"], 6) == 70.994958


def test_nobody_administers_under_a_candidate(tmp_path: Path) -> None:
    found = Beside(tmp_path, LIVE, CANDIDATE, 100)
    assert found.policies.engine(Identity("", "root", "")).generation == found.live.generation
    found.shadow.stop()
