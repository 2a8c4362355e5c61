"""A replay's result as one HTML page that needs nothing else: no script, no font, no picture from anywhere."""

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from guard import __version__
from guard.cli.moment import written
from guard.cli.replay_plot import load_plots, rollout_plots
from guard.cli.replay_table import load_rows, recorded_line, remarks, usd
from guard.replay.result import Result


def page(result: Result) -> str:
    """The page. Whatever it shows is escaped, the plots aside: matplotlib escapes what stands in those."""
    environment = Environment(
        loader=PackageLoader("guard.cli"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    report = result.rollout
    return environment.get_template("replay.html.j2").render(
        report=report,
        remarks=list(remarks(report)) if report is not None else [],
        rollout_plots=_safe(rollout_plots(report)) if report is not None else [],
        loads=result.loads,
        recorded=recorded_line(result.recorded) if result.recorded is not None else "",
        load_rows=list(load_rows(result.loads)) if result.loads else [],
        load_plots=_safe(load_plots(result.loads)),
        calibrated=result.calibrated,
        version=__version__,
        when=written,
        usd=usd,
        percent=lambda share: f"{share:+.0%}",
    )


def _safe(plots: list[tuple[str, str]]) -> list[tuple[str, Markup]]:
    return [(title, Markup(svg)) for title, svg in plots]  # noqa: S704 - drawn by `replay_plot`
