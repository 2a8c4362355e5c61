"""A replay streams: ten times as many exchanges need no more memory."""

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

from guard.replay.case import Case
from guard.replay.rollout import replay
from guard.replay.summary import Summary
from tests.replay.exchanges import case, policy, seen


async def test_memory_does_not_grow_with_the_record(tmp_path: Path) -> None:
    new = policy(tmp_path, 'request := {"actions": {"pii": "block"}, "labels": {"model": input.model}}')
    found = (seen("EMAIL_ADDRESS"),)

    def cases(count: int) -> Iterator[Case]:
        return (case(number % 500, prompt=found) for number in range(count))

    async def peak(count: int) -> int:
        summary = Summary(3_600_000, {})
        tracemalloc.start()
        try:
            await replay(cases(count), new, None, summary)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    await peak(200)
    assert await peak(5_000) < 1.5 * await peak(500)
