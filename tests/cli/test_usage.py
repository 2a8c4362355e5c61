"""`guard usage` as whoever pays runs it: tables, CSV and JSON of one ledger agree, and errors name the cure."""

import contextlib
import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from guard.cli.main import run
from guard.config import load_prices
from guard.core.usage import Usage, UsageSource
from tests.cli.command import MINIMAL
from tests.metering.report.scene import NOON_MS, write

POLICIES = Path(__file__).parents[2] / "policies"
EXCHANGES: list[dict[str, Any]] = [
    {"tenant": "acme", "usage": Usage(prompt=1_000_000, completion=10), "cost_nanousd": 1_234_567_890},
    {"tenant": "acme", "usage": Usage(prompt=5, completion=1), "cost_nanousd": 1, "labels": {"team": "x"}},
    {"tenant": "=cmd()", "model": "m\x1b[2J", "usage": Usage(prompt=7), "cost_nanousd": None},
    {"tenant": "other", "source": UsageSource.ESTIMATED},
    {"tenant": "other", "state": "open"},
]
Command = Callable[..., tuple[int, str, str]]
ALL = ("--since", "2026-11-01", "--until", "2026-12-02")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a configuration and a ledger."""
    directory = tmp_path_factory.mktemp("usage")
    write(f"sqlite:///{directory / 'guard.db'}", directory / "journal", EXCHANGES)
    (directory / "guard.yaml").write_text(f"{MINIMAL}policies: {POLICIES}\nledger: sqlite:///guard.db\n")
    return directory


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY", "k")


@pytest.fixture
def usage(capsys: pytest.CaptureFixture[str]) -> Command:
    """The command in a directory: its exit status, standard output and standard error."""

    def ran(place: Path, *arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()  # what writing the ledger has logged
        with contextlib.chdir(place):
            status = run(["usage", *arguments])
        told = capsys.readouterr()
        return status, told.out, told.err

    return ran


@pytest.fixture
def printed(usage: Command) -> Callable[..., str]:
    """What the command prints of the whole time."""

    def told(place: Path, *arguments: str) -> str:
        status, out, err = usage(place, *ALL, *arguments)
        assert (status, err) == (0, "")
        return out

    return told


def cured(told: tuple[int, str, str], cure: str) -> None:
    """A refusal: one line on standard error, with its cure."""
    status, out, err = told
    assert (status, out, err.count("\n")) == (3, "", 1)
    assert cure in err


def test_a_table_has_lines_their_total_and_what_must_be_known(place: Path, printed: Callable[..., str]) -> None:
    told = printed(place, "--by", "tenant,model")
    rows = [line.split() for line in told.splitlines()]
    assert ["acme", "m", "2", "0", "0", "0", "1,000,005"] in [row[:7] for row in rows]
    assert ["total", "4", "0", "0", "0", "1,000,112"] in [row[:6] for row in rows]
    assert "1.234568" in told
    assert "without a price, which are in no cost: 1 of 4" in told
    assert "counted by estimate, for neither backend nor tokenizer counted: 1" in told
    assert "come into these lines when they end: 1" in told
    assert "\x1b" not in told
    assert "m\\x1b[2J" in told


def test_no_name_makes_a_line_of_its_own(tmp_path: Path, printed: Callable[..., str]) -> None:
    write(f"sqlite:///{tmp_path / 'guard.db'}", tmp_path / "journal", [{"tenant": "acme\ntotal\t99"}])
    (tmp_path / "guard.yaml").write_text(f"{MINIMAL}policies: {POLICIES}\nledger: sqlite:///guard.db\n")
    told = printed(tmp_path, "--by", "tenant")
    assert [line.split()[0] for line in told.splitlines()].count("total") == 1
    assert "acme\\ntotal\\t99" in told


def test_csv_is_exact_and_no_formula(place: Path, printed: Callable[..., str]) -> None:
    rows = {
        row["tenant"]: row for row in csv.DictReader(io.StringIO(printed(place, "--by", "tenant", "--format", "csv")))
    }
    assert set(rows) == {"acme", "'=cmd()", "other"}
    assert (rows["acme"]["cost_nanousd"], rows["acme"]["cost_usd"]) == ("1234567891", "1.234567891")
    nothing = rows["'=cmd()"]
    assert (nothing["cost_nanousd"], nothing["cost_usd"], nothing["unpriced"]) == ("", "", "1")
    assert (nothing["prompt_tokens"], nothing["completion_tokens"]) == ("7", "")


def test_json_has_keys_and_says_what_nobody_knows(place: Path, tmp_path: Path, printed: Callable[..., str]) -> None:
    out = tmp_path / "usage.json"
    assert printed(place, "--by", "label:team,day", "--format", "json", "--out", str(out)) == ""
    told = json.loads(out.read_text())
    assert told["by"] == ["label:team", "day"]
    assert [line["key"] for line in told["lines"]] == [
        {"label:team": None, "day": "2026-11-30"},
        {"label:team": "x", "day": "2026-11-30"},
    ]
    assert told["total"]["cost_nanousd"] == 1_234_567_891 + 1_000
    assert told["total"]["reasoning_tokens"] is None
    assert told["open"] == 1


def test_a_total_alone_and_filters(place: Path, printed: Callable[..., str]) -> None:
    told = json.loads(
        printed(place, "--by", "", "--where", "tenant=acme", "--where", "label:team=x", "--format", "json")
    )
    assert [line["exchanges"] for line in told["lines"]] == [1]
    empty = json.loads(printed(place, "--where", "tenant=nobody", "--format", "json"))
    assert (empty["lines"], empty["total"]["exchanges"]) == ([], 0)


@pytest.mark.parametrize(
    ("arguments", "cure"),
    [
        (("--by", "who"), "tenant, key, tier"),
        (("--where", "tenant"), "NAME=VALUE"),
        (("--since", "yesterday"), "2026-03-01"),
        (("--out", "nowhere/usage.csv"), "name another file"),
    ],
)
def test_what_does_not_fit_is_one_line_with_the_cure(
    place: Path, arguments: tuple[str, ...], cure: str, usage: Command
) -> None:
    cured(usage(place, *arguments), cure)


@pytest.mark.parametrize(
    ("ledger", "cure"), [("sqlite:///none.db", "there is no ledger"), ("sqlite://", "name a file or a server")]
)
def test_without_a_ledger_the_cure_is_told(tmp_path: Path, ledger: str, cure: str, usage: Command) -> None:
    (tmp_path / "guard.yaml").write_text(f"{MINIMAL}policies: {POLICIES}\nledger: '{ledger}'\n")
    cured(usage(tmp_path), cure)


def test_focus_charges_come_with_what_a_reader_must_know(place: Path, tmp_path: Path, usage: Command) -> None:
    (tmp_path / "old.yaml").write_text("version: old\nprices: [{prompt: 1, answer: 1}]\n")
    status, out, told = usage(
        place, *ALL, "--format", "focus", "--prices", str(tmp_path / "old.yaml"), "--provider", "Us"
    )
    rows = list(csv.DictReader(io.StringIO(out)))
    assert status == 0
    assert {row["x_CostState"] for row in rows} == {"Unsplit", "Unpriced"}
    assert {row["ProviderName"] for row in rows} == {"Us"}
    costs = [row["BilledCost"] for row in rows if row["BillingAccountId"] == "acme"]
    assert costs == ["1.234567891"]
    assert "rows by the price book v1 have no unit price; name its file with --prices" in told
    assert "without a price, which are in no cost: 1 of 4" in told


def test_focus_takes_rows_apart_by_the_book_that_rated_them(
    place: Path, tmp_path: Path, printed: Callable[..., str]
) -> None:
    book = tmp_path / "prices.yaml"
    book.write_text("version: v\nprices: [{prompt: 1, answer: 10}]\n")
    version = load_prices(book).version
    priced = {"cost_nanousd": 200_000, "price_version": version}
    write(f"sqlite:///{tmp_path / 'guard.db'}", tmp_path / "journal", [priced])
    (tmp_path / "guard.yaml").write_text(
        f"{MINIMAL}policies: {POLICIES}\nledger: sqlite:///guard.db\nprices: prices.yaml\n"
    )
    rows = list(csv.DictReader(io.StringIO(printed(tmp_path, "--format", "focus"))))
    assert [(row["SkuMeter"], row["ListUnitPrice"], row["BilledCost"]) for row in rows] == [
        ("Prompt Tokens", "1.0", "0.0001"),
        ("Answer Tokens", "10.0", "0.0001"),
    ]


def test_the_page_needs_nothing_and_obeys_nobody(tmp_path: Path, printed: Callable[..., str]) -> None:
    hostile = "<img src=x onerror=alert(1)>$x$&"
    rows = [
        {"tenant": name, "at_ms": NOON_MS - day * 86_400_000} for day in range(4) for name in (hostile, "_acme\x1b[2J")
    ]
    write(f"sqlite:///{tmp_path / 'guard.db'}", tmp_path / "journal", [*rows, {"cost_nanousd": None}])
    (tmp_path / "guard.yaml").write_text(f"{MINIMAL}policies: {POLICIES}\nledger: sqlite:///guard.db\n")
    assert printed(tmp_path, "--by", "tenant,model", "--format", "html", "--out", "page.html") == ""
    page = (tmp_path / "page.html").read_text()
    plots = re.findall(r"<svg.*?</svg>", page, re.DOTALL)
    titles = re.findall("<h2>(.*?)</h2>", page)
    assert titles[:2] == ["Cost over time, USD", "Tokens over time"]
    assert len(plots) == len(titles) - 1
    for plot in plots:
        ElementTree.fromstring(plot)
    assert hostile not in page
    assert "\x1b" not in page
    assert page.count("_acme\\x1b[2J") >= 3  # legend, bar, table
    assert "&lt;img src=x onerror=alert(1)&gt;$x$&amp;" in page
    assert not re.search(r"<script|<img|@import|(?:src|href)=\"(?!#)", page)
    assert "default-src 'none'" in page
    assert "without a price, which are in no cost: 1 of 9" in page


def test_a_page_of_nothing_is_a_page(place: Path, printed: Callable[..., str]) -> None:
    page = printed(place, "--where", "tenant=nobody", "--format", "html")
    assert "<svg" not in page
    assert "total" in page


def test_focus_has_no_place_for_some_dimensions(place: Path, usage: Command) -> None:
    cured(usage(place, "--format", "focus", "--by", "status"), "leave other dimensions out")
