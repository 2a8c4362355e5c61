"""Counts work instead of time, so that a test of a bound says the same on every machine."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import msgspec

from guard.scan.engine import PatternEngine
from guard.scan.pattern import Pattern, Validator


def lines_run(work: Callable[[], object]) -> int:
    """How many lines of Python `work` runs."""
    count = 0

    def trace(_frame: FrameType, event: str, _arg: Any) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


class Counted:
    """An engine of these patterns that counts the characters its validators are given."""

    def __init__(self, patterns: tuple[Pattern, ...]) -> None:
        self.chars = 0
        counted = tuple(msgspec.structs.replace(p, validate=self._counting(p.validate)) for p in patterns)
        self.engine = PatternEngine(counted)

    def _counting(self, validate: Validator | None) -> Validator:
        def count(text: str) -> tuple[int, int] | None:
            self.chars += len(text)
            return (0, len(text)) if validate is None else validate(text)

        return count
