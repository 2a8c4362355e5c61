"""Running counts of several choices are added until the backend tells of all of them."""

import pytest

from guard.core.channel import Channel
from guard.core.frame import Frame, Slot
from guard.core.running import RunningUsage
from guard.core.usage import Usage


def said(choice: int, completion: int | None, reasoning: int | None = None) -> Frame:
    """A chunk with text of a choice."""
    usage = Usage(prompt=5, completion=completion, reasoning=reasoning)
    return Frame(b"x", (Slot(Channel(choice, "content"), "a", 0, 1),), usage=usage)


def ended(choice: int, completion: int) -> Frame:
    return Frame(b"x", finishes=(choice,), usage=Usage(prompt=5, completion=completion))


def total(completion: int | None) -> Frame:
    """A chunk without choices, or one that only says who speaks."""
    return Frame(b"x", usage=Usage(prompt=5, completion=completion))


@pytest.mark.parametrize(
    ("frames", "completion"),
    [
        pytest.param([said(0, 1), said(0, 2)], 2, id="one choice"),
        pytest.param([said(0, 3), said(1, 2)], 5, id="two choices"),
        pytest.param([said(0, 3), said(1, 2), said(0, 4), said(1, 3)], 7, id="two choices by turns"),
        pytest.param([said(0, 3), said(1, 2), ended(0, 4)], 6, id="a choice's end counts that choice"),
        pytest.param([said(0, 3), said(1, 2), total(9)], 9, id="the total wins"),
        pytest.param([said(0, 3), said(1, 2), total(4)], 4, id="also if it is less"),
        pytest.param([total(0), said(0, 3), total(0)], 3, id="a choice's head takes nothing back"),
        pytest.param([total(0)], 0, id="zero is a count"),
        pytest.param([said(0, 3), said(1, None)], 3, id="a choice without a count adds nothing"),
        pytest.param([said(0, None), said(1, None)], None, id="nobody counts"),
    ],
)
def test_what_has_been_counted_by_now(frames: list[Frame], completion: int | None) -> None:
    running = RunningUsage()
    told = [running.take(frame) for frame in frames][-1]
    assert told == Usage(prompt=5, completion=completion)


def test_thoughts_are_added_as_well() -> None:
    running = RunningUsage()
    running.take(said(0, 5, 4))
    assert running.take(said(1, 3, 2)) == Usage(prompt=5, completion=8, reasoning=6)
