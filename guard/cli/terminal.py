"""A terminal shows what others wrote, and must not obey it."""

import sys
import unicodedata
from typing import Final

from rich.console import Console

_PIPE_WIDTH: Final = 160


def console() -> Console:
    """Standard output, for tables. Markup is off: `[EMAIL_ADDRESS]` would be taken for a style."""
    width = None if sys.stdout.isatty() else _PIPE_WIDTH
    return Console(markup=False, highlight=False, emoji=False, soft_wrap=True, width=width)


def visible(text: str) -> str:
    """`text` with control and format characters spelled out, so that it can't move a cursor or hide a word."""
    return "".join(one if one in "\n\t" or _harmless(one) else ascii(one)[1:-1] for one in text)


def _harmless(one: str) -> bool:
    return unicodedata.category(one) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
