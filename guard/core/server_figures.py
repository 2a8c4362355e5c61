"""What asking an OPA server has been like since the start, as administrators see it. Counts and times, no input."""

from collections.abc import Mapping

import msgspec


class ServerFigures(msgspec.Struct, frozen=True):
    """`breaker` is `closed`, `open` or `half_open`. `outcomes` counts questions by what became of them.

    `resting` are those that were not asked, since the breaker was open. `answer_s` is the sum over all that were asked,
    `answer_max_s` the longest.
    """

    breaker: str
    generation: str
    points: tuple[str, ...]
    outcomes: Mapping[str, int]
    answer_s: float
    answer_max_s: float
