"""Labelled texts from a file: JSON lines, gzipped or not, one row in memory at a time.

Every line is checked before the first is used, so that a long evaluation does not end at a bad last line.
"""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final, cast

import click
import msgspec

from guard.core.discreet import Discreet
from guard.dialects.complaint import misfit
from guard.dialects.guard_check import Role

MOST_LINE: Final = 1 << 23
"""Bytes of one line."""
MOST_SOURCES: Final = 1_000
HARMLESS: Final = frozenset({"benign", "safe", "neutral", "neither", "refusal_or_safe", "0", "false"})
"""Words for the label 0. Any other word is a kind of positive."""
_NAMED: Final = 3
"""Bad lines that are named; of the rest, the number is."""
_CURE: Final = 'a line is {"text": "…", "label": 0 or 1 or a word}, with "source" and "role" if you like'


class Labelled(Discreet, frozen=True):
    """One row: a text, whether it is a positive, where it is from and who speaks in it."""

    text: str
    label: bool
    source: str
    role: Role


class _Line(Discreet, frozen=True):
    text: str
    label: bool | int | str
    source: str = ""
    role: Role = "user"


class BadLine(Exception):
    """What is wrong with one line; quotes nothing of it."""


def count(file: Path) -> int:
    """How many rows the file has. Raises click.UsageError (lines by number, cure) when some are none."""
    rows = bad = 0
    named: list[str] = []
    sources: set[str] = set()
    for number, line in lines(file):
        try:
            sources.add(_row(line).source)
            rows += 1
            if len(sources) > MOST_SOURCES:
                raise click.UsageError(f"{file} names more than {MOST_SOURCES} sources; use fewer names")
        except BadLine as error:
            bad += 1
            named += [f"line {number}: {error}"] if bad <= _NAMED else []
    if bad:
        more = f"; and {bad - _NAMED} more lines" if bad > _NAMED else ""
        raise click.UsageError(f"{file}: {'; '.join(named)}{more}; {_CURE}")
    if not rows:
        raise click.UsageError(f"{file} has no rows; {_CURE}")
    return rows


def read(file: Path) -> Iterator[Labelled]:
    """The rows of a file that `count` has found sound."""
    for _, line in lines(file):
        yield _row(line)


def lines(file: Path) -> Iterator[tuple[int, bytes]]:
    """The lines that are not empty, numbered from 1. Raises click.UsageError."""
    try:
        with _opened(file) as stream:
            number = 0
            while line := stream.readline(MOST_LINE + 1):
                number += 1
                if len(line) > MOST_LINE:
                    raise click.UsageError(f"{file}: line {number} is longer than {MOST_LINE} bytes; leave it out")
                if line.strip():
                    yield number, line
    except (OSError, EOFError, zlib.error) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else "it is not whole"
        raise click.UsageError(
            f"{file} can't be read ({said}); name a file of JSON lines, or one that is gzipped"
        ) from None


def _opened(file: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(file, "rb")) if file.suffix == ".gz" else file.open("rb")


def _row(line: bytes) -> Labelled:
    try:
        row = msgspec.json.decode(line, type=_Line)
    except msgspec.ValidationError as error:
        raise BadLine(misfit(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadLine("is not a JSON object in UTF-8") from None
    return Labelled(row.text, _label(row.label), row.source or "-", row.role)


def _label(given: bool | int | str) -> bool:
    if isinstance(given, str):
        if not given.strip():
            raise BadLine("has an empty label")
        return given.strip().lower() not in HARMLESS
    if given not in (0, 1):
        raise BadLine("has a number as its label that is neither 0 nor 1")
    return bool(given)
