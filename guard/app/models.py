"""Builds what looks into texts with models: the classifiers and the engine that reads names."""

from pathlib import Path

from guard.config import (
    InferenceServer,
    InferenceSettings,
    Settings,
)
from guard.errors import ConfigError
from guard.inference.device import Device
from guard.inference.remote_wire import Remote
from guard.inference.schedule import Limits as BatchLimits
from guard.inference.stepper import StepLimits
from guard.ingress.service import UNSAFE
from guard.pii.names.service import NameOptions, Names, open_names
from guard.ports import DeferredEngine
from guard.security.classifiers import ClassifierOptions, Classifiers, Observe


def build_classifiers(settings: Settings, observe: Observe | None = None) -> Classifiers | None:
    """The models that the configuration asks for, opened and not started; None if it asks for none.

    `observe` is told what each run was like.
    """
    chosen = settings.inference
    if not chosen.classifiers:
        return None
    options = ClassifierOptions(
        directory=Path(settings.models),
        names=chosen.classifiers,
        trusted_roles=chosen.trusted_roles,
        patience_s=chosen.verdict_s,
        device=Device(chosen.device, chosen.threads),
        batch=BatchLimits(windows=chosen.batch_windows, queue=chosen.queue_windows),
        lanes=_lanes(chosen),
        step=StepLimits(streams=chosen.streams, pause_s=chosen.step_ms / 1000, patience_s=chosen.verdict_s),
        remote=_remote(chosen.server),
    )
    return Classifiers(options, observe or (lambda _model, _report: None))


def build_names(settings: Settings, observe: Observe | None = None) -> Names | None:
    """The engine that reads names, opened and not started; None if the configuration or the models have none."""
    chosen = settings.inference
    if chosen.names is False or (chosen.names is None and not chosen.classifiers):
        return None
    options = NameOptions(
        directory=Path(settings.models),
        patience_s=chosen.verdict_s,
        device=Device(chosen.device, chosen.threads),
        batch=BatchLimits(windows=chosen.batch_windows, queue=chosen.queue_windows),
        left_words=chosen.names_left_words,
        right_words=chosen.names_right_words,
        remote=_remote(chosen.server),
    )
    return open_names(options, required=chosen.names is True, observe=observe or (lambda _model, _report: None))


def _lanes(chosen: InferenceSettings) -> int:
    if chosen.lanes > 1 and (chosen.device != "cpu" or chosen.server is not None):
        raise ConfigError(
            "inference.lanes: more than 1 is for the CPU; set inference.device: cpu and no inference.server"
        )
    return chosen.lanes


def _remote(server: InferenceServer | None) -> Remote | None:
    if server is None:
        return None
    token = server.token.reveal() if server.token is not None else None
    return Remote(server.url, server.timeout_s, token, server.ca_file)


def deferred(classifiers: Classifiers | None, names: Names | None) -> tuple[DeferredEngine, ...]:
    return tuple(service.answers for service in (classifiers, names) if service is not None)


def unsafe_threshold(classifiers: Classifiers | None) -> float:
    return 1.0 if classifiers is None else classifiers.thresholds.get(UNSAFE, 1.0)
