"""Times the configured models on this machine, so that a simulation knows how long their runs take."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from guard.cli.model_probe import Probe
from guard.config import Settings
from guard.inference.manifest import ModelSpec
from guard.replay.fit import fit_runs
from guard.replay.service import StepService, WindowService

_STAGES: Final = {"window": 0, "token": 1}
"""Names are read when the classifiers have their verdict."""


def window_services(
    settings: Settings,
    specs: Sequence[ModelSpec],
    asked: Mapping[str, float],
    advance: Callable[[], None] = lambda: None,
) -> tuple[WindowService, ...]:
    """Every model that reads whole texts; `asked` is the share of windows that reach it, by its name."""
    found = []
    for spec in specs:
        if spec.kind not in _STAGES:
            continue
        run_s, token_s = fit_runs(Probe(settings, spec).timed())
        share = asked.get(spec.name, 1.0)
        stage = _STAGES[spec.kind]
        found.append(WindowService(spec.name, run_s, token_s, share, spec.max_tokens, spec.stride_tokens, stage))
        advance()
    return tuple(found)


def step_service(
    settings: Settings,
    specs: Sequence[ModelSpec],
    turn_s: float,
    row_s: float,
    advance: Callable[[], None] = lambda: None,
) -> StepService | None:
    """The stream model; `turn_s` and `row_s` are what the event loop does for a turn. None if there is no model."""
    spec = next((spec for spec in specs if spec.kind == "stream"), None)
    if spec is None:
        return None
    step_s, token_s = fit_runs(Probe(settings, spec).timed())
    advance()
    return StepService(spec.name, step_s, token_s, turn_s, row_s)
