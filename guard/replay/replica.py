"""One replica of Guard in simulated time: a loop, the models, and the places of `limits.exchanges`."""

from collections.abc import Generator

import simpy

from guard.replay.answer import Answer
from guard.replay.batching import Batching
from guard.replay.load import Ask, Fleet
from guard.replay.machine import Loop, Machine
from guard.replay.service import ServiceTimes, WindowService, window_lengths
from guard.replay.stepping import Stepping


class Replica:
    """Owns what its exchanges share."""

    def __init__(self, env: simpy.Environment, fleet: Fleet, times: ServiceTimes) -> None:
        machine = Machine(fleet.cores, fleet.others)
        self._env = env
        self._fleet = fleet
        self._times = times
        self.loop = Loop(env, machine)
        self.batchings = tuple(
            Batching(env, machine, self.loop, service, fleet.batch, fleet.lanes, times.hop_s)
            for service in times.windows
        )
        self.stepping = (
            Stepping(env, machine, self.loop, times.step, fleet.step, times.hop_s) if times.step is not None else None
        )
        self.inside = 0
        self._carried = [0.0] * len(times.windows)
        """Windows that each model is still owed: shares of windows become whole ones in turn."""

    def answer(self, tokens: int) -> Answer:
        """An answer of so many tokens that is about to flow."""
        return Answer(self._env, self.loop, self.stepping, self._times, tokens)

    def classify(self, ask: Ask) -> Generator[simpy.Event, object, str]:
        """Lets the window models read a prompt. Returns why it failed, or nothing."""
        deadline = self._env.now + self._fleet.verdict_s
        for stage in sorted({service.stage for service in self._times.windows}):
            asked: list[simpy.Event] = []
            for number, service in enumerate(self._times.windows):
                lengths = self._due(number, service, ask.prompt_tokens) if service.stage == stage else []
                if not lengths:
                    continue
                done = self.batchings[number].ask(lengths, deadline)
                if done is None:
                    return "engine_busy"
                asked.append(done)
            if asked:
                every, late = self._env.all_of(asked), self._env.timeout(deadline - self._env.now)
                yield every | late
                if not every.triggered:
                    return "engine_timeout"
        return ""

    def _due(self, number: int, service: WindowService, tokens: int) -> list[int]:
        """The windows of a text that reach the model."""
        lengths = window_lengths(service, tokens)
        self._carried[number] += service.asked * len(lengths)
        due = int(self._carried[number] + 1e-9)
        self._carried[number] -= due
        return lengths[:due]
