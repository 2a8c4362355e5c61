"""Whose turn it is at a backend that has more to do than it can: fair shares by weight, priority within them.

The promise, exactly. While several tiers wait, each gets of what the backend does (in tokens) the share that its weight
is of the weights of those that wait. A tier that has had no more than its share and `ahead` tokens is *entitled*. The
turn goes to the entitled tier of the highest priority; among equals to the one that is furthest behind. So a request of
a higher priority never waits behind one of a lower until its tier is `ahead` tokens beyond its share, and a lower tier
waits no longer than those above it take for that. Within a tier, tenants have equal shares, each served in order.

How: start-time fair queueing (Goyal, Vin, Cheng 1996) at both levels, with an eligibility test like that of WF2Q+
(Bennett, Zhang 1996) that lets a tier run ahead by a fixed number of tokens. It knows no clock and no event loop. When
nobody waits, all is forgiven.
"""

from heapq import heapify, heappop, heappush
from typing import Final

from guard.core.tier import Tier

_STALE: Final = 64


class Ticket:
    """One request that waits. `cost` is its tokens, estimated."""

    __slots__ = ("cost", "gone", "lane", "order", "start", "tenant")

    def __init__(self, lane: "_Lane", tenant: str, cost: int, start: float, order: int) -> None:
        self.lane = lane
        self.tenant = tenant
        self.cost = cost
        self.start = start
        self.order = order
        self.gone = False

    def __lt__(self, other: "Ticket") -> bool:
        return (self.start, self.order) < (other.start, other.order)


class _Lane:
    """One tier: who of it waits. `tag` is what the tier has had, divided by its weight."""

    def __init__(self, tier: Tier, tag: float) -> None:
        self.tier = tier
        self.tag = tag
        self.waiting: dict[str, dict[Ticket, None]] = {}
        self.count = 0
        self._heap: list[Ticket] = []
        self._now = 0.0
        self._ends: dict[str, float] = {}
        """When the last request of each tenant ends, by the lane's virtual time."""

    def add(self, tenant: str, cost: int, order: int) -> Ticket:
        ticket = Ticket(self, tenant, cost, max(self._now, self._ends.get(tenant, 0.0)), order)
        self._ends[tenant] = ticket.start + cost
        self.waiting.setdefault(tenant, {})[ticket] = None
        self.count += 1
        heappush(self._heap, ticket)
        return ticket

    def pop(self) -> Ticket:
        while True:
            ticket = heappop(self._heap)
            if not ticket.gone:
                self._now = ticket.start
                self.drop(ticket)
                self._forget()
                return ticket

    def drop(self, ticket: Ticket) -> None:
        ticket.gone = True
        self.count -= 1
        mates = self.waiting[ticket.tenant]
        del mates[ticket]
        if not mates:
            del self.waiting[ticket.tenant]
        if len(self._heap) > 2 * self.count + _STALE:
            self._heap = [one for one in self._heap if not one.gone]
            heapify(self._heap)
            self._forget()

    def _forget(self) -> None:
        """Forgets tenants that are not ahead of anybody."""
        if len(self._ends) > 2 * len(self.waiting) + _STALE:
            self._ends = {tenant: end for tenant, end in self._ends.items() if end > self._now}

    def owe(self, tenant: str, tokens: int) -> None:
        """A tenant's request came to more tokens, or less."""
        if tenant in self._ends:
            self._ends[tenant] += tokens


class FairQueue:
    """Who waits for one backend."""

    def __init__(self, ahead: int) -> None:
        """`ahead`: how many tokens a tier may be beyond its share before lower priorities get theirs."""
        self._ahead = ahead
        self._lanes: dict[str, _Lane] = {}
        self._now = 0.0
        self._order = 0
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, tier: Tier, tenant: str, cost: int) -> Ticket:
        """A request begins to wait."""
        lane = self._lanes.get(tier.name)
        if lane is None:
            lane = self._lanes[tier.name] = _Lane(tier, self._now)
        if not lane.count:
            lane.tag = max(lane.tag, self._now)
        self._order += 1
        self._count += 1
        return lane.add(tenant, max(1, cost), self._order)

    def remove(self, ticket: Ticket) -> None:
        """It waits no longer, and was not served."""
        if not ticket.gone:
            ticket.lane.drop(ticket)
            self._left()

    def pop(self) -> Ticket | None:
        """Whose turn it is, None if nobody waits."""
        lanes = [lane for lane in self._lanes.values() if lane.count]
        if not lanes:
            return None
        self._now = max(self._now, min(lane.tag - self._lead(lane) for lane in lanes))
        entitled = [lane for lane in lanes if lane.tag <= self._now + self._lead(lane)]
        lane = min(entitled, key=lambda one: (-one.tier.priority, one.tag))
        weights = sum(one.tier.weight for one in lanes)
        ticket = lane.pop()
        lane.tag += ticket.cost / lane.tier.weight
        self._now += ticket.cost / weights
        self._left()
        return ticket

    def correct(self, ticket: Ticket, tokens: int) -> None:
        """A request that was served came to this many tokens."""
        lane = ticket.lane
        if self._lanes.get(lane.tier.name) is not lane:
            return
        more = tokens - ticket.cost
        weights = sum(one.tier.weight for one in self._lanes.values() if one.count or one is lane)
        lane.owe(ticket.tenant, more)
        lane.tag += more / lane.tier.weight
        self._now += more / weights

    def giving_way(self, tier: Tier, tenant: str) -> Ticket | None:
        """Who leaves a full queue for a request of this tier and tenant: the newest of the lowest priority, or among
        equals of the tenant that has most waiting; None if that would be the request itself."""
        least = min(lane.tier.priority for lane in self._lanes.values() if lane.count)
        if least > tier.priority:
            return None
        crowds = [
            mates
            for lane in self._lanes.values()
            if lane.count and lane.tier.priority == least
            for mates in lane.waiting.values()
        ]
        largest = max(crowds, key=len)
        own = self._lanes.get(tier.name)
        mine = len(own.waiting.get(tenant, ())) if own is not None else 0
        if least == tier.priority and len(largest) <= mine + 1:
            return None
        return next(reversed(largest))

    def _lead(self, lane: _Lane) -> float:
        return self._ahead / lane.tier.weight

    def _left(self) -> None:
        self._count -= 1
        if not self._count:
            self._lanes.clear()
            self._now = 0.0
