"""What is over is given back at once: an exchange leaves nothing for the garbage collector, its texts least of all."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from guard.scan.engine import PatternEngine
from tests.runtime.world import END, WHOLE, World, chunk

STREAM = [chunk("Hello "), chunk("world, call 415-555-0132 "), chunk("now"), END]

ANSWER = b'{"choices": [{"index": 0, "message": {"role": "assistant", "content": "call 415-555-0132"}}]}'


@pytest.fixture
def _no_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize(
    ("script", "options"),
    [
        (STREAM, {}),
        ([ANSWER], {"content_type": "application/json", "body": WHOLE}),
    ],
    ids=["stream", "whole"],
)
@pytest.mark.usefixtures("_no_collector")
async def test_an_exchange_leaves_nothing_behind(
    engine: PatternEngine, script: list[bytes], options: dict[str, object]
) -> None:
    world = await World(engine, script, **options).run()  # type: ignore[arg-type]
    assert world.client.body
    way = world.exchange.way
    assert way.relay is not None
    left = [weakref.ref(one) for one in (way, way.relay, way.relay.guard)]
    del way, world
    assert [one() for one in left] == [None, None, None]
