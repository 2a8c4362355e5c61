"""Service times from a real server under light loads: what the simulation is calibrated with."""

from array import array
from collections.abc import Sequence

import msgspec

from benchmarks.arrivals import Driven
from benchmarks.twin_site import CORES, GAP_S, LONG, SHORT, Measured, Site, driven, measure
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
MOST_OTHERS = 32.0
STEPS = 9


class Kind(msgspec.Struct, frozen=True):
    """One kind of prompt: how many tokens it has, and the share of its windows that reach each model."""

    tokens: int
    asked: dict[str, float]


class Calibration(msgspec.Struct, frozen=True):
    """Service times, the model server's own time for a first token, and the kinds of prompts by their words."""

    times: ServiceTimes
    bare_s: float
    kinds: dict[int, Kind]


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
    found = Calibration(times, bare_s, {FEW: _kind(calm[:3], times), MANY: _kind(calm[3:], times)})
    return msgspec.structs.replace(found, times=_with_hops(found, calm[1]))


def simulated(found: Calibration, run: Measured) -> tuple[Forecast, float]:
    """What the simulation says of a measured run's arrivals, and how many competing threads it was told of.

    So many that its models are slowed down as much as the real ones were: that is the machine's doing, not Guard's.
    """
    least, most = 0.0, MOST_OTHERS
    for _ in range(STEPS):
        others = (least + most) / 2
        if _simulated(found, run, others).stretch < run.slowed:
            least = others
        else:
            most = others
    return _simulated(found, run, least), round(least, 2)


def _simulated(found: Calibration, run: Measured, others: float) -> Forecast:
    kind = found.kinds[run.words]
    windows = (msgspec.structs.replace(one, asked=kind.asked[one.model]) for one in found.times.windows)
    times = msgspec.structs.replace(found.times, windows=tuple(windows))
    asks = [
        Ask(
            at_s=one.at_s,
            prompt_chars=run.words * WORD_CHARS,
            prompt_tokens=kind.tokens,
            answer_tokens=run.tokens,
            first_s=found.bare_s,
            gap_s=GAP_S,
        )
        for one in run.driven.answered
    ]
    return simulate(asks, Fleet(cores=CORES, others=others), times, warm_s=WARM_S)


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


def _with_hops(found: Calibration, calm: Measured) -> ServiceTimes:
    """What nothing else explains of a lone exchange's first token goes to the hops between threads and sockets."""
    measured_s = quantiles([one.first_s for one in calm.driven.answered]).p50
    beyond_s = max(0.0, measured_s - simulated(found, calm)[0].first_s.p50)
    return msgspec.structs.replace(found.times, hop_s=beyond_s / _hops(found.times))


def _hops(times: ServiceTimes) -> int:
    """How many lie before a first token: into Guard, to the backend and back, out; one each model, two each turn."""
    return 4 + len({service.stage for service in times.windows}) + 2 * (times.step is not None)


def _kind(runs: Sequence[Measured], times: ServiceTimes) -> Kind:
    """From the windows that a model was given: their tokens, without special ones, and how many there were."""
    exchanges = sum(len(run.driven.answered) for run in runs)
    tokens = sum(run.of("pii-ner").tokens for run in runs) / max(1, sum(run.of("pii-ner").rows for run in runs))
    asked = {one.model: sum(run.of(one.model).rows for run in runs) / exchanges for one in times.windows}
    return Kind(round(tokens) - 2, {model: min(1.0, share) for model, share in asked.items()})
