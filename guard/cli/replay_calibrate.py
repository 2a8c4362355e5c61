"""`guard replay calibrate`: times the configured models on this machine, for `guard replay --load`."""

from pathlib import Path

import click

from guard.cli.source import config_option, configured_or_starter
from guard.errors import ConfigError


@click.command("calibrate")
@click.option("--out", default="calibration.json", show_default=True, type=click.Path(dir_okay=False, path_type=Path),
              help="Where to write the service times.")  # fmt: skip
@config_option
def calibrate(out: Path, config_file: Path | None) -> None:
    """Time the models on this machine and write service times for --calibration. Takes some seconds.

    What the event loop takes for an exchange and for a token is taken over from the figures that come with Guard:
    python -m benchmarks.twin measures it too.
    """
    settings = configured_or_starter(config_file)

    import msgspec

    from guard import __version__
    from guard.cli.replay_job import progress
    from guard.cli.replay_models import step_service, window_services
    from guard.inference.manifest import read_manifest
    from guard.replay.reference import REFERENCE

    specs = read_manifest(Path(settings.models))
    asked = {service.model: service.asked for service in REFERENCE.windows}
    turn = REFERENCE.step
    with progress() as bar:
        task = bar.add_task("timing models", total=len(specs))
        windows = window_services(settings, specs, asked, lambda: bar.advance(task))
        turn_s, row_s = (turn.turn_s, turn.row_s) if turn is not None else (0.0, 0.0)
        step = step_service(settings, specs, turn_s, row_s, lambda: bar.advance(task))
    origin = f"models timed by guard replay calibrate (Guard {__version__}); the rest: {REFERENCE.origin}"
    times = msgspec.structs.replace(REFERENCE, origin=origin, windows=windows, step=step)
    try:
        out.write_bytes(msgspec.json.format(msgspec.json.encode(times), indent=2) + b"\n")
    except OSError as error:
        raise ConfigError(f"{out}: can't be written ({error.strerror}): name another file with --out") from None
    click.echo(f"wrote {out}")
