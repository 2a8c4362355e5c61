"""`guard replay`: what another policy would have done with the recorded exchanges, and what another load would do."""

import os
from pathlib import Path
from typing import Any

import click

from guard.cli.exit_code import ExitCode
from guard.cli.extra import need
from guard.cli.moment import Moment
from guard.cli.replay_calibrate import calibrate
from guard.cli.replay_option import factors, tiers
from guard.cli.source import config_option, configured_or_starter

_POLICY = click.Path(exists=True, path_type=Path)
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group(invoke_without_command=True)
@click.option("--policy", "new", type=_POLICY, help="The new policy: a directory of Rego, or a bundle.")
@click.option("--against", type=_POLICY, help="The policy to compare with; the recorded decisions by default.")
@click.option("--since", "since_ms", default="7d", show_default=True, type=Moment(), help="90m, 24h, 7d, or a date.")
@click.option("--until", "until_ms", type=Moment(), help="Where to end; now by default.")
@click.option("--tenant", "tenants", multiple=True, help="Only this tenant's exchanges; may be repeated.")
@click.option("--prices", type=_FILE, help="YAML: nano-dollars a token by model.")
@click.option("--load", "factors", multiple=True, callback=factors, help="Simulate x10 the load; may be repeated.")
@click.option("--window", "window_s", type=click.FloatRange(1, 3600), default=60.0, show_default=True,
              help="Seconds of the record to simulate: the busiest ones.")  # fmt: skip
@click.option("--replicas", type=click.IntRange(1, 1000), default=1, show_default=True, help="Guards in the fleet.")
@click.option("--cores", type=click.IntRange(1, 1024), default=os.cpu_count, help="Each Guard's cores; as here.")
@click.option("--backends", type=click.IntRange(1, 10_000), default=1, show_default=True, help="Model servers.")
@click.option("--lanes", type=click.IntRange(0, 100_000), default=0, help="Answers that each writes at a time; 0: all.")
@click.option(
    "--tier", "tiers", multiple=True, callback=tiers, help="A tier's limit a minute, and at once: free=60/10."
)
@click.option("--calibration", type=_FILE, help="Service times that guard replay calibrate wrote.")
@click.option("--format", "form", type=click.Choice(["table", "json"]), default="table", help="What to print.")
@click.option("--html", "page", type=_FILE, help="Write a page with plots as well.")
@config_option
@click.pass_context
def replay(context: click.Context, /, config_file: Path | None, **given: Any) -> None:
    """Show what another policy, or another load, would do with what was recorded.

    Exit status: 0 no differences, 1 something would differ, 3 wrong options, configuration or policy.
    """
    if context.invoked_subcommand is not None:
        return
    if given["new"] is None and not given["factors"]:
        raise click.UsageError("name a new policy with --policy, or a load with --load x10")
    need("guard replay", "replay", ("simpy", "jinja2", "matplotlib"))
    settings = configured_or_starter(config_file)

    from guard.cli.record_source import opened_record
    from guard.cli.replay_job import Job, deliver

    job = Job(**given)
    with opened_record(settings) as record:
        result = job.run(settings, record)
    deliver(result, job)
    if result.rollout is not None and result.rollout.changed:
        raise click.exceptions.Exit(ExitCode.FOUND)


replay.add_command(calibrate)
