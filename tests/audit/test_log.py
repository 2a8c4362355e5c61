"""The decision log reaches each of its places: files that rotate, a real service, standard output."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from guard.audit.event import EventWriter
from guard.audit.file import RotatingFile
from guard.audit.http import HttpLog
from guard.audit.log import DecisionLog, LogPlace
from guard.audit.stdout import write_stdout
from guard.errors import AuditError, AuditRefused, ConfigError

from .decided import DECIDED, PLANTED, record
from .receiver import Receiver


def log_all(*places: LogPlace) -> DecisionLog:
    log = DecisionLog(places, EventWriter("01RUN", "0.1.0", []))
    log.start()
    for number, (point, facts, decision) in enumerate(DECIDED):
        log.decided(record(point, facts, decision, number=number))
    log.stop()
    return log


def test_every_place_gets_every_decision_and_no_text(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    path = tmp_path / "decisions.log"
    with Receiver() as receiver:
        service = HttpLog(f"{receiver.url}/opa/", "hush")
        log = log_all(
            LogPlace("file", RotatingFile(path, 1 << 20, 3).write),
            LogPlace("http", service.write, service.close),
            LogPlace("stdout", write_stdout),
        )
    told = path.read_bytes()
    assert [json.loads(line)["decision_id"] for line in told.splitlines()] == [f"01DECISION{n}" for n in range(5)]
    assert [event for batch in receiver.batches for event in batch] == [json.loads(line) for line in told.splitlines()]
    assert capfdbinary.readouterr().out == told
    assert [planted for planted in PLANTED if planted.encode() in told + receiver.raw] == []
    assert [(figures.written, figures.lost) for figures in log.figures()] == [(5, 0)] * 3
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_service_is_spoken_to_as_opa_does() -> None:
    with Receiver() as receiver:
        service = HttpLog(f"{receiver.url}/opa/", "hush")
        service.write([b'{"a":1}', b'{"a":2}'])
        service.close()
    path, head = receiver.heads[0]
    assert path == "/opa/logs"
    assert (head["content-encoding"], head["content-type"]) == ("gzip", "application/json")
    assert head["authorization"] == "Bearer hush"
    assert receiver.batches == [[{"a": 1}, {"a": 2}]]


@pytest.mark.parametrize(
    ("statuses", "error"),
    [([500], AuditError), ([503], AuditError), ([401], AuditError), ([302], AuditError), ([400], AuditRefused)],
)
def test_a_service_that_fails_is_an_error_that_says_whether_to_try_again(
    statuses: list[int], error: type[AuditError]
) -> None:
    with Receiver(*statuses) as receiver:
        with pytest.raises(AuditError) as caught:
            HttpLog(receiver.url).write([b"{}"])
        assert type(caught.value) is error
        assert receiver.url not in caught.value.message


def test_a_batch_that_is_too_large_is_sent_in_parts() -> None:
    with Receiver(413, 200, 413) as receiver:
        HttpLog(receiver.url).write([b"1", b"2", b"3", b"4"])
    assert receiver.batches == [[1, 2, 3, 4], [1, 2], [3, 4], [3], [4]]


def test_a_single_event_that_is_too_large_is_given_up() -> None:
    with Receiver(413) as receiver, pytest.raises(AuditRefused):
        HttpLog(receiver.url).write([b"1"])


def test_a_service_that_is_not_there_is_an_error() -> None:
    with Receiver() as receiver:
        url = receiver.url
    with pytest.raises(AuditError, match="can't be reached"):
        HttpLog(url).write([b"{}"])


def test_a_bad_ca_file_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(ConfigError, match="PEM"):
        HttpLog("https://127.0.0.1:1", ca_file=str(tmp_path / "ca.pem"))


@pytest.mark.parametrize(
    ("files", "left"),
    [
        (1, {"log": ["4"]}),
        (2, {"log": ["4"], "log.1": ["3"]}),
        (9, {"log": ["4"], "log.1": ["3"], "log.2": ["2"], "log.3": ["1"]}),
    ],
)
def test_a_full_file_is_put_aside_and_the_oldest_goes(tmp_path: Path, files: int, left: dict[str, list[str]]) -> None:
    place = RotatingFile(tmp_path / "log", 1, files)
    for line in (b"1", b"2", b"3", b"4"):
        place.write([line])
    assert {path.name: path.read_text().split() for path in tmp_path.iterdir()} == left


@pytest.mark.parametrize("spoil", [lambda path: path.mkdir(), lambda path: path.parent.rmdir()])
def test_a_file_that_cant_be_written_is_an_error(tmp_path: Path, spoil: Callable[[Path], None]) -> None:
    path = tmp_path / "logs" / "log"
    path.parent.mkdir()
    spoil(path)
    with pytest.raises(AuditError, match="check its disk"):
        RotatingFile(path, 1 << 20, 2).write([b"1"])
