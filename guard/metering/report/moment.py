"""Moments in words: `7d`, `12h`, `30m` ago, or an ISO 8601 date. Pure: whoever asks says what time it is."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

AGO: Final = re.compile(r"(\d{1,6})([dhm])", re.ASCII)
UNITS: Final = {"d": timedelta(days=1), "h": timedelta(hours=1), "m": timedelta(minutes=1)}
CURE: Final = "write how long ago it was (7d, 12h, 30m) or a date (2026-03-01, 2026-03-01T12:00)"
_CHARS: Final = 40


def moment_ms(text: str, now_ms: int) -> int:
    """Unix milliseconds, from 1970 on; a date without a zone is UTC's. Raises ValueError with the cure."""
    try:
        if found := AGO.fullmatch(text):
            moment = now_ms - int(found[1]) * (UNITS[found[2]] // timedelta(milliseconds=1))
        else:
            date = datetime.fromisoformat(text[:_CHARS])
            moment = int((date if date.tzinfo is not None else date.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError):
        raise ValueError(CURE) from None
    if moment < 0:
        raise ValueError(CURE)
    return moment
