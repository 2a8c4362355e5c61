"""Times on the command line: `7d`, `12h`, `30m` before now, or a date; and lengths of time in the same words."""

import time
from datetime import UTC, datetime, timedelta
from typing import Final

import click

from guard.metering.report.moment import AGO, UNITS, moment_ms

_LONGEST: Final = timedelta(days=3660)


class Moment(click.ParamType[int]):
    """A moment as Unix milliseconds."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """From `7d` or an ISO 8601 date, UTC if it names no zone."""
        if isinstance(value, int):
            return value
        try:
            return moment_ms(str(value), time.time_ns() // 1_000_000)
        except ValueError as error:
            self.fail(str(error), param, ctx)


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
        found = AGO.fullmatch(str(value))
        if found is None or int(found[1]) * UNITS[found[2]] > _LONGEST:
            self.fail("write how long it is: 90d, 12h, 30m; ten years at most", param, ctx)
        return int(found[1]) * UNITS[found[2]] // timedelta(milliseconds=1)
