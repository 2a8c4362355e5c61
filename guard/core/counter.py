"""Counters that several processes may share: what is claimed of them, and how they stand.

A counter is a sum over a window that slides, in slots of a sixtieth of it: what was counted in the oldest slot stays
until all of the slot has left the window, so that no window of that length ever holds more than the limit. Without a
window it is a set of leases: each is held until it is given back, or until its process is known to be gone.
"""

import msgspec


class Claim(msgspec.Struct, frozen=True):
    """`amount` of a counter that may hold `limit`. `window_ms` 0: a lease, which counts as one.

    `slots` are the window's. With one slot, what was counted stays for `window_ms` at least: for a counter whose key
    has its period in it (`…:2026-11`).
    """

    key: str
    amount: int
    limit: int
    window_ms: int = 0
    slots: int = 60

    @property
    def slot_ms(self) -> int:
        """How long one slot is."""
        return max(1, self.window_ms // self.slots)


class Standing(msgspec.Struct, frozen=True):
    """How a counter stands. `used` includes what was just taken; `reset_ms` is how long until it is empty again;
    `wait_ms` how long until the claim would fit, 0 if it did."""

    used: int
    limit: int
    reset_ms: int
    wait_ms: int = 0

    @property
    def remaining(self) -> int:
        """What is left."""
        return max(0, self.limit - self.used)


class Taking(msgspec.Struct, frozen=True):
    """What came of claims: all were taken or none. `at_ms` is the time by the store's clock; one standing a claim.

    `epoch` names the store's memory: it is another one once the store has lost what it held.
    """

    taken: bool
    at_ms: int
    standings: tuple[Standing, ...]
    local: bool = False
    """Whether it was taken of this process's own share, since the store is away."""
    epoch: str = ""
