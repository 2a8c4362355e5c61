"""`docs/usage.md` names what the code has: dimensions, options, figures, columns, meters, states, routes."""

import re
from pathlib import Path
from typing import get_args

from guard.cli.usage import FORMATS, usage
from guard.cli.usage_csv import table_csv
from guard.metering.report.charge import COLUMNS, CostState
from guard.metering.report.dimension import NAMES
from guard.metering.report.figures import COUNTS, TOKENS, UsageFigures, UsagePower, UsageReport
from guard.metering.report.focus import METERS

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/usage.md").read_text()
NAMED = set(re.findall(r"`([^`\n]+)`", PAGE))


def test_every_dimension_is_named() -> None:
    assert set(NAMES) - NAMED == set()


def test_every_option_and_format_is_named() -> None:
    options = {opt for parameter in usage.params for opt in parameter.opts if opt.startswith("--")}
    assert options - NAMED == set()
    assert set(FORMATS) - NAMED == set()


def test_every_figure_is_named() -> None:
    figures = set(UsageFigures.__struct_fields__) - set(TOKENS) - {"energy_tokens"}
    assert {*figures, *COUNTS, *UsagePower.__struct_fields__, *UsageReport.__struct_fields__} - NAMED - {
        "since_ms", "until_ms", "by", "lines",
    } == set()  # fmt: skip
    view = (ROOT / "docs/metering.md").read_text()
    assert {name for name in TOKENS if f"`{name}`" not in view} == set()


def test_what_focus_rows_say_of_their_own_is_named() -> None:
    assert {name for name in COLUMNS if name.startswith("x_")} - NAMED == set()
    assert {name for name, _ in METERS.values()} - NAMED == set()
    assert set(get_args(CostState)) - NAMED == set()


def test_every_column_of_the_csv_has_its_explanation() -> None:
    header = table_csv(UsageReport(0, 1, ("tenant",), (), UsageFigures(), 0)).strip().split(",")
    known = {*NAMED, *TOKENS}
    parts = [re.sub(r"_p\d\d_ms$", "_ms", name.removeprefix("power_")) for name in header]
    assert [name for name in parts if name not in known] == []


def test_both_routes_are_named() -> None:
    assert {"GET /v1/guard/usage", "GET /v1/guard/admin/usage", "usage.show", "report_too_large"} - NAMED == set()
