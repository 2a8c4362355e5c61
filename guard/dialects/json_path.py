"""JSON paths as names of channels: each path has one spelling, and no spelling quotes what a stranger wrote."""

import re
from typing import Final

from guard.dialects.json_text import Path
from guard.dialects.mark import Marks

_BARE: Final = re.compile(r"[A-Za-z_$][A-Za-z0-9_$-]*")


class PathNames:
    """Spells the paths of one exchange: `$.choices[0].delta`, `$["a.b"]`.

    A name that is not plain could be anybody's text, so it becomes a number in braces: `{0}` is the first of them, and
    stays it throughout the exchange. The caller bounds how many paths it asks for.
    """

    def __init__(self, marks: Marks) -> None:
        self._marks = marks
        self._odd: dict[str, int] = {}

    def spell(self, path: Path) -> str:
        """The path's one spelling."""
        return "$" + "".join([self._step(step) for step in path])

    def _step(self, step: str | int) -> str:
        if isinstance(step, int):
            return f"[{step}]"
        if not self._marks.is_plain_name(step):
            return f".{{{self._odd.setdefault(step, len(self._odd))}}}"
        return f".{step}" if _BARE.fullmatch(step) else f'["{step}"]'
