"""Recorded answers of every server come out as they must, wherever their bytes are cut."""

from pathlib import Path
from random import Random

import pytest

from guard.scan.engine import PatternEngine

from .player import HERE, play, texts

RECORDINGS = sorted([*HERE.glob("*.sse"), *HERE.glob("*.json")])
STREAMS = [recording for recording in RECORDINGS if recording.suffix == ".sse"]
VALUES = (
    *("jane.roe@example.com", "jane", "roe@", "@example", "4111 1111 1111 1111", "4111-1111-1111-1111", "1111"),
    *("5555 4444", "AKIA", "FODNN", "415", "2671", "DE89", "0532", "192.168", "10.0.0.17"),
)
"""The planted values, and pieces that would give them away."""


def expected(recording: Path) -> bytes:
    """What the client must get: the `.out` beside the recording, or the recording itself."""
    out = recording.with_name(recording.name + ".out")
    return (out if out.exists() else recording).read_bytes()


def by_name(recording: Path) -> str:
    return recording.name


def test_every_out_file_belongs_to_a_recording_and_there_are_clean_ones() -> None:
    names = {recording.name for recording in RECORDINGS}
    outs = {out.name.removesuffix(".out") for out in HERE.glob("*.out")}
    assert outs < names
    assert len(names) >= 12


@pytest.mark.parametrize("recording", RECORDINGS, ids=by_name)
def test_a_recording_that_arrives_whole_comes_out_as_it_must(engine: PatternEngine, recording: Path) -> None:
    assert play(engine, recording, ()) == expected(recording)


@pytest.mark.parametrize("recording", RECORDINGS, ids=by_name)
def test_byte_by_byte_makes_no_difference(engine: PatternEngine, recording: Path) -> None:
    assert play(engine, recording, range(recording.stat().st_size)) == expected(recording)


@pytest.mark.parametrize("recording", RECORDINGS, ids=by_name)
@pytest.mark.parametrize("seed", range(5))
def test_no_cut_makes_a_difference(engine: PatternEngine, recording: Path, seed: int) -> None:
    rnd = Random(seed)
    cuts = [rnd.randrange(recording.stat().st_size) for _ in range(rnd.choice((1, 4, 40, 200)))]
    assert play(engine, recording, cuts) == expected(recording)


@pytest.mark.parametrize("recording", STREAMS, ids=by_name)
@pytest.mark.parametrize("seed", range(5))
def test_silence_between_the_pieces_changes_no_text(engine: PatternEngine, recording: Path, seed: int) -> None:
    rnd = Random(seed)
    cuts = [rnd.randrange(recording.stat().st_size) for _ in range(60)]
    lulls = rnd.sample(range(60), 25)
    assert texts(play(engine, recording, cuts, lulls)) == texts(expected(recording))


@pytest.mark.parametrize("recording", RECORDINGS, ids=by_name)
def test_what_must_come_out_holds_nothing_that_was_planted(recording: Path) -> None:
    out = expected(recording)
    found = [*texts(out).values(), out.decode()]
    assert [value for value in VALUES for text in found if value in text] == []
