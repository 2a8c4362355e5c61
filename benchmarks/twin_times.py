"""Service times from a real server under light loads: what the simulation is calibrated with."""

from array import array
from collections.abc import Sequence

import msgspec

from benchmarks.arrivals import Driven
from benchmarks.twin_site import GAP_S, LONG, SHORT, Measured, Site, driven, measure
from guard.cli.replay_models import step_service
from guard.config import bundled_models
from guard.config.settings import Settings
from guard.inference.manifest import ModelSpec, read_manifest
from guard.replay.fit import LoopCost, Timed, fit_loop, fit_runs
from guard.replay.forecast import Forecast
from guard.replay.load import Ask, Fleet
from guard.replay.quantile import Quantiles
from guard.replay.service import ServiceTimes, StepService, WindowService
from guard.replay.simulation import simulate

FEW, MANY = 20, 90
"""Words of the two kinds of prompts."""
WORD_CHARS = 6
WARM_S = 2.0


class Calibration(msgspec.Struct, frozen=True):
    """Service times, the model server's own time for a first token, and the tokens of either kind of prompt."""

    times: ServiceTimes
    bare_s: float
    lengths: dict[int, int]


def calibrate(where: Site, seconds: float) -> Calibration:
    """Four light loads, one of them without Guard."""
    specs = read_manifest(bundled_models())
    calm = [
        measure(where, 10, FEW, SHORT, seconds, seed=11),
        measure(where, 3, FEW, LONG, seconds, seed=12),
        measure(where, 20, FEW, LONG, seconds, seed=13),
        measure(where, 3, MANY, SHORT, seconds, seed=14),
    ]
    bare_s = first_s(driven(where.long, "bench", 3, FEW, seconds / 2, seed=15))
    exchange_s, token_s, turn_s = fit_loop([_loop_cost(run) for run in calm[:3]])
    char_s = _char_s(calm[3], exchange_s, token_s, turn_s)
    times = ServiceTimes(
        origin="",
        exchange_s=max(0.0, exchange_s - char_s * FEW * WORD_CHARS),
        prompt_char_s=char_s,
        policy_s=0.0,
        token_s=token_s,
        look_ahead=1,
        windows=tuple(_window(spec, calm) for spec in specs if spec.kind != "stream"),
        step=_step(specs, calm, turn_s),
    )
    lengths = {FEW: _length(calm[0]), MANY: _length(calm[3])}
    return Calibration(_with_hops(times, calm[1], bare_s, lengths[FEW]), bare_s, lengths)


def simulated(found: Calibration, run: Measured) -> Forecast:
    """What the simulation says of a measured run's arrivals."""
    asks = [
        Ask(
            at_s=one.at_s,
            prompt_chars=run.words * WORD_CHARS,
            prompt_tokens=found.lengths[run.words],
            answer_tokens=run.tokens,
            first_s=found.bare_s,
            gap_s=GAP_S,
        )
        for one in run.driven.answered
    ]
    return simulate(asks, Fleet(cores=2, others=run.others), found.times, warm_s=WARM_S)


def first_s(asked: Driven) -> float:
    """The median time of the first text."""
    return quantiles([one.first_s for one in asked.answered]).p50


def quantiles(values: Sequence[float]) -> Quantiles:
    """Of any numbers."""
    return Quantiles.of(array("d", values))


def _loop_cost(run: Measured) -> LoopCost:
    exchanges = len(run.driven.answered)
    return LoopCost(exchanges, exchanges * run.tokens, run.of("stream").runs, run.loop_s)


def _char_s(run: Measured, exchange_s: float, token_s: float, turn_s: float) -> float:
    """What a character of a prompt takes: what long prompts took beyond what short ones would have."""
    cost = _loop_cost(run)
    beyond_s = cost.seconds - cost.exchanges * exchange_s - cost.tokens * token_s - cost.turns * turn_s
    return max(0.0, beyond_s / (cost.exchanges * (MANY - FEW) * WORD_CHARS))


def _window(spec: ModelSpec, calm: Sequence[Measured]) -> WindowService:
    """Runs of two lengths of prompts, one window each."""
    timed = []
    for run in calm:
        ran = run.of(spec.name)
        if ran.runs:
            timed.append(Timed(1, round(ran.tokens / ran.runs), ran.run_s / ran.runs / run.slowed))
    run_s, token_s = fit_runs(timed)
    asked = sum(run.of(spec.name).rows for run in calm) / sum(len(run.driven.answered) for run in calm)
    stage = 1 if spec.kind == "token" else 0
    return WindowService(spec.name, run_s, token_s, min(1.0, asked), spec.max_tokens, spec.stride_tokens, stage)


def _step(specs: Sequence[ModelSpec], calm: Sequence[Measured], turn_s: float) -> StepService | None:
    """What a further stream costs is timed with the model alone, what a turn costs in the server."""
    alone = step_service(Settings(backends=(), models=str(bundled_models())), specs, turn_s, 0.0)
    if alone is None:
        return None
    ran = [(run.of("stream"), run.slowed) for run in calm]
    turns = sum(one.runs for one, _ in ran)
    run_s = sum(one.run_s / slowed for one, slowed in ran) / turns
    rows = sum(one.rows for one, _ in ran) / turns
    return msgspec.structs.replace(alone, step_s=max(alone.step_s, run_s - alone.token_s * rows))


def _with_hops(times: ServiceTimes, calm: Measured, bare_s: float, tokens: int) -> ServiceTimes:
    """What nothing else explains of a lone exchange's first token goes to the hops between threads and sockets."""
    measured_s = quantiles([one.first_s for one in calm.driven.answered]).p50
    lone = simulated(Calibration(times, bare_s, {calm.words: tokens}), calm).first_s.p50
    return msgspec.structs.replace(times, hop_s=max(0.0, measured_s - lone) / _hops(times))


def _hops(times: ServiceTimes) -> int:
    """How many lie before a first token: into Guard, to the backend and back, out; one each model, two each turn."""
    return 4 + len({service.stage for service in times.windows}) + 2 * (times.step is not None)


def _length(run: Measured) -> int:
    """Tokens of a prompt, without special ones, as a window model was given them."""
    ran = run.of("unsafe")
    return round(ran.tokens / max(1, ran.rows)) - 2
