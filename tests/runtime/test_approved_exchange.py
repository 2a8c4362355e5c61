"""An exchange that needs approval: nothing reaches the backend before it, and the client gets a status of its own."""

import asyncio

import msgspec
import pytest

from guard.core.action import Action
from guard.core.approval import ApprovalEvent, ApprovalState
from guard.core.decision import Approval, Decision
from guard.core.entry import Status
from guard.runtime.approval import ApprovalLimits, ApprovalRoom
from guard.scan.engine import PatternEngine
from tests.runtime.world import BODY, END, WHOLE, World, chunk

pytestmark = pytest.mark.asyncio

ASKED = Decision(actions={"*": Action.REDACT}, require_approval=Approval("it is costly"))
WAIT_S = 60
SCRIPT = (chunk("Hello. "), END)


class Scene:
    """A world whose room has somebody in it, and what was told there."""

    def __init__(self, engine: PatternEngine, decision: Decision = ASKED, body: bytes = BODY, waiting: int = 1) -> None:
        self.told: list[ApprovalEvent] = []
        self.came = asyncio.Event()
        self.room = ApprovalRoom(ApprovalLimits(waiting), self._hear)
        self.world = World(engine, SCRIPT, decision=decision, body=body, approvals=self.room)
        self.task = asyncio.ensure_future(self.world.exchange.run())

    def _hear(self, event: ApprovalEvent) -> None:
        self.told.append(event)
        self.came.set()

    async def parked(self) -> str:
        """The id of what waits, once it does."""
        await asyncio.wait_for(self.came.wait(), WAIT_S)
        return self.told[0].question.id

    async def over(self) -> World:
        await asyncio.wait_for(self.task, WAIT_S)
        return self.world


def code(world: World) -> str:
    return str(msgspec.json.decode(world.client.body)["error"]["code"])


async def test_what_is_approved_goes_on(engine: PatternEngine) -> None:
    scene = Scene(engine)
    approval = await scene.parked()
    assert scene.world.client.status == 0
    assert scene.world.backend.calls == []
    scene.room.decide(approval, ApprovalState.APPROVED, "alice")
    world = await scene.over()
    assert (world.client.status, world.client.body) == (200, b"".join(SCRIPT))
    assert world.closing.status is Status.COMPLETED


@pytest.mark.parametrize("body", [BODY, WHOLE], ids=["streamed", "whole"])
async def test_what_is_denied_is_a_403_and_reaches_no_backend(engine: PatternEngine, body: bytes) -> None:
    scene = Scene(engine, body=body)
    scene.room.decide(await scene.parked(), ApprovalState.DENIED, "alice", "use the small one")
    world = await scene.over()
    assert (world.client.status, code(world)) == (403, "approval_denied")
    assert b"use the small one" in world.client.body
    assert world.client.headers["x-guard-decision"] == "deny"
    assert world.backend.calls == []
    assert (world.closing.status, world.closing.reason, world.closing.decision) == (
        Status.BLOCKED, "approval_denied", "deny",
    )  # fmt: skip
    assert world.closing.usage.prompt == 0


async def test_time_denies(engine: PatternEngine) -> None:
    decision = Decision(require_approval=Approval(timeout_s=0.01))
    world = await Scene(engine, decision).over()
    assert (world.client.status, code(world)) == (403, "approval_timeout")
    assert world.backend.calls == []


async def test_a_full_room_denies(engine: PatternEngine) -> None:
    world = await Scene(engine, waiting=0).over()
    assert (world.client.status, code(world)) == (403, "approvals_full")
    assert world.backend.calls == []


async def test_without_anybody_to_ask_it_is_denied(engine: PatternEngine) -> None:
    world = await World(engine, SCRIPT, decision=ASKED).run()
    assert (world.client.status, code(world)) == (403, "approval_denied")
    assert world.backend.calls == []


async def test_a_stop_denies(engine: PatternEngine) -> None:
    scene = Scene(engine)
    await scene.parked()
    scene.room.close()
    world = await scene.over()
    assert (world.client.status, code(world)) == (403, "approval_timeout")
    assert world.backend.calls == []


async def test_a_client_that_leaves_takes_its_question_back(engine: PatternEngine) -> None:
    scene = Scene(engine)
    await scene.parked()
    scene.world.client.leaves.set()
    world = await scene.over()
    assert [event.state.value for event in scene.told] == ["waiting", "cancelled"]
    assert (world.closing.status, world.closing.reason) == (Status.ABORTED, "client_left")
    assert world.backend.calls == []


async def test_a_prompt_that_is_blocked_anyway_asks_nobody(engine: PatternEngine) -> None:
    decision = Decision(actions={"*": Action.BLOCK}, require_approval=Approval())
    scene = Scene(engine, decision, WHOLE.replace(b"hello there", b"4111 1111 1111 1111"))
    assert code(await scene.over()) == "content_filter"
    assert scene.told == []


async def test_a_question_names_who_asks_and_never_what(engine: PatternEngine) -> None:
    scene = Scene(engine)
    await scene.parked()
    question = scene.told[0].question
    assert (question.exchange, question.point, question.reason) == (scene.world.exchange.id, "request", "it is costly")
    assert (question.identity.tenant, question.identity.key, question.model, question.backend) == (
        "t",
        "k",
        "m",
        "local",
    )
    assert b"hello" not in msgspec.json.encode(question)
    scene.room.close()
    await scene.over()
