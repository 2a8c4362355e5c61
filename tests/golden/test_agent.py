"""A recorded agent's conversation: a web page tells the model to send mail, and three lines of Rego do not let it."""

import json
from pathlib import Path
from random import Random

import pytest

from guard.core.entry import Status
from guard.policy.embedded import EmbeddedPolicy
from guard.policy.serving import FixedPolicies, InProcess
from guard.scan.engine import PatternEngine
from tests.runtime.world import World

HERE = Path(__file__).parent / "agent"
TEXT = "The call to `send_mail` was refused by policy "


@pytest.fixture(scope="module")
def policies() -> FixedPolicies:
    return FixedPolicies(InProcess(EmbeddedPolicy(HERE / "policy")))


async def played(engine: PatternEngine, policies: FixedPolicies, name: str, seed: int = 0) -> World:
    """The exchange of a recording, cut anywhere."""
    engine.prepare()
    raw, rnd = (HERE / f"{name}.sse").read_bytes(), Random(seed)
    edges = sorted({0, len(raw), *(rnd.randrange(len(raw)) for _ in range(rnd.choice((0, 3, 40))))})
    pieces = [raw[start:stop] for start, stop in zip(edges, edges[1:], strict=False)]
    body = (HERE / f"{name}.request.json").read_bytes()
    return await World(engine, pieces, body=body, policies=policies).run()


@pytest.mark.parametrize("seed", range(6))
async def test_mail_that_a_web_page_asks_for_is_refused(
    engine: PatternEngine, policies: FixedPolicies, seed: int
) -> None:
    told = await played(engine, policies, "injected", seed)
    chunks = [json.loads(line[6:]) for line in told.client.body.split(b"\n") if line.startswith(b"data: {")]
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    said = "".join(delta.get("content") or "" for delta in deltas)
    assert said.startswith(TEXT)
    assert "no outgoing mail after reading the web" in said
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks][-1] == "stop"
    assert not any("tool_calls" in delta for delta in deltas)
    assert b"collect@" not in told.client.body
    assert told.client.body.endswith(b"data: [DONE]\n\n")
    assert (told.closing.status, told.closing.decision) == (Status.COMPLETED, "block")
    assert "TOOL_DENIED" in told.closing.findings


async def test_each_refusal_is_the_same_however_it_is_cut(engine: PatternEngine, policies: FixedPolicies) -> None:
    bodies = [(await played(engine, policies, "injected", seed)) for seed in range(4)]
    assert len({told.client.body.replace(told.closing.exchange.encode(), b"") for told in bodies}) == 1


@pytest.mark.parametrize("seed", range(3))
async def test_mail_that_the_user_asks_for_passes_byte_for_byte(
    engine: PatternEngine, policies: FixedPolicies, seed: int
) -> None:
    told = await played(engine, policies, "asked", seed)
    assert told.client.body == (HERE / "asked.sse").read_bytes()
    assert told.closing.decision == "allow"
