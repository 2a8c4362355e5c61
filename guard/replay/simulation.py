"""The fleet in simulated time (SimPy, discrete events): what another load or another size would do.

It can't see the network, garbage collection, the kernel's scheduling, clients that read slowly, backends that slow down
under load, or texts: how often an answer is blocked or asks a transformer is not in it.
"""

from collections.abc import Generator, Iterable, Mapping
from itertools import cycle
from typing import Final

import simpy

from guard.replay.admission import Tiers
from guard.replay.answer import Answer
from guard.replay.forecast import Forecast, forecast
from guard.replay.load import Ask, Fleet, Price
from guard.replay.replica import Replica
from guard.replay.service import ServiceTimes
from guard.replay.tally import Tally

_TAIL_S: Final = 3_600.0
"""How long after the last arrival exchanges may take to end."""


class Simulation:
    """One run. `asks` come in the order of their times."""

    def __init__(self, fleet: Fleet, times: ServiceTimes, warm_s: float = 0.0) -> None:
        self.env = simpy.Environment()
        self._fleet = fleet
        self._times = times
        self._warm_s = warm_s
        self.replicas = [Replica(self.env, fleet, times) for _ in range(fleet.replicas)]
        self._turn = cycle(self.replicas)
        lanes = fleet.backends * fleet.backend_lanes
        self.backends: simpy.Resource | None = simpy.Resource(self.env, lanes) if lanes else None
        self._tiers = Tiers(fleet.tiers)
        self.writing_s = 0.0
        """Time that backends' lanes were taken, over all of them."""
        self.last_s = 0.0
        """When the last exchange ended."""
        self.tally = Tally()
        self._unseen = Tally()

    def run(self, asks: Iterable[Ask]) -> None:
        """Runs until every exchange has ended, an hour behind the last arrival at the latest."""
        self.env.run(self.env.process(self._arrive(asks)))
        until_s = self.env.now + _TAIL_S
        while self.env.peek() <= until_s and any(replica.inside for replica in self.replicas):
            self.env.step()

    def _arrive(self, asks: Iterable[Ask]) -> Generator[simpy.Event, object, None]:
        for ask in asks:
            if ask.at_s > self.env.now:
                yield self.env.timeout(ask.at_s - self.env.now)
            self._admit(ask, self.tally if ask.at_s >= self._warm_s else self._unseen)

    def _admit(self, ask: Ask, tally: Tally) -> None:
        tally.offered += 1
        replica = next(self._turn)
        if replica.inside >= self._fleet.exchanges:
            tally.refuse(ask, "too_busy")
        elif not self._tiers.take(ask.tier, self.env.now):
            tally.refuse(ask, "tier_limit")
        else:
            replica.inside += 1
            self.env.process(self._serve(ask, replica, tally))

    def _serve(self, ask: Ask, replica: Replica, tally: Tally) -> Generator[simpy.Event, object, None]:
        code = yield from self._exchange(ask, replica, tally)
        replica.inside -= 1
        self.last_s = self.env.now
        if code:
            tally.failed[code] += 1
            return
        tally.serve(ask)
        tally.total.append(self.env.now - ask.at_s)

    def _exchange(self, ask: Ask, replica: Replica, tally: Tally) -> Generator[simpy.Event, object, str]:
        times, env = self._times, self.env
        if times.hop_s:
            yield env.timeout(times.hop_s)
        tally.loop_wait.append(replica.loop.wait_s)
        yield replica.loop.work(times.exchange_s / 2 + times.prompt_char_s * ask.prompt_chars)
        begun = env.now
        if code := (yield from replica.classify(ask)):
            return code
        tally.verdict.append(env.now - begun)
        yield replica.loop.work(times.policy_s)
        if not ask.forwarded:
            yield replica.loop.work(times.exchange_s / 2)
            return ""
        waits = env.now
        if self.backends is None:
            return (yield from self._forward(ask, replica, tally, 0.0))
        with self.backends.request() as place:
            yield place | env.timeout(self._fleet.patience_s)
            if not place.triggered:
                return "backend_timeout"
            tally.backend_wait.append(env.now - waits)
            taken = env.now
            code = yield from self._forward(ask, replica, tally, env.now - waits)
            self.writing_s += env.now - taken
        return code

    def _forward(
        self, ask: Ask, replica: Replica, tally: Tally, waited_s: float
    ) -> Generator[simpy.Event, object, str]:
        answer = replica.answer(ask.answer_tokens)
        if not answer.placed:
            return "engine_busy"
        try:
            yield self.env.timeout(ask.first_s + 2 * self._times.hop_s)
            whole = yield from (self._flow(ask, answer) if ask.stream else self._come_whole(ask, answer))
            if not whole:
                return "engine_busy"
            yield answer.done
        finally:
            answer.close()
        if answer.first_at is not None:
            first_s = answer.first_at + self._times.hop_s - ask.at_s
            tally.first.append(first_s)
            tally.added.append(first_s - ask.first_s - waited_s)
        tally.token.extend(answer.delays)
        yield replica.loop.work(self._times.exchange_s / 2)
        return ""

    def _flow(self, ask: Ask, answer: Answer) -> Generator[simpy.Event, object, bool]:
        """Tokens come one by one, on the backend's own clock."""
        begun = self.env.now
        for number in range(ask.answer_tokens):
            wait_s = begun + number * ask.gap_s - self.env.now
            if wait_s > 0:
                yield self.env.timeout(wait_s)
            if not answer.arrive(1):
                return False
        return True

    def _come_whole(self, ask: Ask, answer: Answer) -> Generator[simpy.Event, object, bool]:
        """All tokens come together."""
        yield self.env.timeout(ask.gap_s * max(0, ask.answer_tokens - 1))
        return not ask.answer_tokens or answer.arrive(ask.answer_tokens)


def simulate(
    asks: Iterable[Ask],
    fleet: Fleet,
    times: ServiceTimes,
    *,
    warm_s: float = 0.0,
    prices: Mapping[str, Price] | None = None,
) -> Forecast:
    """What the exchanges would meet. `asks` come in the order of their times; those before `warm_s` do not count."""
    simulation = Simulation(fleet, times, warm_s)
    simulation.run(asks)
    return forecast(simulation, fleet, prices or {})
