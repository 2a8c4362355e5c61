"""Shows models, their speed and their quality as tables on standard output."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from guard.cli.model_eval import Evaluation
from guard.cli.model_probe import Speed
from guard.cli.ranking import Quality
from guard.cli.span_eval import Recalled, SpanEvaluation
from guard.cli.terminal import visible
from guard.config import Settings
from guard.inference.device import Device, has_gpu, providers
from guard.inference.manifest import ModelSpec
from guard.inference.onnx import library

_PIPE_WIDTH: Final = 200
_NONE: Final = "–"


def show_models(settings: Settings, specs: Sequence[ModelSpec]) -> None:
    """What the manifest says of each model, and what would serve it."""
    heads = ("model", "kind", "size", "licence", "scores", "evaluation", "served by")
    _show(heads, [_model_cells(settings, spec) for spec in specs])


def show_speeds(speeds: Sequence[Speed]) -> None:
    """One line for each measurement."""
    _show(("model", "what", "value", "unit"), [(s.model, s.what, _number(s.value), s.unit) for s in speeds], right=(2,))


def show_evaluation(found: Evaluation) -> None:
    """One line for each source, and one for all."""
    heads = ("source", "rows", "positives", "AUC", "AP", "recall", "false alarms", "skipped", "failed")
    _show(heads, [_quality_cells(one) for one in (*found.sources, found.overall)], right=range(1, len(heads)))
    _console().print(f"model {found.model}, score {found.score}; recall and false alarms at {found.threshold:g}")


def show_spans(found: SpanEvaluation) -> None:
    """One line for each type, and one for all."""
    heads = ("type", "spans", "precision", "recall", "F1", "F2")
    _show(heads, [_span_cells(one) for one in found.types], right=range(1, len(heads)))
    _console().print(f"model {found.model}, exact spans in {found.rows} texts; {found.failed} failed")


def _span_cells(one: Recalled) -> tuple[str, ...]:
    parts = (one.precision, one.recall, one.f1, one.f2)
    return (one.type, str(one.spans), *(_NONE if part is None else f"{part:.3f}" for part in parts))


def _model_cells(settings: Settings, spec: ModelSpec) -> tuple[str, ...]:
    served, file = _served(settings, spec)
    return (
        spec.name,
        spec.kind,
        _size(Path(settings.models) / file),
        spec.license,
        ", ".join(f"{name} ≥ {threshold:g}" for name, threshold in _thresholds(spec)),
        ", ".join(f"{name} {value:g}" for name, value in spec.evaluation.items()) or _NONE,
        served,
    )


def _thresholds(spec: ModelSpec) -> Sequence[tuple[str, float]]:
    entities = [(one.type, one.threshold) for one in spec.entities]
    return [(one.name, one.threshold) for one in spec.scores] or entities


def _served(settings: Settings, spec: ModelSpec) -> tuple[str, str]:
    """What would run a model, and the file that it would run."""
    chosen = settings.inference
    if chosen.server is not None:
        return chosen.server.url, spec.file
    device, available = Device(chosen.device, chosen.threads), library().module.get_available_providers()
    file = spec.serving(gpu=has_gpu(device, available))
    return providers(device, available)[0].name.removesuffix("ExecutionProvider"), file.file


def _size(file: Path) -> str:
    try:
        return f"{file.stat().st_size / 1e6:.1f} MB"
    except OSError:
        return "missing"


def _quality_cells(one: Quality) -> tuple[str, ...]:
    parts = (one.auc, one.average_precision, one.recall, one.false_alarms)
    shown = (_NONE if part is None else f"{part:.3f}" for part in parts)
    return (one.source, str(one.rows), str(one.positives), *shown, str(one.skipped), str(one.failed))


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}"


def _show(heads: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> None:
    table = Table(box=None, pad_edge=False)
    for index, head in enumerate(heads):
        table.add_column(head, overflow="fold", justify="right" if index in right else "left")
    for row in rows:
        table.add_row(*(Text(visible(cell)) for cell in row))
    _console().print(table)


def _console() -> Console:
    width = None if sys.stdout.isatty() else _PIPE_WIDTH
    return Console(markup=False, highlight=False, emoji=False, soft_wrap=True, width=width)
