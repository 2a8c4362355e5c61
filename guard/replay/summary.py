"""Sums differences up as they stream by: its size is that of the answer, whatever the number of exchanges."""

from collections import Counter
from collections.abc import Mapping
from typing import Final

import msgspec

from guard.replay.case import Case
from guard.replay.doubt import Doubt
from guard.replay.effect import Bill, Effect, Outcome, Verdict
from guard.replay.load import Price
from guard.replay.report import Bucket, Change, Report, TenantBill, Transition

MOST_ROWS: Final = 5_000
"""Rows of tenants and rules; labels can have as many values as there are exchanges."""

OTHER: Final = "(others)"
_SAMPLES: Final = 5


class _Row(msgspec.Struct):
    gained: int = 0
    lost: int = 0
    doubtful: int = 0
    samples: list[str] = []


class _Billed(msgspec.Struct):
    """Sums of one tenant, live and new."""

    prompt_tokens: list[int] = msgspec.field(default_factory=lambda: [0, 0])
    answer_tokens: list[int] = msgspec.field(default_factory=lambda: [0, 0])
    cost: list[float] = msgspec.field(default_factory=lambda: [0.0, 0.0])
    unpriced: list[int] = msgspec.field(default_factory=lambda: [0, 0])


class Summary:
    """`add` each exchange, then take the `report`."""

    def __init__(self, bucket_ms: int, prices: Mapping[str, Price]) -> None:
        """`bucket_ms` is how much time one bar of the plot covers."""
        self._bucket_ms = bucket_ms
        self._prices = prices
        self._rows: dict[tuple[str, Effect], _Row] = {}
        self._bills: dict[str, _Billed] = {}
        self._verdicts: Counter[tuple[str, Verdict, Verdict]] = Counter()
        self._doubts: Counter[Doubt] = Counter()
        self._buckets: dict[int, list[int]] = {}
        self._generations: Counter[str] = Counter()
        self.exchanges = self.changed = self.unreplayed = self.doubtful = self.unlike = 0

    def skip(self) -> None:
        """An exchange that no policy was asked about."""
        self.unreplayed += 1

    def add(self, case: Case, live: Outcome, new: Outcome, doubts: frozenset[Doubt], unlike: bool) -> None:
        """One exchange under both policies. `unlike`: the live policy now says other than what was recorded of it."""
        self.exchanges += 1
        self.unlike += unlike
        self.doubtful += bool(doubts)
        self._doubts.update(doubts)
        self._generations[case.generation] += 1
        self._verdicts[self._tenant(case.tenant), live.verdict, new.verdict] += 1
        gained, lost = new.effects - live.effects, live.effects - new.effects
        changed = bool(gained or lost or live.verdict is not new.verdict)
        self.changed += changed
        for effect in gained:
            self._note(case, effect, doubts).gained += 1
        for effect in lost:
            self._note(case, effect, doubts).lost += 1
        bucket = self._buckets.setdefault(case.started_ms // self._bucket_ms * self._bucket_ms, [0, 0, 0])
        bucket[0] += 1
        bucket[1] += new.verdict.severity > live.verdict.severity
        bucket[2] += new.verdict.severity < live.verdict.severity
        billed = self._bills.setdefault(self._tenant(case.tenant), _Billed())
        self._charge(billed, 0, live.bill)
        self._charge(billed, 1, new.bill)

    def _tenant(self, tenant: str) -> str:
        return tenant if tenant in self._bills or len(self._bills) < MOST_ROWS else OTHER

    def _note(self, case: Case, effect: Effect, doubts: frozenset[Doubt]) -> _Row:
        key = self._tenant(case.tenant), effect
        if key not in self._rows and len(self._rows) >= MOST_ROWS:
            key = OTHER, Effect(effect.kind, OTHER)
        row = self._rows.setdefault(key, _Row(samples=[]))
        row.doubtful += bool(doubts)
        if len(row.samples) < _SAMPLES:
            row.samples.append(case.exchange)
        return row

    def _charge(self, billed: _Billed, side: int, bill: Bill) -> None:
        billed.prompt_tokens[side] += bill.prompt_tokens
        billed.answer_tokens[side] += bill.answer_tokens
        price = self._prices.get(bill.model)
        if price is None:
            billed.unpriced[side] += bill.prompt_tokens + bill.answer_tokens
            return
        billed.cost[side] += bill.prompt_tokens * price.prompt_nanousd + bill.answer_tokens * price.completion_nanousd

    def report(self, live: str, new: str, since_ms: int, until_ms: int) -> Report:
        """What it came to. `live` and `new` name the policies."""
        rows = sorted(self._rows.items(), key=lambda item: (-item[1].gained - item[1].lost, item[0]))
        return Report(
            live=live,
            new=new,
            since_ms=since_ms,
            until_ms=until_ms,
            generations=dict(self._generations),
            exchanges=self.exchanges,
            changed=self.changed,
            doubtful=self.doubtful,
            unreplayed=self.unreplayed,
            unlike_the_record=self.unlike,
            transitions=tuple(
                Transition(tenant, was.value, now.value, count)
                for (tenant, was, now), count in sorted(self._verdicts.items(), key=_transition_order)
            ),
            changes=tuple(
                Change(tenant, effect.kind, effect.rule, row.gained, row.lost, row.doubtful, tuple(row.samples))
                for (tenant, effect), row in rows
            ),
            bills=tuple(_bill(tenant, billed) for tenant, billed in sorted(self._bills.items())),
            doubts={doubt.value: self._doubts[doubt] for doubt in Doubt if self._doubts[doubt]},
            bucket_ms=self._bucket_ms,
            buckets=tuple(Bucket(at, *counts) for at, counts in sorted(self._buckets.items())),
        )


def _transition_order(item: tuple[tuple[str, Verdict, Verdict], int]) -> tuple[str, int, int]:
    (tenant, was, now), _ = item
    return tenant, was.severity, now.severity


def _bill(tenant: str, billed: _Billed) -> TenantBill:
    return TenantBill(
        tenant,
        *billed.prompt_tokens,
        *billed.answer_tokens,
        *(round(cost) for cost in billed.cost),
        *billed.unpriced,
    )
