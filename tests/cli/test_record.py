"""`guard record` tells what there is, shows one exchange without its texts, and takes out what is old."""

import json
from pathlib import Path

import pytest

from guard.cli.main import run
from tests.audit.decided import PLANTED
from tests.audit.test_record import KEY, kept
from tests.configuration import MINIMAL, written


@pytest.fixture
def config(tmp_path: Path) -> str:
    kept(tmp_path / "record.db", KEY)
    section = f"decisions: {{record: {{path: record.db, text: true, key: '{KEY}', keep_days: 30000}}}}\n"
    return str(written(tmp_path, MINIMAL + "inference: {classifiers: []}\n" + section))


def test_status_counts(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["record", "status", "--config", config]) == 0
    said = capsys.readouterr().out
    assert "2 exchanges, 1970-01-01 00:00:01Z to 1970-01-01 00:00:02Z" in said
    assert "texts sealed" in said


def test_show_has_everything_but_texts(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["record", "show", "01A", "--config", config]) == 0
    said = capsys.readouterr().out
    assert [planted for planted in PLANTED if planted in said] == []
    told = json.loads(said)
    assert [one["point"] for one in told["decisions"]] == ["request", "request", "response", "tool"]
    assert told["decisions"][0]["result"] == {"actions": {"*": "redact"}, "labels": {"team": "blue"}}
    assert (told["closing"]["usage"]["prompt"], told["texts"]) == (11, 1)


def test_show_has_texts_for_whoever_asks(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["record", "show", "01A", "--text", "--config", config]) == 0
    said = capsys.readouterr().out
    assert all(planted in said for planted in PLANTED)


def test_show_of_an_unknown_exchange_says_so(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["record", "show", "01Z", "--config", config]) == 1
    assert "no exchange of this id" in capsys.readouterr().err


def test_prune_takes_out_what_is_older(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["record", "prune", "--before", "1970-01-01T00:00:02", "--config", config]) == 0
    assert "1 rows" in capsys.readouterr().out
    assert run(["record", "status", "--config", config]) == 0
    assert "1 exchanges" in capsys.readouterr().out


@pytest.mark.parametrize("before", ["7", "7w", "yesterday", "999999d", ""])
def test_a_time_that_is_none_is_refused(config: str, capsys: pytest.CaptureFixture[str], before: str) -> None:
    assert run(["record", "prune", "--before", before, "--config", config]) == 3
    assert "7d, 12h, 30m" in capsys.readouterr().err


def test_without_a_record_the_cure_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, MINIMAL + "inference: {classifiers: []}\n")
    assert run(["record", "status", "--config", str(path)]) == 3
    assert "decisions.record.path" in capsys.readouterr().err
