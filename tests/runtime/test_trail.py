"""What an exchange leaves behind for the record: its findings, and where its time went."""

from guard.core.entry import Status
from guard.core.record import ExchangeNote
from guard.scan.engine import PatternEngine
from tests.runtime.test_consult import answer, chunk
from tests.runtime.world import World


class Keeper:
    """Keeps what it is told."""

    keeps_texts = False

    def __init__(self) -> None:
        self.notes: list[ExchangeNote] = []

    def noted(self, note: ExchangeNote) -> None:
        self.notes.append(note)


async def test_an_exchange_tells_its_findings_and_each_step_of_its_way(engine: PatternEngine) -> None:
    keeper = Keeper()

    world = await World(engine, answer(chunk("Write to jane@example.com.")), record=keeper).run()

    assert world.closing.status is Status.COMPLETED
    (note,) = keeper.notes
    assert [(found.direction, found.type) for found in note.findings] == [("answer", "EMAIL_ADDRESS")]
    steps = note.timings
    assert None not in (
        steps.read_ms,
        steps.policy_ms,
        steps.queue_ms,
        steps.backend_ms,
        steps.first_ms,
        steps.total_ms,
    )
