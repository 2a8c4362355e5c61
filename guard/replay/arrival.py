"""Recorded exchanges as the load of a simulation: their backends' own times, and more of them than there were."""

import random
from collections import Counter
from collections.abc import Iterable
from typing import Final

import msgspec

from guard.replay.case import Case
from guard.replay.load import Ask
from guard.replay.service import ServiceTimes, calm_s

JITTER_S: Final = 5.0
"""How far a copy of an exchange lies from it: bursts that are longer than this stay bursts."""

_CHARS_PER_TOKEN: Final = 4


class Peak:
    """Finds the busiest window of a record: one number for each window."""

    def __init__(self, window_ms: int) -> None:
        self._window_ms = window_ms
        self._counts: Counter[int] = Counter()

    def add(self, case: Case) -> None:
        """One exchange."""
        self._counts[case.started_ms // self._window_ms] += 1

    @property
    def begin_ms(self) -> int | None:
        """When it begins, the first of several; None where there is no exchange."""
        if not self._counts:
            return None
        window = min(self._counts, key=lambda one: (-self._counts[one], one))
        return window * self._window_ms


def ask_of(case: Case, begin_ms: int, times: ServiceTimes) -> Ask:
    """One recorded exchange as it would come again, at its distance from `begin_ms`.

    What Guard itself took for the first token is subtracted from what was recorded: the simulation adds its own.
    """
    usage, facts = case.usage, case.facts
    answered = usage.completion or 0
    chars = facts.prompt_chars if facts is not None else 0
    prompt = usage.prompt or (facts.tokens if facts is not None else 0) or chars // _CHARS_PER_TOKEN
    stream = facts.stream if facts is not None else True
    total_s, first_s = (case.total_ms or 0.0) / 1e3, (case.first_ms or 0.0) / 1e3
    gap_s = max(0.0, total_s - first_s) / (answered - 1) if stream and answered > 1 else 0.0
    own_s = calm_s(times, chars, prompt, gap_s)
    return Ask(
        at_s=(case.started_ms - begin_ms) / 1e3,
        prompt_chars=chars,
        prompt_tokens=prompt,
        answer_tokens=answered,
        first_s=max(0.0, (case.backend_ms or 0.0) / 1e3, first_s - own_s),
        gap_s=gap_s,
        stream=stream,
        forwarded=case.backend_ms is not None or answered > 0,
        tenant=case.tenant,
        tier=facts.identity.tier if facts is not None else "",
        model=case.model,
    )


def scaled(asks: Iterable[Ask], factor: float, window_s: float, seed: int = 1) -> list[Ask]:
    """So many times as many exchanges within the window, in the order of their times.

    Each comes as often as the factor says, the fraction by chance; copies lie up to five seconds beside it, round the
    window's ends. A factor of 1 leaves everything as it was.
    """
    draw = random.Random(seed)  # noqa: S311 - a simulation
    found: list[Ask] = []
    for ask in asks:
        copies = int(factor) + (draw.random() < factor - int(factor))
        for number in range(copies):
            moved = 0.0 if number == 0 else draw.uniform(-JITTER_S, JITTER_S)
            found.append(msgspec.structs.replace(ask, at_s=(ask.at_s + moved) % window_s))
    return sorted(found, key=lambda one: one.at_s)
