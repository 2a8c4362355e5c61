"""Times on the command line: `7d`, `12h`, `30m` before now, or a date; and lengths of time in the same words."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

import click

_AGO: Final = re.compile(r"(\d{1,6})([dhm])")
_UNITS: Final = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}
_LONGEST: Final = timedelta(days=3660)


class Moment(click.ParamType[int]):
    """A moment as Unix milliseconds."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """From `7d` or an ISO 8601 date, UTC if it names no zone."""
        if isinstance(value, int):
            return value
        text = str(value)
        try:
            if found := _AGO.fullmatch(text):
                moment = datetime.now(UTC) - int(found[1]) * _UNITS[found[2]]
            else:
                moment = datetime.fromisoformat(text)
                moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            self.fail("write how long ago it was (7d, 12h, 30m) or a date (2026-03-01, 2026-03-01T12:00)", param, ctx)
        return int(moment.timestamp() * 1000)


def written(ms: int) -> str:
    """Unix milliseconds as a date and a time, UTC."""
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M:%S}Z"


class Span(click.ParamType[int]):
    """A length of time as milliseconds."""

    name = "span"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """From `90d`, `12h` or `30m`; `0` is none."""
        if isinstance(value, int):
            return value
        if value == "0":
            return 0
        found = _AGO.fullmatch(str(value))
        if found is None or int(found[1]) * _UNITS[found[2]] > _LONGEST:
            self.fail("write how long it is: 90d, 12h, 30m; ten years at most", param, ctx)
        return int(found[1]) * _UNITS[found[2]] // timedelta(milliseconds=1)
