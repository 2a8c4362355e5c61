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

    async def least(count: int) -> int:
        """Whatever else runs in this process may take memory at one time, not at three."""
        return min([await peak(count) for _ in range(3)])

    await peak(200)
    assert await least(5_000) < 1.5 * await least(500)
