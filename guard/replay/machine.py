"""The event loop and the cores that it shares with the models' threads.

Work on a loop is done in the order in which it is asked for, one piece at a time. Where more threads want to run than
there are cores, each runs slower by as much (processor sharing, with the number of rivals at the begin of each piece).
"""

import simpy


class Machine:
    """One replica's cores."""

    def __init__(self, cores: int, others: float) -> None:
        self._cores = cores
        self._others = others
        self.models = 0
        """Models' threads that run now."""

    def stretch(self, loop_busy: bool) -> float:
        """How many times longer a piece of work takes that begins now and is counted among those that run."""
        return max(1.0, (self.models + loop_busy + self._others) / self._cores)


class Loop:
    """One replica's event loop."""

    def __init__(self, env: simpy.Environment, machine: Machine) -> None:
        self._env = env
        self._machine = machine
        self._free = 0.0
        self.busy_s = 0.0
        """Time spent working so far, with what is booked."""
        self.cpu_s = 0.0
        """CPU time of that: what it would have been with a core for everybody."""

    @property
    def busy(self) -> bool:
        """Whether it works now."""
        return self._free > self._env.now

    @property
    def wait_s(self) -> float:
        """How long work that is asked for now waits until it begins."""
        return max(0.0, self._free - self._env.now)

    def book(self, seconds: float) -> float:
        """Asks for work; returns when it will be done."""
        run_s = seconds * self._machine.stretch(loop_busy=True)
        self._free = max(self._free, self._env.now) + run_s
        self.busy_s += run_s
        self.cpu_s += seconds
        return self._free

    def work(self, seconds: float) -> simpy.Timeout:
        """Asks for work; the event comes when it is done."""
        return self._env.timeout(self.book(seconds) - self._env.now)
