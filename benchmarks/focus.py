"""Does the FinOps Foundation's own validator accept the FOCUS rows of `guard usage`?

`python -m benchmarks.focus --validator PATH`, where PATH is the command `focus-validator` of an environment of its own:
it pins other versions of numpy and pyarrow than Guard, and wants Python 3.12. A generated month is rated by a price
book, entered into a ledger, and written as FOCUS; the validator's rules of FOCUS 1.2 are applied to it.
"""

import argparse
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from guard.cli.usage_csv import rows_csv
from guard.core.usage import Usage
from guard.metering.price.book import Book, Price
from guard.metering.price.rating import BookRater
from guard.metering.report.charge import COLUMNS, cells
from guard.metering.report.dimension import parse_dimensions
from guard.metering.report.focus import Seller, charges, focus_dimensions
from guard.metering.report.statement import Question

# The ledger is written as the tests write it.
from tests.metering.report.scene import opened, write

RESULTS: Final = Path(__file__).with_name("results")
START_MS: Final = 1_793_491_200_000
"""2026-11-01, UTC."""
MONTH_MS: Final = 30 * 86_400_000
EXCHANGES: Final = 2_000
BOOK: Final = Book(
    "month",
    (
        Price(tiers=("free",), prompt=333_333, answer=777_777),
        Price(prompt=2_000_000_000, cached=200_000_000, answer=8_000_000_000, request=100_000, picture=2_000_000),
    ),
)
CRITERIA: Final = (
    *("ACCOUNT_NAMING", "NEGOTIATED_PRICING", "PUBLIC_PRICE_LIST", "USAGE_MEASUREMENT", "UNIT_PRICING"),
    *("SUB_ACCOUNT", "TAGGING"),
)
"""What Guard's charges have, in the validator's words."""
_VERDICT: Final = re.compile(r"^(✅|❌) ([\w-]+)", re.MULTILINE)


def exchanges(rng: random.Random) -> Iterator[dict[str, Any]]:
    """A month of them: rated, free, without a price, by a book that is lost."""
    for number in range(EXCHANGES):
        prompt, answer = rng.randrange(5000), rng.randrange(2000)
        usage = Usage(prompt=prompt, cached=prompt // 3, completion=answer, reasoning=answer // 2)
        at_ms, tier = START_MS + rng.randrange(MONTH_MS), rng.choice(["free", "mid"])
        rating = BookRater(BOOK).rate("m", tier, usage, at_ms, pictures=number % 7 == 0)
        cost, version = (rating.cost_nanousd, rating.version) if number % 50 else (None, "month")
        if number % 50 == 1:
            cost, version = (0, "month") if number % 100 == 1 else (77, "lost")
        yield {
            "tenant": rng.choice(["acme", "other"]),
            "tier": tier,
            "usage": usage,
            "at_ms": at_ms,
            "cost_nanousd": cost,
            "price_version": version,
            "labels": {"team": "x"} if number % 2 else {},
        }


def focus(folder: Path) -> Path:
    """The month as a file."""
    url = f"sqlite:///{folder / 'guard.db'}"
    write(url, folder / "journal", list(exchanges(random.Random(7))))
    by = focus_dimensions(parse_dimensions("label:team,backend"))
    with opened(url) as book:
        report = book.report(Question(START_MS, START_MS + MONTH_MS, by))
    out = folder / "focus.csv"
    rows = [cells(one) for one in charges(report, {BOOK.version: BOOK}, Seller("Example", "Inference"))]
    out.write_text(rows_csv([COLUMNS, *rows]), newline="")
    return out


def validate(validator: Path, file: Path) -> tuple[int, list[str]]:
    """How many rules passed, and which did not."""
    python = validator.parent / "python"
    script = "import focus_validator, pathlib; print(pathlib.Path(focus_validator.__file__).parents[1])"
    where = [str(python), "-c", script]
    # It reads a file of its own by a path that starts where it is installed.
    home = subprocess.run(where, capture_output=True, text=True, check=True).stdout.strip()
    criteria = ",".join(f"{one}_SUPPORTED" for one in CRITERIA)
    options = ["--validate-version", "1.2", "--block-download", "--applicability-criteria", criteria]
    asked = [str(validator), "--data-file", str(file), *options]
    told = subprocess.run(asked, cwd=home, capture_output=True, text=True, check=False).stdout
    verdicts = _VERDICT.findall(told)
    if not verdicts:
        sys.exit(f"the validator said nothing that is understood here:\n{told[-2000:]}")
    return sum(mark == "✅" for mark, _ in verdicts), [rule for mark, rule in verdicts if mark != "✅"]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.focus", description=__doc__.splitlines()[0])
    parser.add_argument("--validator", type=Path, required=True, help="the command focus-validator")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = focus(Path(folder))
        rows = len(file.read_text().splitlines()) - 1
        passed, failed = validate(args.validator.absolute(), file)
    body = "\n".join(
        (
            f"# {__doc__.splitlines()[0]}\n",
            f"{rows:,} rows of a generated month of {EXCHANGES:,} exchanges, by the rules of FOCUS 1.2.\n",
            "| rules that passed | rules that failed |",
            "| ---: | --- |",
            f"| {passed} | {', '.join(failed) or 'none'} |\n",
            "`InvoiceId-C-005-C` asks for an invoice's number, under the condition that there is an invoice.",
            "The validator can't see that there is none, and passes the rule that this one is a part of.\n",
        )
    )
    (RESULTS / "focus.md").write_text(body)
    print(body)


if __name__ == "__main__":
    main()
