"""What happens to single exchanges in simulated time."""

import msgspec
import pytest

from guard.inference.schedule import Limits
from guard.inference.stepper import StepLimits
from guard.replay.load import Fleet, Price, TierLimit
from guard.replay.service import StepService, WindowService, window_lengths
from guard.replay.simulation import simulate
from tests.replay.traffic import NOTHING, ask, poisson

TIMES = msgspec.structs.replace(NOTHING, exchange_s=0.002, policy_s=0.0005, token_s=0.0001)
WINDOW = WindowService(model="injection", run_s=0.001, token_s=0.0001)
STEP = StepService("stream", step_s=0.001, token_s=0.0)


def test_one_exchange_alone_takes_the_sum_of_its_parts() -> None:
    times = msgspec.structs.replace(TIMES, windows=(WINDOW,), step=STEP, hop_s=0.0001, look_ahead=1)
    alone = ask(1.0, prompt_tokens=30, answer_tokens=3, first_s=0.5, gap_s=0.02)
    found = simulate([alone], Fleet(), times)
    hop = 0.0001
    before = hop + 0.001 + (0.001 + 0.0001 * 32) + hop + 0.0005
    # The first token leaves when the second one has been read: a gap later, and a turn.
    gone = before + 2 * hop + 0.5 + 0.02 + 0.0001 + 0.001 + 2 * hop
    assert found.first_s.max == pytest.approx(gone + hop)
    assert found.added_s.max == pytest.approx(gone + hop - 0.5)
    assert found.total_s.max == pytest.approx(gone + 0.02 + 0.001)


def test_models_of_one_stage_read_side_by_side_and_stages_one_after_the_other() -> None:
    def verdict(*stages: int) -> float:
        windows = tuple(WindowService(f"m{n}", run_s=0.01, token_s=0.0, stage=s) for n, s in enumerate(stages))
        found = simulate([ask(0.0, prompt_tokens=5)], Fleet(cores=8), msgspec.structs.replace(NOTHING, windows=windows))
        return found.verdict_s.max

    assert verdict(0) == pytest.approx(0.01)
    assert verdict(0, 0) == pytest.approx(0.01)
    assert verdict(0, 1) == pytest.approx(0.02)


def test_threads_on_too_few_cores_slow_each_other_down() -> None:
    windows = tuple(WindowService(f"m{n}", run_s=0.01, token_s=0.0) for n in range(4))
    times = msgspec.structs.replace(NOTHING, windows=windows)
    many = simulate([ask(0.0, prompt_tokens=5)], Fleet(cores=4), times)
    one = simulate([ask(0.0, prompt_tokens=5)], Fleet(cores=1), times)
    taken = simulate([ask(0.0, prompt_tokens=5)], Fleet(cores=4, others=4.0), times)
    assert many.verdict_s.max < taken.verdict_s.max < one.verdict_s.max


def test_a_share_of_windows_reaches_the_model_exactly() -> None:
    times = msgspec.structs.replace(NOTHING, windows=(msgspec.structs.replace(WINDOW, asked=0.25),))
    found = simulate([ask(float(n), prompt_tokens=5) for n in range(400)], Fleet(), times)
    assert found.models[0].rows.count == 100


@pytest.mark.parametrize(
    ("tokens", "lengths"),
    [(0, []), (1, [3]), (126, [128]), (127, [128, 35]), (220, [128, 128]), (221, [128, 128, 35])],
)
def test_texts_are_cut_into_the_windows_that_the_tokeniser_cuts(tokens: int, lengths: list[int]) -> None:
    assert window_lengths(WINDOW, tokens) == lengths


def test_more_than_limits_exchanges_at_once_are_refused() -> None:
    asks = [ask(0.0, first_s=1.0, tenant="acme") for _ in range(5)] + [ask(2.0, first_s=1.0)]
    found = simulate(asks, Fleet(exchanges=3), NOTHING)
    assert (found.offered, found.served, found.refused) == (6, 4, {"too_busy": 2})
    assert found.refused_by_tenant == {"acme": 2}


def test_a_tier_gets_what_its_limit_says() -> None:
    asks = [ask(n * 0.1, tier="free") for n in range(600)] + [ask(60.0, tier="paid") for _ in range(50)]
    found = simulate(asks, Fleet(tiers={"free": TierLimit(per_minute=60, burst=10)}), NOTHING)
    assert found.refused["tier_limit"] == 600 - 10 - 59
    assert found.served == 50 + 69


def test_a_tier_saves_up_no_more_than_its_burst() -> None:
    asks = [ask(3_600.0, tier="free") for _ in range(5)]
    assert simulate(asks, Fleet(tiers={"free": TierLimit(per_minute=60, burst=2)}), NOTHING).served == 2


def test_a_queue_of_windows_that_is_full_fails_closed() -> None:
    times = msgspec.structs.replace(NOTHING, windows=(msgspec.structs.replace(WINDOW, run_s=1.0),))
    asks = [ask(0.001 * n, prompt_tokens=5) for n in range(10)]
    found = simulate(asks, Fleet(batch=Limits(windows=1, queue=4)), times)
    assert found.failed == {"engine_busy": 5}


def test_a_verdict_that_comes_too_late_fails_closed() -> None:
    times = msgspec.structs.replace(NOTHING, windows=(msgspec.structs.replace(WINDOW, run_s=1.0),))
    asks = [ask(0.0, prompt_tokens=5), ask(0.1, prompt_tokens=5), ask(0.2, prompt_tokens=5)]
    found = simulate(asks, Fleet(batch=Limits(windows=1), verdict_s=1.5), times)
    assert (found.served, found.failed) == (1, {"engine_timeout": 2})


def test_nothing_is_run_for_a_verdict_that_nobody_waits_for() -> None:
    times = msgspec.structs.replace(NOTHING, windows=(msgspec.structs.replace(WINDOW, run_s=1.0, token_s=0.0),))
    asks = [ask(0.0, prompt_tokens=5), ask(0.1, prompt_tokens=5), ask(0.2, prompt_tokens=5), ask(2.1, prompt_tokens=5)]
    found = simulate(asks, Fleet(batch=Limits(windows=1), verdict_s=1.5), times)
    assert found.models[0].rows.count == 3, "the third window's deadline passes while the second runs"
    assert found.served == 2


def test_more_streams_than_the_stream_model_takes_fail_closed() -> None:
    times = msgspec.structs.replace(NOTHING, step=STEP)
    asks = [ask(0.0, answer_tokens=5, gap_s=0.1) for _ in range(3)]
    assert simulate(asks, Fleet(step=StepLimits(streams=2)), times).failed == {"engine_busy": 1}


def test_who_waits_too_long_for_a_backend_fails() -> None:
    asks = [ask(0.0, first_s=5.0) for _ in range(3)]
    found = simulate(asks, Fleet(backend_lanes=1, patience_s=7.0), NOTHING)
    assert (found.served, found.failed) == (2, {"backend_timeout": 1})


def test_an_answer_that_is_not_streamed_is_inspected_as_a_whole() -> None:
    times = msgspec.structs.replace(TIMES, step=STEP)
    found = simulate([ask(0.0, answer_tokens=64, gap_s=0.01, stream=False)], Fleet(), times)
    assert found.models[-1].rows.count == 2, "two turns of 32 tokens"
    assert found.first_s.max >= 0.63


def test_the_warm_up_is_served_and_not_counted() -> None:
    found = simulate([ask(0.0), ask(1.0), ask(2.0)], Fleet(), NOTHING, warm_s=1.5)
    assert (found.offered, found.served) == (1, 1)


def test_tokens_cost_what_their_model_costs() -> None:
    asks = [ask(0.0, prompt_tokens=10, answer_tokens=5, model="small"), ask(0.0, prompt_tokens=7, model="other")]
    found = simulate(asks, Fleet(), NOTHING, prices={"small": Price(150.0, 600.0)})
    assert found.cost_nanousd == 10 * 150 + 5 * 600
    assert found.unpriced_tokens == 7


def test_the_same_arrivals_give_the_same_forecast() -> None:
    times = msgspec.structs.replace(TIMES, windows=(WINDOW,), step=STEP)
    runs = [
        simulate(poisson(50, 500, seed=7, prompt_tokens=40, answer_tokens=10, gap_s=0.02), Fleet(replicas=3), times)
        for _ in range(2)
    ]
    assert runs[0] == runs[1]
