"""Tokens are counted and names are not told, also where a backend or a client plays tricks."""

import pytest

from guard.core.entry import Status
from guard.errors import BackendBroken
from guard.scan.engine import PatternEngine
from tests.runtime.world import WHOLE, World, chunk


@pytest.mark.asyncio
async def test_a_count_that_came_early_does_not_hide_what_was_written_after_it(engine: PatternEngine) -> None:
    early = chunk("One ").replace(b'"choices"', b'"usage":{"prompt_tokens":9,"completion_tokens":1},"choices"')
    world = await World(engine, [early, *[chunk("and many more words. ")] * 200, BackendBroken("gone")]).run()
    assert world.closing.status is Status.FAILED
    assert (world.closing.usage.completion or 0) >= 200


@pytest.mark.asyncio
async def test_a_backends_error_is_counted_as_it_says(engine: PatternEngine) -> None:
    body = b'{"error":{"message":"Sorry."},"usage":{"prompt_tokens":9,"completion_tokens":4}}'
    world = await World(engine, [body], body=WHOLE, content_type="application/json", status=500).run()
    assert (world.closing.usage.prompt, world.closing.usage.completion) == (9, 4)
