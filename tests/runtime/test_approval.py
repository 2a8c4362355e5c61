"""The waiting room: an answer lets go on, and everything else denies; each end is told once."""

import asyncio

import pytest

from guard.core.approval import ApprovalEvent, ApprovalQuestion, ApprovalState, Verdict
from guard.core.facts import Identity
from guard.errors import AlreadyDecided, ApprovalDenied, ApprovalsFull, ApprovalTimeout, NotFound
from guard.runtime.approval import REASON_CHARS, ApprovalLimits, ApprovalRoom, refusal

pytestmark = pytest.mark.asyncio

APPROVED, DENIED = ApprovalState.APPROVED, ApprovalState.DENIED


class Scene:
    """A room, what it told, and those who ask in it."""

    def __init__(self, waiting: int = 10, timeout_s: float = 60, attended: bool = True) -> None:
        self.told: list[ApprovalEvent] = []
        self.room = ApprovalRoom(ApprovalLimits(waiting, timeout_s, attended), self.told.append)
        self.asked: dict[str, asyncio.Task[Verdict]] = {}

    async def ask(
        self, name: str, reason: str = "why", timeout_s: float | None = None, tenant: str = "acme"
    ) -> asyncio.Task[Verdict]:
        """Somebody asks, and is left waiting."""
        question = ApprovalQuestion(name, "exchange", Identity(tenant, "app1", "mid"), "request", reason, timeout_s)
        task = self.asked[name] = asyncio.ensure_future(self.room.ask(question))
        await asyncio.sleep(0)
        return task

    @property
    def states(self) -> list[tuple[str, str]]:
        return [(event.question.id, event.state.value) for event in self.told]


@pytest.mark.parametrize(("state", "approved"), [(APPROVED, True), (DENIED, False)])
async def test_an_answer_ends_the_wait_and_says_who_gave_it(state: ApprovalState, approved: bool) -> None:
    scene = Scene()
    asked = await scene.ask("one")
    assert not asked.done()
    scene.room.decide("one", state, "alice", "because")
    verdict = await asked
    assert (verdict.approved, verdict.state, verdict.by, verdict.reason) == (approved, state, "alice", "because")
    assert scene.states == [("one", "waiting"), ("one", state.value)]
    assert scene.room.waiting() == ()


async def test_an_answer_is_for_one_question_alone() -> None:
    scene = Scene()
    first, second = await scene.ask("one"), await scene.ask("two")
    scene.room.decide("two", APPROVED, "alice")
    assert (await second).approved
    assert not first.done()
    assert [event.question.id for event in scene.room.waiting()] == ["one"]
    first.cancel()


async def test_time_denies() -> None:
    scene = Scene()
    verdict = await (await scene.ask("one", timeout_s=0.01))
    assert verdict.state is ApprovalState.TIMED_OUT
    assert scene.states == [("one", "waiting"), ("one", "timed_out")]
    with pytest.raises(AlreadyDecided, match="timed_out"):
        scene.room.decide("one", APPROVED, "alice")


@pytest.mark.parametrize(("asked_s", "waits_s"), [(None, 60), (5, 5), (3600, 60)])
async def test_no_decision_makes_one_wait_longer_than_configured(asked_s: float | None, waits_s: float) -> None:
    scene = Scene(timeout_s=60)
    (await scene.ask("one", timeout_s=asked_s)).cancel()
    assert scene.told[0].until_ms - scene.told[0].asked_ms == waits_s * 1000


async def test_a_full_room_denies_and_has_room_again_when_one_leaves() -> None:
    scene = Scene(waiting=1)
    await scene.ask("one")
    assert (await (await scene.ask("two"))).state is ApprovalState.FULL
    scene.room.decide("one", APPROVED, "alice")
    third = await scene.ask("three")
    assert not third.done()
    third.cancel()


async def test_one_tenant_leaves_room_for_others() -> None:
    scene = Scene(waiting=10)
    for number in range(12):
        await scene.ask(f"many {number}", tenant="busy")
    others = [await scene.ask(name, tenant=name) for name in ("acme", "initech")]

    refused = [task for task in scene.asked.values() if task.done()]
    assert [task.result().state for task in refused] == [ApprovalState.FULL] * 4
    assert not any(task.done() for task in others)
    scene.room.decide("many 0", APPROVED, "alice")
    assert not (await scene.ask("initech again", tenant="initech")).done()
    for task in scene.asked.values():
        task.cancel()


async def test_without_anybody_to_ask_nobody_waits() -> None:
    scene = Scene(attended=False)
    assert (await (await scene.ask("one"))).state is ApprovalState.UNATTENDED
    assert scene.told == []


async def test_who_leaves_takes_the_question_back() -> None:
    scene = Scene()
    asked = await scene.ask("one")
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert scene.states == [("one", "waiting"), ("one", "cancelled")]
    with pytest.raises(AlreadyDecided, match="cancelled"):
        scene.room.decide("one", APPROVED, "alice")


async def test_who_leaves_after_the_answer_does_not_change_it() -> None:
    scene = Scene()
    asked = await scene.ask("one")
    scene.room.decide("one", APPROVED, "alice")
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert scene.states == [("one", "waiting"), ("one", "approved")]


async def test_a_stop_denies_all_who_wait_and_all_who_come() -> None:
    scene = Scene()
    first, second = await scene.ask("one"), await scene.ask("two")
    scene.room.close()
    third = await scene.ask("three")
    assert {(await asked).state for asked in (first, second, third)} == {ApprovalState.STOPPED}


async def test_deciding_twice_changes_nothing() -> None:
    scene = Scene()
    await scene.ask("one")
    first = scene.room.decide("one", DENIED, "alice", "no")
    assert scene.room.decide("one", DENIED, "bob", "never") == first
    with pytest.raises(AlreadyDecided, match="denied"):
        scene.room.decide("one", APPROVED, "bob")
    assert len(scene.told) == 2


async def test_an_unknown_question_is_not_found() -> None:
    with pytest.raises(NotFound):
        Scene().room.decide("one", APPROVED, "alice")


async def test_words_are_cut() -> None:
    scene = Scene()
    asked = await scene.ask("one", reason="x" * 10_000)
    scene.room.decide("one", DENIED, "alice", "y" * 10_000)
    assert len((await asked).reason) == len(scene.told[0].question.reason) == REASON_CHARS


async def test_figures_count_each_end() -> None:
    scene = Scene(waiting=3)
    for name in ("one", "two", "three", "four"):
        await scene.ask(name)
    scene.room.decide("one", APPROVED, "alice")
    scene.room.decide("two", DENIED, "alice")
    figures = {name: count for name, count in scene.room.figures().items() if count}
    assert figures == {"waiting": 1, "approved": 1, "denied": 1, "full": 1}
    scene.room.close()


@pytest.mark.parametrize(
    ("state", "error"),
    [
        (ApprovalState.DENIED, ApprovalDenied),
        (ApprovalState.UNATTENDED, ApprovalDenied),
        (ApprovalState.TIMED_OUT, ApprovalTimeout),
        (ApprovalState.STOPPED, ApprovalTimeout),
        (ApprovalState.CANCELLED, ApprovalTimeout),
        (ApprovalState.WAITING, ApprovalTimeout),
        (ApprovalState.FULL, ApprovalsFull),
    ],
)
async def test_whatever_is_no_approval_refuses(state: ApprovalState, error: type[Exception]) -> None:
    assert type(refusal(Verdict(state))) is error


async def test_an_approval_refuses_nothing() -> None:
    assert refusal(Verdict(APPROVED)) is None
    assert {state for state in ApprovalState if refusal(Verdict(state)) is None} == {APPROVED}


async def test_no_question_shows_its_words_in_a_repr() -> None:
    scene = Scene()
    (await scene.ask("one", reason="hush")).cancel()
    assert "hush" not in repr(scene.told[0])
    assert "hush" not in repr(Verdict(DENIED, reason="hush"))
