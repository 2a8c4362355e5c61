"""The simulation agrees with what queueing theory says exactly (Kleinrock, "Queueing Systems", volume 1).

What is compared with is the load that came, which differs from the one that was asked for by chance.
"""

from math import factorial

import msgspec
import pytest

from guard.inference.schedule import Limits
from guard.inference.stepper import StepLimits
from guard.replay.load import Fleet
from guard.replay.service import StepService, WindowService
from guard.replay.simulation import Simulation, simulate
from tests.replay.traffic import NOTHING, ask, poisson


@pytest.mark.parametrize("load", [0.3, 0.6, 0.85])
def test_the_loop_waits_as_an_m_d_1_queue_does(load: float) -> None:
    service_s = 0.01
    times = msgspec.structs.replace(NOTHING, prompt_char_s=service_s)
    found = simulate(poisson(load / service_s, 60_000, seed=1, prompt_chars=1), Fleet(exchanges=10**6), times)
    assert found.utilisation == pytest.approx(load, rel=0.02)
    assert found.loop_wait_s.mean == pytest.approx(_m_d_1(found.utilisation, service_s), rel=0.04)


@pytest.mark.parametrize(("lanes", "load"), [(1, 0.5), (1, 0.8), (4, 0.8), (8, 0.9)])
def test_backends_wait_as_an_m_m_c_queue_does(lanes: int, load: float) -> None:
    mean_s = 0.1
    rate = load * lanes / mean_s
    asks = poisson(rate, 60_000, seed=2, mean_first_s=mean_s)
    fleet = Fleet(exchanges=10**6, backends=1, backend_lanes=lanes, patience_s=10_000)
    found = simulate(asks, fleet, NOTHING)
    came = found.backend_utilisation or 0.0
    assert came == pytest.approx(load, rel=0.02)
    assert found.backend_wait_s.mean == pytest.approx(_erlang_c(lanes, came) * mean_s / (lanes * (1 - came)), rel=0.08)


def test_one_pool_of_lanes_is_shared_by_all_backends() -> None:
    one = simulate(poisson(30, 5_000, seed=3, mean_first_s=0.1), Fleet(backends=1, backend_lanes=4), NOTHING)
    four = simulate(poisson(30, 5_000, seed=3, mean_first_s=0.1), Fleet(backends=4, backend_lanes=1), NOTHING)
    assert one == four


def test_windows_one_by_one_wait_as_an_m_d_1_queue_does() -> None:
    load, service_s = 0.7, 0.004
    window = WindowService(model="injection", run_s=service_s, token_s=0.0)
    times = msgspec.structs.replace(NOTHING, windows=(window,))
    fleet = Fleet(exchanges=10**6, batch=Limits(windows=1))
    found = simulate(poisson(load / service_s, 40_000, seed=4, prompt_tokens=10), fleet, times)
    assert found.models[0].rows.max == 1
    assert found.models[0].utilisation == pytest.approx(load, rel=0.02)
    assert found.models[0].wait_s.mean == pytest.approx(_m_d_1(found.models[0].utilisation, service_s), rel=0.04)


def test_batches_grow_until_they_carry_a_load_that_one_by_one_they_could_not() -> None:
    """A run costs the same whatever is in it, so at three times that rate they have three windows or so."""
    window = WindowService(model="injection", run_s=0.004, token_s=0.0)
    times = msgspec.structs.replace(NOTHING, windows=(window,))
    found = simulate(poisson(3 / 0.004, 20_000, seed=5, prompt_tokens=10), Fleet(exchanges=10**6), times)
    assert found.failed == {}
    assert 3 <= found.models[0].rows.mean < 4.5
    assert found.verdict_s.p99 < 0.02


def test_exchanges_inside_are_their_rate_times_their_time() -> None:
    """Little's law, over a whole fleet with answers that flow: mean inside = rate · mean time inside."""
    rate, tokens = 20.0, 20
    times = msgspec.structs.replace(NOTHING, token_s=0.0001, step=StepService("stream", step_s=0.001, token_s=0.0))
    asks = list(poisson(rate, 4_000, seed=6, answer_tokens=tokens, first_s=0.1, gap_s=0.02))
    simulation = Simulation(Fleet(replicas=2), times)
    inside_s, last_s, step = 0.0, 0.0, simulation.env.step

    def watched() -> None:
        nonlocal inside_s, last_s
        inside = sum(replica.inside for replica in simulation.replicas)
        step()
        inside_s, last_s = inside_s + inside * (simulation.env.now - last_s), simulation.env.now

    simulation.env.step = watched  # type: ignore[method-assign]
    simulation.run(asks)
    total = simulation.tally.total
    assert len(total) == 4_000
    assert inside_s == pytest.approx(sum(total), rel=1e-6)
    assert inside_s / last_s == pytest.approx(rate * sum(total) / len(total), rel=0.05)


def test_turns_of_full_streams_are_a_pause_apart_and_take_every_stream() -> None:
    """100 streams whose tokens come faster than turns: each turn reads all, a pause after the last one."""
    times = msgspec.structs.replace(NOTHING, step=StepService("stream", step_s=0.0001, token_s=0.0))
    asks = [ask(0.0, answer_tokens=500, gap_s=0.001) for _ in range(100)]
    found = simulate(asks, Fleet(step=StepLimits(pause_s=0.01)), times)
    turns = found.models[-1]
    assert turns.rows.p50 == 100
    assert turns.rows.count == pytest.approx(found.simulated_s / 0.01, rel=0.05)


def _m_d_1(load: float, service_s: float) -> float:
    """The mean wait for a server of constant service times (Pollaczek and Khinchine)."""
    return load * service_s / (2 * (1 - load))


def _erlang_c(lanes: int, load: float) -> float:
    """The chance to wait for one of several servers of exponential service times."""
    offered = lanes * load
    last = offered**lanes / factorial(lanes) / (1 - load)
    return last / (sum(offered**k / factorial(k) for k in range(lanes)) + last)
