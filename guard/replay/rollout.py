"""The replay itself: each recorded exchange under the live policy and under the new one."""

from collections.abc import Callable, Iterable

from guard.ports import PolicyEngine
from guard.replay.case import Case
from guard.replay.doubt import doubts
from guard.replay.judge import judged, remembered
from guard.replay.outcome import outcome
from guard.replay.summary import Summary


async def replay(
    cases: Iterable[Case],
    new: PolicyEngine,
    live: PolicyEngine | None,
    summary: Summary,
    advance: Callable[[], None] = lambda: None,
) -> None:
    """Adds every exchange to the summary; `advance` is told of each. Without `live` the recorded decisions stand."""
    asked = (new,) if live is None else (new, live)
    reads = frozenset().union(*(engine.reads for engine in asked))
    points = frozenset().union(*(engine.points for engine in asked))
    for case in cases:
        facts = case.facts
        advance()
        if facts is None:
            summary.skip()
            continue
        then = outcome(case, facts, remembered(case))
        was = then if live is None else outcome(case, facts, await judged(live, case, facts))
        now = outcome(case, facts, await judged(new, case, facts))
        unlike = live is not None and live.generation == case.generation and was != then
        summary.add(case, was, now, doubts(case, facts, reads, points, was, now), unlike)
