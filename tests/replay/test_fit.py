"""Service times come back out of measurements that were made from them."""

import pytest

from guard.replay.fit import LoopCost, Timed, fit_loop, fit_runs


def test_a_line_comes_back() -> None:
    timed = [Timed(1, tokens, 0.0007 + 0.00005 * tokens) for tokens in (16, 64, 128, 512)]
    assert fit_runs(timed) == pytest.approx((0.0007, 0.00005))


def test_noise_moves_it_a_little() -> None:
    timed = [Timed(1, tokens, (0.0007 + 0.00005 * tokens) * by) for tokens, by in ((16, 1.05), (64, 0.95), (512, 1.0))]
    assert fit_runs(timed) == pytest.approx((0.0007, 0.00005), rel=0.2)


def test_nothing_takes_less_than_no_time() -> None:
    run_s, token_s = fit_runs([Timed(1, 10, 0.001), Timed(1, 100, 0.02)])
    assert run_s == 0
    assert token_s > 0


def test_the_loop_s_parts_come_back() -> None:
    loads = [(500, 5_000, 800), (50, 10_000, 2_000), (400, 60_000, 2_100)]
    costs = [LoopCost(*load, load[0] * 0.003 + load[1] * 0.00004 + load[2] * 0.0001) for load in loads]
    assert fit_loop(costs) == pytest.approx((0.003, 0.00004, 0.0001))
