"""`guard models`: which models there are, whether they are sound, how fast and how good they are."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from guard.cli.exit_code import ExitCode
from guard.cli.source import config_option, configured_or_starter
from guard.config import Settings

if TYPE_CHECKING:
    from rich.progress import Progress

    from guard.inference.manifest import ModelSpec


@click.group()
def models() -> None:
    """The classifiers' models: the configured ones, or those that come with Guard."""


@models.command("list")
@config_option
def list_models(config_file: Path | None) -> None:
    """Show each model: kind, size, licence, scores with their thresholds, evaluation, what would serve it."""
    settings, specs = _manifest(config_file)

    from guard.cli.model_table import show_models

    show_models(settings, specs)


@models.command("verify")
@config_option
def verify(config_file: Path | None) -> None:
    """Check every file's digest, open each model on this machine and run one batch.

    Exit status: 0 all are sound, 1 one is not, 3 wrong options, configuration or manifest.
    """
    settings, specs = _manifest(config_file)

    from guard.cli.model_probe import verify as verified

    sound = True
    for found in verified(settings, specs):
        click.echo(f"{'ok' if found.sound else 'FAILED':<6} {found.model}: {found.detail}")
        sound = sound and found.sound
    if not sound:
        raise click.exceptions.Exit(ExitCode.FOUND)


@models.command("bench")
@config_option
def bench(config_file: Path | None) -> None:
    """Measure each model on this machine: a small window alone, full batches, steps of many streams. Takes seconds."""
    settings, specs = _manifest(config_file)

    from guard.cli.model_probe import Probe
    from guard.cli.model_table import show_speeds

    with _progress() as progress:
        measures = [measure for spec in specs for measure in Probe(settings, spec).measures()]
        show = progress.add_task("measuring", total=len(measures))
        speeds = []
        for measure in measures:
            speeds.append(measure())
            progress.advance(show)
    show_speeds(speeds)


@models.command("eval")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--model", help="A model by its name; by default a window model that gives the score.")
@click.option("--score", help="The score that the labels are about; by default the model's first.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@config_option
def evaluate(file: Path, model: str | None, score: str | None, as_json: bool, config_file: Path | None) -> None:
    """Say how well a model tells the labelled texts in FILE apart, for each source and overall.

    FILE holds JSON lines (.gz: gzipped) with `text`, `label` (0 or 1, true or false, or a word: benign, safe, neutral,
    neither and refusal_or_safe are 0, any other is 1) and, if you like, `source` and `role`. Texts go through the
    cascade as it is served, or word by word through the stream model, whose score at the end counts.

    For a token model, named by --model, a line has `text` and `spans` (`start`, `end`, `type`; offsets in code points),
    and what is told is how many spans are found exactly, by type.
    """
    settings, specs = _manifest(config_file)

    if any(one.kind == "token" and one.name == model for one in specs):
        _evaluate_spans(settings, next(one for one in specs if one.name == model), file, as_json)
        return

    import msgspec

    from guard.cli import labelled, model_eval
    from guard.cli.model_table import show_evaluation

    spec, one = model_eval.chosen(specs, model, score)
    with _progress() as progress:
        show = progress.add_task("reading", total=None)
        progress.update(show, total=labelled.count(file), description="scoring")
        found = model_eval.evaluate(settings, spec, one, labelled.read(file), lambda rows: progress.advance(show, rows))
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
    else:
        show_evaluation(found)


def _evaluate_spans(settings: Settings, spec: "ModelSpec", file: Path, as_json: bool) -> None:
    import msgspec

    from guard.cli import span_eval
    from guard.cli.model_table import show_spans

    with _progress() as progress:
        show = progress.add_task("reading", total=span_eval.count(file))
        found = span_eval.evaluate(settings, spec, span_eval.read(file), lambda rows: progress.advance(show, rows))
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
    else:
        show_spans(found)


@models.command("export")
@click.option("--triton", "target", required=True, type=click.Path(path_type=Path), help="The directory to write to.")
@click.option("--gpu", is_flag=True, help="Take the 16-bit files of the models that have one.")
@config_option
def export(target: Path, gpu: bool, config_file: Path | None) -> None:
    """Write a model repository for NVIDIA Triton, with dynamic batching. Writes over nothing."""
    settings, specs = _manifest(config_file)

    from guard.inference.triton import export as written

    for folder in written(Path(settings.models), specs, target, gpu):
        click.echo(f"wrote {folder}")


def _manifest(config_file: Path | None) -> "tuple[Settings, tuple[ModelSpec, ...]]":
    settings = configured_or_starter(config_file)

    from guard.inference.manifest import read_manifest

    return settings, read_manifest(Path(settings.models))


@contextmanager
def _progress() -> "Iterator[Progress]":
    """A bar on standard error while the work lasts; nothing where nobody watches."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    watched = sys.stderr.isatty()
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not watched) as progress:
        yield progress
