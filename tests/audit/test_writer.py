"""Whoever adds never waits; what can't be written waits, within bounds, and what is lost is counted."""

import threading
from collections.abc import Sequence

import pytest

from guard.audit import writer as writer_module
from guard.audit.writer import BatchWriter
from guard.errors import AuditError, AuditRefused


class Place:
    """Takes batches, or fails as told. `hold` keeps a write from ending."""

    def __init__(self, *faults: AuditError) -> None:
        self.faults = list(faults)
        self.items: list[int] = []
        self.attempts = 0
        self.hold = threading.Event()
        self.hold.set()
        self.entered = threading.Event()

    def write(self, batch: Sequence[int]) -> None:
        self.attempts += 1
        self.entered.set()
        self.hold.wait(30)
        if self.faults:
            raise self.faults.pop(0)
        self.items += batch


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "_FIRST_RETRY_S", 0.001)
    monkeypatch.setattr(writer_module, "_LAST_RETRY_S", 0.001)


def started(place: Place, **bounds: int) -> BatchWriter[int]:
    writer = BatchWriter("place", place.write, flush_s=0.001, **bounds)
    writer.start()
    return writer


def test_items_are_written_in_order() -> None:
    place = Place()
    writer = started(place)
    for item in range(2000):
        writer.add(item)
    writer.stop()
    assert place.items == list(range(2000))
    assert (writer.figures().written, writer.figures().lost, writer.figures().waiting) == (2000, 0, 0)


def test_a_batch_that_fails_is_tried_again() -> None:
    place = Place(AuditError("no"), AuditError("no"))
    writer = started(place)
    writer.add(1)
    assert writer.drain(30)
    assert (place.items, place.attempts, writer.figures().error) == ([1], 3, "")
    writer.stop()


def test_a_batch_that_is_refused_is_lost_and_counted() -> None:
    place = Place(AuditRefused("never"))
    writer = started(place)
    writer.add(1)
    assert writer.drain(30)
    assert writer.figures().error == "never"
    writer.add(2)
    assert writer.drain(30)
    writer.stop()
    assert (place.items, writer.figures().lost, writer.figures().written) == ([2], 1, 1)


@pytest.mark.parametrize("bounds", [{"most_items": 3}, {"most_bytes": 30}])
def test_beyond_its_bounds_items_are_lost_and_counted(bounds: dict[str, int]) -> None:
    place = Place()
    place.hold.clear()
    writer = started(place, **bounds)
    for item in range(10):
        writer.add(item, 10)
    assert (writer.figures().waiting, writer.figures().lost) == (3, 7)
    place.hold.set()
    assert writer.drain(30)
    writer.add(10, 10)
    writer.stop()
    assert place.items == [0, 1, 2, 10]


def test_the_end_tries_once_more_and_counts_what_is_left() -> None:
    place = Place(*[AuditError("no")] * 1000)
    writer = started(place)
    writer.add(1)
    assert place.entered.wait(30)
    writer.stop()
    assert (place.items, writer.figures().lost) == ([], 1)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_died_shows() -> None:
    def broken(_: Sequence[int]) -> None:
        raise SystemExit

    writer = BatchWriter("place", broken, flush_s=0.001)
    writer.start()
    thread = writer._thread
    writer.add(1)
    assert thread is not None
    thread.join(30)
    assert writer.figures().error == "it does not run"
