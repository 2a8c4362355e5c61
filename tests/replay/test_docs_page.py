"""docs/replay.md lists every option, every kind of difference and every reason for doubt; its figures are recorded."""

import re
from pathlib import Path

import click

from guard.cli.replay import replay
from guard.replay.effect import Kind
from guard.replay.reference import TWIN_ERRORS

PAGE = (Path(__file__).parent.parent.parent / "docs/replay.md").read_text()


def test_every_option_is_listed() -> None:
    options = {option.opts[0] for option in replay.params if isinstance(option, click.Option)} - {"--config"}
    assert {option for option in options if f"`{option}" not in PAGE} == set()
    assert "`--format json`" in PAGE


def test_every_kind_of_difference_is_listed_and_no_other() -> None:
    rows = re.findall(r"^\| (`[^|]+`) \|", PAGE.split("### What is compared")[1].split("### ")[0], re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`([^`]+)`", row)} == {kind.value for kind in Kind}


def test_the_errors_are_those_of_the_recorded_run() -> None:
    told = {one.what: one for one in TWIN_ERRORS}
    for row, names in (
        ("first token: median", ("first token p50", "first token p95", "first token p99")),
        ("whole answer: median", ("whole answer p50", "whole answer p95", "whole answer p99")),
        ("the event loop's CPU time", ("event loop",)),
    ):
        line = next(line for line in PAGE.splitlines() if line.startswith(f"| {row}"))
        spans = [f"{_percent(told[name].least)} to {_percent(told[name].most)} %" for name in names]
        assert ", ".join(spans) in line


def _percent(share: float) -> str:
    return f"{share:+.0%}".replace("-", "−").removesuffix("%")
