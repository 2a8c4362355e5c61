"""A report of usage as one HTML page that needs nothing else: no script, no font, no picture from anywhere."""

from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from guard import __version__
from guard.cli.moment import written
from guard.cli.usage_plot import Series, usage_plots
from guard.cli.usage_text import count, named, number, remarks, usd, watt_hours
from guard.metering.report.figures import UsageReport

MOST_LINES: Final = 1_000
"""Of the table; CSV has them all."""


def page(report: UsageReport, series: Series) -> str:
    """The page. Whatever it shows is escaped, the plots aside: matplotlib escapes what stands in those."""
    environment = Environment(
        loader=PackageLoader("guard.cli"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    dearest = sorted(report.lines, key=lambda line: (-(line.cost_nanousd or 0), -line.exchanges))
    plots = usage_plots(report, series)
    return environment.get_template("usage.html.j2").render(
        report=report,
        total=report.total,
        lines=dearest[:MOST_LINES],
        left=max(len(dearest) - MOST_LINES, 0),
        remarks=list(remarks(report)),
        metered=report.total.energy_mj is not None,
        powered=any(line.power is not None for line in report.lines),
        plots=[(title, Markup(svg)) for title, svg in plots],  # noqa: S704 - drawn by `usage_plot`
        when=written,
        count=count,
        usd=usd,
        wh=watt_hours,
        number=number,
        named=named,
        version=__version__,
    )
