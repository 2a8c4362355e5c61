"""Exchanges for the simulation's tests: drawn from seeds, so that every run sees the same."""

import random
from collections.abc import Iterator

from guard.replay.load import Ask
from guard.replay.service import ServiceTimes

NOTHING = ServiceTimes(origin="a test", exchange_s=0.0, prompt_char_s=0.0, policy_s=0.0, token_s=0.0, look_ahead=0)


def ask(at_s: float, **known: object) -> Ask:
    """An exchange of nothing, but for what is known."""
    nothing = {"prompt_chars": 0, "prompt_tokens": 0, "answer_tokens": 0, "first_s": 0.0, "gap_s": 0.0}
    return Ask(at_s=at_s, **{**nothing, **known})  # type: ignore[arg-type]


def poisson(rate: float, count: int, seed: int, mean_first_s: float = 0.0, **known: object) -> Iterator[Ask]:
    """So many exchanges, independent of each other; `mean_first_s`: the backend's times are exponential."""
    draw, at_s = random.Random(seed), 0.0
    for _ in range(count):
        at_s += draw.expovariate(rate)
        drawn = {"first_s": draw.expovariate(1 / mean_first_s)} if mean_first_s else {}
        yield ask(at_s, **drawn, **known)
