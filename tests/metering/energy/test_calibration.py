"""Weights come from what a pool took; what can't be told apart is refused."""

import msgspec
import numpy as np
import pytest

from guard.metering.energy.calibration import NotCalibrated, Observation, calibrate
from guard.metering.energy.fit import nonnegative
from guard.metering.energy.weight import Tokens


@pytest.mark.parametrize("seed", range(20))
def test_the_fit_is_the_best_without_negative_numbers(seed: int) -> None:
    """The conditions of Karush, Kuhn and Tucker, which hold for the best and for nothing else."""
    random = np.random.default_rng(seed)
    matrix = random.random((40, 6))
    target = matrix @ np.maximum(random.normal(size=6), 0) + 0.3 * random.normal(size=40)
    best = nonnegative(matrix, target)
    gradient = matrix.T @ (matrix @ best - target)

    assert (best >= 0).all()
    assert (np.abs(gradient[best > 0]) < 1e-8).all()
    assert (gradient[best == 0] > -1e-8).all()


def observed(seed: int, quiet: int = 20, busy: int = 200, alike: bool = False) -> list[Observation]:
    """100 W idle; `large`: 0.3 J a prompt token, 4 J an answer's; `small`: 0.1 and 1. Cached tokens cost nothing."""
    random = np.random.default_rng(seed)
    found = [Observation(15.0, 1_500_000, {}) for _ in range(quiet)]
    for _ in range(busy):
        counts = random.integers(100, 3000, 6).astype(float)
        large, small = Tokens(*counts[:3]), Tokens(*counts[3:])
        if alike:
            small = Tokens(large.prompt * 2, large.cached * 2, large.answer * 2)
        joules = 1500 + 0.3 * large.prompt + 4 * large.answer + 0.1 * small.prompt + small.answer
        found.append(Observation(15.0, round(joules * 1000), {"large": large, "small": small}))
    return found


def test_what_pools_took_is_found_again() -> None:
    weights = calibrate(observed(1), "h100")

    assert weights.version.startswith("h100-")
    assert weights.idle_w == pytest.approx(100)
    for model, answer, prompt in (("large", 4, 0.3), ("small", 1, 0.1)):
        rate = weights.rate(model)
        assert rate is not None
        assert rate.answer == pytest.approx(answer, rel=0.05)
        assert rate.prompt == pytest.approx(prompt, rel=0.15)
        assert 0 <= rate.cached <= rate.prompt


def test_the_same_intervals_give_the_same_version() -> None:
    assert calibrate(observed(1), "p") == calibrate(observed(1), "p") != calibrate(observed(2), "p")


def test_a_few_intervals_that_are_wide_of_the_mark_move_nothing() -> None:
    """A long prompt is computed in one interval, and its tokens are laid into the next."""
    intervals = observed(1)
    for at in (60, 120, 180):
        before, behind = intervals[at], intervals[at + 1]
        more = {**behind.tokens, "large": behind.tokens["large"] + Tokens(prompt=40_000)}
        intervals[at] = msgspec.structs.replace(before, energy_mj=before.energy_mj + 12_000_000)
        intervals[at + 1] = msgspec.structs.replace(behind, tokens=more)
    rate = calibrate(intervals, "p").rate("large")

    assert rate is not None
    assert (rate.prompt, rate.answer) == pytest.approx((0.3, 4), rel=0.05)


def test_one_kind_of_tokens_alone_leaves_nothing_to_doubt() -> None:
    """Embeddings: whatever a token weighs, a tenant's part is that of its tokens."""
    random = np.random.default_rng(1)
    counts = random.integers(100, 3000, 80)
    busy = [
        Observation(15.0, 1_500_000 + round(300 * int(one) * random.uniform(0.5, 1.5)), {"m": Tokens(prompt=int(one))})
        for one in counts
    ]
    assert calibrate([Observation(15.0, 1_500_000, {})] * 20 + busy, "p").doubt == 0


def noisy(seed: int, share: float) -> list[Observation]:
    """The pool takes so much more or less than its tokens say, at random."""
    random = np.random.default_rng(seed)
    return [
        msgspec.structs.replace(one, energy_mj=round(1_500_000 + (one.energy_mj - 1_500_000) * random.uniform(*span)))
        for one in observed(seed, busy=120)
        for span in [(1 - share, 1 + share)]
    ]


@pytest.mark.parametrize("seed", range(5))
def test_weights_that_are_uncertain_are_refused_by_how_much(seed: int) -> None:
    with pytest.raises(
        NotCalibrated,
        match=r"(small|large) takes (is uncertain by \d+\.\d% .* 4% is the most|can't be told from nothing)",
    ):
        calibrate(noisy(seed, 0.5), "p")
    assert 0 < calibrate(noisy(seed, 0.02), "p").doubt < 0.04


REFUSED = [
    (observed(1, quiet=2), "without work"),
    (observed(1, busy=50), "with work"),
    (observed(1, alike=True), "told apart"),
    ([], "without work"),
]


@pytest.mark.parametrize(("observations", "says"), REFUSED, ids=[row[1] for row in REFUSED])
def test_what_does_not_tell_is_refused(observations: list[Observation], says: str) -> None:
    with pytest.raises(NotCalibrated, match=says):
        calibrate(observations, "p")
