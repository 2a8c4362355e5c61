"""What a backend did is told to the energy meter, once, with who asked for it and when."""

from guard.core.decision import Decision, Denial, Route
from guard.core.work import Work
from guard.scan.engine import PatternEngine
from tests.runtime.test_directed import ANSWER, asking
from tests.runtime.test_priced import RATER, SPOKEN
from tests.runtime.world import World


class Meter:
    """Remembers what it hears."""

    def __init__(self) -> None:
        self.asked_of: list[tuple[str, str]] = []
        self.works: list[Work] = []

    def asked(self, exchange: str, backend: str, at_s: float) -> None:
        self.asked_of.append((exchange, backend))

    def note(self, work: Work) -> None:
        self.works.append(work)


async def test_an_exchange_is_told_with_its_tokens_times_and_price(engine: PatternEngine) -> None:
    meter = Meter()
    world = await World(engine, SPOKEN, body=asking(), rater=RATER, energy=meter).run()
    (work,) = meter.works

    assert meter.asked_of == [(work.exchange, work.backend)]
    assert (work.tenant, work.tier, work.usage) == ("t", "free", world.closing.usage)
    assert work.cost_nanousd == world.closing.cost_nanousd
    assert work.first_s is not None
    assert work.asked_s <= work.first_s <= work.ended_s


async def test_an_exchange_that_breaks_off_is_told_too(engine: PatternEngine) -> None:
    meter = Meter()
    await World(engine, ANSWER[:1], body=asking(), energy=meter).run()

    assert len(meter.works) == len(meter.asked_of) == 1


async def test_a_routed_exchange_is_told_as_what_served_it(engine: PatternEngine) -> None:
    meter = Meter()
    await World(engine, SPOKEN, body=asking(), energy=meter, decision=Decision(route=Route(model="small"))).run()

    assert [work.model for work in meter.works] == ["small"]


async def test_what_reached_no_backend_took_no_energy(engine: PatternEngine) -> None:
    meter = Meter()
    await World(engine, SPOKEN, body=asking(), energy=meter, decision=Decision(deny=(Denial("no", "no"),))).run()

    assert (meter.asked_of, meter.works) == ([], [])
