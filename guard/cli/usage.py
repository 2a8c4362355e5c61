"""`guard usage`: what was used, by whom, and what it came to, out of the ledger."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from guard.cli.admin import KEY
from guard.cli.moment import Moment
from guard.cli.source import config_option

if TYPE_CHECKING:
    from guard.cli.usage_source import Source
    from guard.metering.report.statement import Question

FORMATS: Final = ("table", "csv", "json", "focus", "html")
_FILE: Final = click.Path(path_type=Path, dir_okay=False)


@click.command()
@click.option("--by", default="tenant,model", show_default=True, help="What lines are for, with commas between.")
@click.option("--since", default="30d", type=Moment(), show_default=True, help="7d, 12h, 30m ago, or a date.")
@click.option("--until", default=None, type=Moment(), help="Up to when; now by default.")
@click.option("--where", multiple=True, metavar="NAME=VALUE", help="Only exchanges that have this value.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="table", show_default=True, help="What to write.")
@click.option("--out", type=_FILE, help="The file to write; standard output.")
@click.option("--prices", multiple=True, type=_FILE, help="focus: an older price book.")
@click.option("--provider", default="Guard", show_default=True, help="focus: who charges.")
@click.option("--service", default="Inference", show_default=True, help="focus: for what.")
@click.option("--url", help="Ask a running Guard, in place of reading the ledger that the configuration names.")
@click.option("--key-file", type=_FILE, help=f"url: file of an administrator's key, in place of {KEY}.")
@click.option("--ca-file", type=_FILE, help="url: PEM file of the authorities to trust.")
@config_option
def usage(
    by: str, since: int, until: int | None, where: Sequence[str], form: str, out: Path | None, **options: Any
) -> None:
    """Print what was used, by tenant, key, tier, model, label or time. May run while Guard serves."""
    from guard.cli.usage_source import now_ms
    from guard.metering.report.dimension import parse_dimensions, parse_filters
    from guard.metering.report.statement import Question

    end = now_ms() if until is None else until
    text = _text(Question(since, end, parse_dimensions(by), parse_filters(where)), form, **options)
    if out is None:
        sys.stdout.write(text)
        return
    try:
        out.write_text(text, "utf-8", newline="")
    except OSError as error:
        raise click.ClickException(f"{out} can't be written ({error.strerror}); name another file") from None


def _text(question: "Question", form: str, prices: Sequence[Path], provider: str, service: str, **place: Any) -> str:
    from guard.cli.usage_format import PLAIN, as_focus
    from guard.metering.report.focus import Seller

    source = _source(**place)
    if form == "focus":
        return as_focus(question, source, prices, Seller(provider, service))
    return PLAIN[form](question, source)


def _source(url: str | None, key_file: Path | None, ca_file: Path | None, config_file: Path | None) -> "Source":
    from guard.cli.usage_source import own_ledger, running_guard

    return own_ledger(config_file) if url is None else running_guard(url, key_file, ca_file)
