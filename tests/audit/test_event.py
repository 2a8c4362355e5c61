"""Events are what OPA writes, with Guard's labels and without a word of anybody's text."""

import json
from typing import Any

import httpx
import msgspec
import pytest

from guard.audit.event import EventWriter, logged
from guard.audit.mask import Mask
from guard.core.record import AnyDecision, AnyFacts
from tests.opa import OpaServer

from .decided import DECIDED, PLANTED, REQUEST, TOOL, record
from .receiver import Receiver

WRITER = EventWriter("01RUN", "0.1.0", [])
OWN_LABELS = {"app", "exchange", "tenant", "generation", "backend"}
POLICY = """package guard

request := {"deny": []}

conflict := 1 if input.a

conflict := 2 if input.b
"""
MASK = """package system.log

mask contains "/input/secret"
"""


@pytest.fixture(scope="module")
def opas(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """What a real OPA sends to a decision-log service: a decision, one that is undefined, one that fails."""
    folder = tmp_path_factory.mktemp("opa")
    (folder / "policy.rego").write_text(POLICY)
    (folder / "mask.rego").write_text(MASK)
    with Receiver() as receiver:
        # Below this level OPA does not know who asked.
        options = [
            "--log-level=info",
            "--set",
            f"services.log.url={receiver.url}",
            "--set",
            "decision_logs.service=log",
        ]
        options += ["--set", "decision_logs.reporting.min_delay_seconds=1"]
        options += ["--set", "decision_logs.reporting.max_delay_seconds=1"]
        with OpaServer(folder, [folder / "policy.rego", folder / "mask.rego"], options) as server:
            for rule in ("request", "nothing", "conflict"):
                asked = {"input": {"a": 1, "b": 2, "secret": "x"}}
                httpx.post(f"{server.url}/v1/data/guard/{rule}", json=asked, trust_env=False)
            receiver.wait(1)
        assert receiver.heads[0][0] == "/logs"
        return [event for batch in receiver.batches for event in batch]


def event(point: str, facts: AnyFacts, decision: AnyDecision | None, error: str = "") -> dict[str, Any]:
    told: dict[str, Any] = json.loads(WRITER.event(logged(record(point, facts, decision, error=error), 7)))
    return told


@pytest.mark.parametrize(("point", "facts", "decision"), DECIDED, ids=lambda value: str(value)[:12])
def test_an_event_has_the_fields_that_opa_gives_it(
    point: str, facts: AnyFacts, decision: AnyDecision, opas: list[dict[str, Any]]
) -> None:
    ours, theirs = event(point, facts, decision), opas[0]
    # OPA names bundles only where it has some, and what was erased only where something was.
    assert set(ours) - {"bundles", "erased"} == set(theirs) - {"erased"}
    assert {name: type(value) for name, value in ours.items() if name in theirs} == {
        name: type(value) for name, value in theirs.items() if name in ours
    }
    assert set(ours["labels"]) - OWN_LABELS == set(theirs["labels"])
    assert set(ours["metrics"]) <= set(theirs["metrics"])
    assert ours["path"] == f"guard/{point}"


def test_a_failed_decision_has_an_error_and_no_result_as_opas(opas: list[dict[str, Any]]) -> None:
    ours, theirs = event("request", REQUEST, None, "the engine gave no answer"), opas[2]
    assert "result" not in ours
    assert "result" not in theirs
    assert set(ours["error"]) <= set(theirs["error"])
    assert ours["error"] == {"code": "policy_error", "message": "the engine gave no answer"}


def test_erased_pointers_are_written_as_opas(opas: list[dict[str, Any]]) -> None:
    assert opas[0]["erased"] == ["/input/secret"]
    assert "secret" not in opas[0]["input"]
    ours = event(*DECIDED[0])
    assert ours["erased"] == ["/input/messages/1/text"]
    assert "text" not in ours["input"]["messages"][1]


def test_an_event_says_what_was_decided_for_whom() -> None:
    told = event(*DECIDED[1])
    assert told["result"] == {"deny": [{"code": "late", "message": "come earlier", "internal": "after hours"}]}
    assert told["labels"] == {
        "app": "guard",
        "id": "01RUN",
        "version": "0.1.0",
        "exchange": "01EXCHANGE",
        "tenant": "acme",
        "generation": "g1",
        "backend": "local",
    }
    assert told["bundles"] == {"guard": {"revision": "g1"}}
    assert (told["timestamp"], told["req_id"]) == ("2026-03-01T12:00:00.123456789Z", 7)
    assert told["requested_by"] == "192.0.2.7"
    assert told["metrics"] == {"timer_server_handler_ns": 81_000}
    assert told["input"]["scores"] == {"injection": 0.25}


@pytest.mark.parametrize(("point", "facts", "decision"), DECIDED, ids=lambda value: str(value)[:12])
def test_an_event_shows_no_text(point: str, facts: AnyFacts, decision: AnyDecision) -> None:
    told = WRITER.event(logged(record(point, facts, decision), 1)).decode()
    assert [planted for planted in PLANTED if planted in told] == []


def test_masks_are_the_operators() -> None:
    writer = EventWriter("01RUN", "0.1.0", [Mask("/input/client/address"), Mask("/result/labels/*")])
    told = json.loads(writer.event(logged(record(), 1)))
    assert told["erased"] == ["/input/messages/1/text", "/input/client/address", "/result/labels/team"]
    assert (told["input"]["client"], told["result"]["labels"]) == ({}, {})


def test_a_name_that_is_no_unicode_text_does_not_stop_the_log() -> None:
    told = event("tool", msgspec.structs.replace(TOOL, model="\ud800"), None)
    assert told["input"]["model"] == "?"
