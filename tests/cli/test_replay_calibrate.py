"""`guard replay calibrate`: times the configured models and writes what `guard replay --load` reads."""

from pathlib import Path

import msgspec
from command import complaint, guard
from tiny import written

from guard.replay.reference import REFERENCE
from guard.replay.service import ServiceTimes


def test_the_configured_models_are_timed_and_the_rest_is_taken_over(tmp_path: Path) -> None:
    written(tmp_path)
    done = guard(tmp_path, "replay", "calibrate", "--out", "mine.json", KEY="k")
    assert (done.returncode, done.stdout) == (0, b"wrote mine.json\n"), done.stderr
    times = msgspec.json.decode((tmp_path / "mine.json").read_bytes(), type=ServiceTimes)
    (window,) = times.windows
    assert (window.model, window.max_tokens, window.stride_tokens) == ("injection", 32, 8)
    assert window.run_s + window.token_s > 0
    assert times.step is not None
    assert times.step.step_s + times.step.token_s > 0
    assert times.exchange_s == REFERENCE.exchange_s
    assert REFERENCE.origin in times.origin


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    written(tmp_path)
    said = complaint(guard(tmp_path, "replay", "calibrate", "--out", "nowhere/mine.json", KEY="k"))
    assert "nowhere/mine.json" in said
    assert "--out" in said
