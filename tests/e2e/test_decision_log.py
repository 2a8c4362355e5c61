"""Guard as its users run it tells of every decision, keeps a record of every exchange, and shows no text in either."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from guard.audit.reader import RecordReader
from guard.core.facts import RequestFacts

from . import wire
from .conftest import backend_config
from .planted import CARD, EMAIL, assert_clean
from .process import Guard
from .scripted import ScriptedBackend

KEY = "a key of the tests, long enough"
POLICY = """package guard

deny contains {"code": "not_here", "message": "not for you"} if startswith(input.model, "forbidden")

request := {"deny": deny, "actions": {"pii": "redact"}, "labels": {"team": "blue"}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("decisions")


@pytest.fixture(scope="module")
def recording(folder: Path, scripted: ScriptedBackend) -> Iterator[Guard]:
    (folder / "policies").mkdir()
    (folder / "policies" / "p.rego").write_text(POLICY)
    decisions = (
        "decisions:\n"
        "  log: [{kind: file, path: decisions.log}]\n"
        "  mask: [/input/client/address]\n"
        f"  record: {{path: record.db, text: true, key: '{KEY}'}}\n"
    )
    backends = "backends:\n" + backend_config("scripted", f"http://127.0.0.1:{scripted.port}/v1", "*")
    guard = Guard(folder, f"policies: policies\ninference: {{classifiers: []}}\n{decisions}{backends}")
    guard.ready()
    yield guard
    guard.terminate()


def test_decisions_are_logged_and_exchanges_kept(
    recording: Guard, folder: Path, http: httpx.Client, backend: ScriptedBackend
) -> None:
    backend.play(*wire.stream(wire.chunk(content=f"Write to {EMAIL}."), wire.chunk(finish="stop"), wire.usage(11, 7)))
    asked = wire.ask("model-a", messages=[{"role": "user", "content": f"My card is {CARD}."}])
    http.post(f"{recording.base_url}/chat/completions", json=asked)
    recording.row("model-a", "completed")
    denied = http.post(f"{recording.base_url}/chat/completions", json=wire.ask("forbidden-b"))
    assert denied.status_code == 403
    recording.row("forbidden-b", "blocked")
    recording.terminate()

    events = [json.loads(line) for line in (folder / "decisions.log").read_text().splitlines()]
    assert [event["path"] for event in events] == ["guard/request"] * 2
    assert events[0]["result"] == {"actions": {"pii": "redact"}, "labels": {"team": "blue"}}
    assert events[1]["result"]["deny"] == [{"code": "not_here", "message": "not for you"}]
    assert "/input/client/address" in events[0]["erased"]
    assert [found["type"] for found in events[0]["input"]["findings"]] == ["CREDIT_CARD"]
    assert_clean(b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file()))

    with RecordReader(folder / "record.db", KEY) as reader:
        first, second = reader.read()
    assert [first.exchange, second.exchange] == [event["labels"]["exchange"] for event in events]
    assert first.closing is not None
    assert (first.closing.status.value, first.closing.usage.completion) == ("completed", 7)
    assert second.closing is not None
    assert second.closing.reason == "policy_denied"
    assert [(found.direction, found.type) for found in first.findings] == [
        ("prompt", "CREDIT_CARD"),
        ("answer", "EMAIL_ADDRESS"),
    ]
    assert [text.text for text in first.texts] == [f"My card is {CARD}."]
    facts = msgspec.json.decode(first.decisions[0].facts, type=RequestFacts)
    assert (facts.model, facts.message_count) == ("model-a", 1)
    timings = first.timings
    assert None not in (timings.read_ms, timings.policy_ms, timings.backend_ms, timings.first_ms, timings.total_ms)
    assert timings.classify_ms is None
