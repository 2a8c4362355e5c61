"""One counter over a sliding window, in slots. Pure: the time is told."""

from guard.core.counter import Claim, Standing


class Window:
    """What was counted, by slot; the newest slot is the last."""

    def __init__(self) -> None:
        self._slots: dict[int, int] = {}

    def standing(self, claim: Claim, now_ms: int) -> Standing:
        """How it stands before the claim, and how long the claim would wait."""
        self._forget(claim, now_ms)
        used = sum(self._slots.values())
        last = max((slot for slot, amount in self._slots.items() if amount), default=None)
        reset_ms = 0 if last is None else _leaves_ms(last, claim) - now_ms
        return Standing(used, claim.limit, reset_ms, self._wait_ms(claim, now_ms, used))

    def add(self, claim: Claim, amount: int, now_ms: int) -> None:
        """Counts it now."""
        slot = now_ms // claim.slot_ms
        self._slots[slot] = self._slots.get(slot, 0) + amount

    def give_back(self, claim: Claim, amount: int, at_ms: int) -> None:
        """Takes back what was counted at a time, as far as it still counts."""
        slot = at_ms // claim.slot_ms
        if slot in self._slots:
            self._slots[slot] = max(0, self._slots[slot] - amount)

    def is_empty(self, claim: Claim, now_ms: int) -> bool:
        """Whether nothing counts any more."""
        self._forget(claim, now_ms)
        return not self._slots

    def _wait_ms(self, claim: Claim, now_ms: int, used: int) -> int:
        if used + claim.amount <= claim.limit:
            return 0
        for slot in sorted(self._slots):
            used -= self._slots[slot]
            if used + claim.amount <= claim.limit:
                return _leaves_ms(slot, claim) - now_ms
        return claim.window_ms

    def _forget(self, claim: Claim, now_ms: int) -> None:
        gone = [slot for slot in self._slots if _leaves_ms(slot, claim) <= now_ms]
        for slot in gone:
            del self._slots[slot]


def _leaves_ms(slot: int, claim: Claim) -> int:
    """When all of a slot has left the window."""
    return (slot + 1) * claim.slot_ms + claim.window_ms
