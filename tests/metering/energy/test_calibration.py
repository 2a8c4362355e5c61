"""Weights come from what a pool took; what can't be told apart is refused."""

import numpy as np
import pytest

from guard.metering.energy.calibration import NotCalibrated, Observation, calibrate, nonnegative
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
