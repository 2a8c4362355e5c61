"""A window model's batcher in simulated time: the real schedule of `guard.inference` under a simulated clock."""

from array import array
from collections.abc import Generator, Sequence

import simpy

from guard.inference.schedule import Batch, Limits, Schedule
from guard.replay.machine import Loop, Machine
from guard.replay.service import WindowService


class Batching:
    """One model on one replica; `lanes` batches run at once."""

    def __init__(
        self,
        env: simpy.Environment,
        machine: Machine,
        loop: Loop,
        service: WindowService,
        limits: Limits,
        lanes: int,
        hop_s: float,
    ) -> None:
        self._env = env
        self._machine = machine
        self._loop = loop
        self._service = service
        self.model = service.model
        self._hop_s = hop_s
        self._schedule = Schedule(limits)
        self._left: dict[int, tuple[int, simpy.Event]] = {}
        self._count = 0
        self._news = env.event()
        self.sizes = array("d")
        """Windows of each batch."""
        self.waits = array("d")
        """How long the first window of each batch waited, in seconds."""
        self.busy_s = self.alone_s = 0.0
        for _ in range(lanes):
            env.process(self._lane())

    def ask(self, lengths: Sequence[int], deadline: float) -> simpy.Event | None:
        """Takes a text's windows; the event comes with their verdict. None when the queue has no room."""
        if not self._schedule.has_room(len(lengths)):
            return None
        self._count += 1
        done = self._env.event()
        self._left[self._count] = len(lengths), done
        self._schedule.add(self._count, lengths, deadline, self._env.now)
        if not self._news.triggered:
            self._news.succeed()
        return done

    def _lane(self) -> Generator[simpy.Event, object, None]:
        schedule = self._schedule
        while True:
            schedule.expire(self._env.now)
            if schedule.leave_at(self._env.now, coming=0) is None:
                self._news = self._news if not self._news.triggered else self._env.event()
                yield self._news
                continue
            yield from self._run(schedule.take())

    def _run(self, batch: Batch) -> Generator[simpy.Event, object, None]:
        self.sizes.append(len(batch.rows))
        self.waits.append(self._env.now - batch.entered)
        self._machine.models += 1
        alone_s = self._service.run_s + self._service.token_s * batch.padded
        run_s = alone_s * self._machine.stretch(self._loop.busy)
        self.busy_s += run_s
        self.alone_s += alone_s
        yield self._env.timeout(run_s + self._hop_s)
        self._machine.models -= 1
        self._schedule.pace.learn(batch.padded, run_s)
        for row in batch.rows:
            self._answer(row.call)

    def _answer(self, call: int) -> None:
        left, done = self._left[call]
        if left > 1:
            self._left[call] = left - 1, done
            return
        del self._left[call]
        done.succeed()
