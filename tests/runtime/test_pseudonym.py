"""Surrogates through a whole exchange: what the backend gets, and what the client reads."""

import json

import pytest

from guard.core.action import Action
from guard.core.decision import Decision
from guard.core.style import Style
from guard.scan.engine import PatternEngine

from .world import END, World, chunk

EMAIL, CARD = "ada@lovelace.example", "4111 1111 1111 1111"
TEXT = f"Remind {EMAIL}, who pays with {CARD}."
BODY = json.dumps({"model": "m", "stream": True, "messages": [{"role": "user", "content": TEXT}]}).encode()
DECISION = Decision(actions={"*": Action.REDACT}, prompt_styles={"pii": Style.SURROGATE})


async def _sent(engine: PatternEngine) -> str:
    world = await World(engine, [chunk("ok"), END], decision=DECISION, body=BODY).run()
    (call,) = world.backend.calls
    said: str = json.loads(call.body or b"{}")["messages"][0]["content"]
    return said


@pytest.mark.parametrize("size", [1, 3, 200])
async def test_the_answer_has_the_values_where_it_uses_their_surrogates(engine: PatternEngine, size: int) -> None:
    said = await _sent(engine)
    assert EMAIL not in said
    assert CARD not in said
    text = said + " Not to eve@other.example. Ask"
    script = [chunk(text[at : at + size]) for at in range(0, len(text), size)]
    world = await World(engine, [*script, END], decision=DECISION, body=BODY).run()
    read = "".join(
        json.loads(line[6:])["choices"][0]["delta"].get("content", "")
        for line in world.client.body.decode().splitlines()
        if line.startswith("data: {")
    )
    assert read == f"{TEXT} Not to [EMAIL_ADDRESS]. Ask"
