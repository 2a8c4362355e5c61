"""The service times and errors that come with Guard are those of the recorded benchmark."""

from pathlib import Path

import msgspec
import pytest

from benchmarks.twin import Result
from guard.replay.reference import REFERENCE, TWIN, TWIN_ERRORS

ROOT = Path(__file__).parent.parent.parent
RECORDED = msgspec.json.decode((ROOT / TWIN).with_suffix(".json").read_bytes(), type=Result)


def test_service_times_are_the_recorded_ones() -> None:
    ours, theirs = msgspec.to_builtins(REFERENCE), msgspec.to_builtins(RECORDED.times)
    assert _numbers(ours) == pytest.approx(_numbers(theirs), rel=1e-3)
    assert ours["origin"] == theirs["origin"]


def test_errors_are_the_recorded_ones_over_all_loads() -> None:
    for told in TWIN_ERRORS:
        errors = [one.error for twin in RECORDED.twins for one in twin.compared if one.what == told.what]
        assert (told.least, told.most) == (min(errors), max(errors)), told.what
    assert {"first token p50", "first token p99", "whole answer p50", "event loop"} <= {one.what for one in TWIN_ERRORS}


def _numbers(value: object) -> list[float]:
    if isinstance(value, dict):
        return [number for name in sorted(value) for number in _numbers(value[name])]
    if isinstance(value, list):
        return [number for one in value for number in _numbers(one)]
    return [float(value)] if isinstance(value, int | float) else []
