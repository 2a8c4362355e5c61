"""Recorded exchanges become a load: their own times for themselves, and more of them where that is asked for."""

import msgspec
import pytest

from guard.core.entry import Status
from guard.core.usage import Usage
from guard.replay.arrival import JITTER_S, Peak, ask_of, scaled
from guard.replay.load import Fleet
from guard.replay.service import StepService, WindowService
from guard.replay.simulation import simulate
from tests.replay.exchanges import case, facts
from tests.replay.traffic import NOTHING, ask

TIMES = msgspec.structs.replace(
    NOTHING,
    exchange_s=0.004,
    prompt_char_s=1e-5,
    token_s=5e-5,
    hop_s=0.0002,
    look_ahead=1,
    windows=(WindowService("unsafe", 0.001, 0.0001), WindowService("pii-ner", 0.001, 0.0001, stage=1)),
    step=StepService("stream", 0.0002, 0.000005),
)


def test_a_lone_exchange_simulated_takes_as_long_as_it_was_recorded_to_take() -> None:
    recorded = case(first_ms=350.0, total_ms=350.0 + 199 * 20, backend_ms=200.0, status=Status.COMPLETED)
    one = ask_of(recorded, recorded.started_ms, TIMES)
    assert (one.answer_tokens, one.gap_s) == (200, pytest.approx(0.02))
    found = simulate([one], Fleet(cores=8), TIMES)
    assert found.first_s.max == pytest.approx(0.350, abs=0.0005)
    assert found.total_s.max == pytest.approx(0.350 + 199 * 0.02, abs=0.03)


def test_the_backend_is_never_faster_than_its_head() -> None:
    recorded = case(first_ms=10.0, total_ms=10.0, backend_ms=9.0, usage=Usage(prompt=5, completion=1))
    assert ask_of(recorded, recorded.started_ms, TIMES).first_s == pytest.approx(0.009)


def test_what_was_denied_is_not_forwarded() -> None:
    denied = case(usage=Usage(prompt=0, completion=0), total_ms=3.0)
    one = ask_of(denied, denied.started_ms, TIMES)
    assert not one.forwarded
    found = simulate([one], Fleet(backend_lanes=1), TIMES)
    assert (found.served, found.backend_wait_s.count) == (1, 0)


def test_an_answer_that_is_not_streamed_has_no_gaps() -> None:
    recorded = case(told=facts(stream=False), first_ms=900.0, total_ms=901.0, usage=Usage(prompt=5, completion=50))
    one = ask_of(recorded, recorded.started_ms, TIMES)
    assert one.gap_s == 0
    assert one.first_s == pytest.approx(0.9, abs=0.02)


def test_ten_times_the_load_is_ten_times_as_many_about_where_they_were() -> None:
    asks = [ask(30.0 + n * 0.01, tenant="acme") for n in range(100)]
    ten = scaled(asks, 10, 60.0)
    assert len(ten) == 1000
    assert ten == sorted(ten, key=lambda one: one.at_s)
    assert min(one.at_s for one in ten) >= 30 - JITTER_S
    assert max(one.at_s for one in ten) <= 31 + JITTER_S
    assert scaled(asks, 1, 60.0) == asks
    assert scaled(asks, 10, 60.0) == ten


def test_half_the_load_is_about_half_as_many() -> None:
    assert 430 <= len(scaled([ask(float(n)) for n in range(1000)], 0.5, 1000.0)) <= 570


def test_the_busiest_window_is_found() -> None:
    peak = Peak(60_000)
    assert peak.begin_ms is None
    for number in (1, 2, 2, 2, 3, 3):
        peak.add(case(number))
    assert peak.begin_ms == case(2).started_ms // 60_000 * 60_000
