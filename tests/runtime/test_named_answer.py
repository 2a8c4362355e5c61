"""An answer whose names are read as it flows: the client gets the same text however the backend cut it, and no name."""

import json

import pytest

from guard.core.action import Action
from guard.core.decision import Decision
from guard.core.entry import Status
from guard.scan.engine import PatternEngine
from tests.flow import cut
from tests.pii.names.token_model import Register, flowing
from tests.runtime.world import END, World, chunk

TEXT = "it met Ann Smith, and it was joe@example.com who met Bob in London. The met <PERSON_k3f9> and so it ended"
MASKED = (
    "it met [PERSON], and it was [EMAIL_ADDRESS] who met [PERSON] in [LOCATION]. The met <PERSON_k3f9> and so it ended"
)
REDACT = Decision(actions={"pii": Action.REDACT})


def said(body: bytes) -> str:
    """The text of a streamed answer."""
    events = [line[6:] for line in body.split(b"\n") if line.startswith(b"data: {")]
    choices = [choice for event in events for choice in json.loads(event).get("choices", [])]
    return "".join(choice["delta"].get("content", "") for choice in choices)


async def answered(engine: PatternEngine, runner: Register, *pieces: str, decision: Decision = REDACT) -> World:
    async with flowing(runner) as names:
        script = [*(chunk(piece) for piece in pieces), END]
        return await World(engine, script, decision=decision, deferred=(names,)).run()


@pytest.mark.parametrize("step", [1, 2, 3, 5, 8, 200])
async def test_names_are_masked_beside_values_however_the_text_was_cut(engine: PatternEngine, step: int) -> None:
    world = await answered(engine, Register(), *cut(TEXT, list(range(step, len(TEXT), step))))

    assert said(world.client.body) == MASKED
    assert world.closing.status is Status.COMPLETED


async def test_without_the_models_word_nothing_with_a_name_in_it_leaves(engine: PatternEngine) -> None:
    runner = Register()
    runner.broken = True
    world = await answered(engine, runner, *cut(TEXT, list(range(4, len(TEXT), 4))))

    assert "Ann" not in said(world.client.body)
    assert b"[DONE]" not in world.client.body
    assert world.closing.status is Status.FAILED


async def test_a_policy_that_does_nothing_about_names_asks_no_model(engine: PatternEngine) -> None:
    runner = Register()
    decision = Decision(actions={"EMAIL_ADDRESS": Action.REDACT})
    world = await answered(engine, runner, TEXT, decision=decision)

    assert said(world.client.body) == TEXT.replace("joe@example.com", "[EMAIL_ADDRESS]")
    assert runner.windows == []
