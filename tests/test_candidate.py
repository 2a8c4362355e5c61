"""A candidate of the configuration is tried beside the live policies, seen by administrators, and stops no start."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from litestar.testing import TestClient

from guard.app import build_app
from guard.config import load
from guard.errors import ConfigError
from tests.configuration import MINIMAL, written

ADMIN = {"authorization": "Bearer root-secret"}
LIVE = """package guard

request := {"actions": {"*": "redact"}}

admin := {"allow": true} if input.action == "decisions.show"
"""
CANDIDATE = """package guard

request := {"deny": [{"code": "closed", "message": "we are closed"}]}
"""


def config(directory: Path, candidate: str, more: str = "") -> Path:
    for name, text in (("policies", LIVE), ("next", candidate)):
        (directory / name).mkdir()
        (directory / name / "p.rego").write_text(text)
    digest = hashlib.sha256(b"root-secret").hexdigest()
    sections = (
        "inference: {classifiers: []}\nrecognizers: {presidio: []}\n"
        f"admin: {{keys: [{{name: root, sha256: '{digest}'}}]}}\n"
        f"policy: {{source: policies, candidate: {{source: next, sample: 1{more}}}}}\n"
        "decisions: {log: [{kind: file, path: decisions.log}]}\n"
    )
    return written(directory, MINIMAL + sections)


@pytest.fixture
def client(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[TestClient]:  # type: ignore[type-arg]
    candidate, more = request.param
    with TestClient(build_app(load(config(tmp_path, candidate, more), {}))) as found:
        yield found


def checked(client: "TestClient[object]") -> httpx.Response:
    return client.post("/v1/guard/check", json={"input": "hello"})


def shown(client: "TestClient[object]") -> dict[str, object]:
    answer = client.get("/v1/guard/admin/decisions", headers=ADMIN)
    assert answer.status_code == 200
    told: dict[str, object] = answer.json()
    return told


@pytest.mark.parametrize("client", [(CANDIDATE, "")], indirect=True)
def test_a_candidate_is_asked_in_the_shadow(client: "TestClient[object]", tmp_path: Path) -> None:
    assert checked(client).json()["results"][0]["decision"] == "allow"
    # The administrator's own act is compared as well.
    while (state := shown(client))["shadow"]["compared"] < 2:  # type: ignore[index]
        pass
    shadow = state["shadow"]
    assert isinstance(shadow, dict)
    assert (shadow["different"], shadow["failed"], shadow["tenants_percent"]) == (shadow["compared"], 0, 0)
    counts = {(one["point"], one["kind"], one["detail"]): one["count"] for one in shadow["differences"]}
    assert counts["request", "deny", "+closed"] == 1
    assert counts["admin", "allow", "yes > no"] >= 1
    assert shadow["samples"][0]["candidate"]["deny"][0]["code"] == "closed"
    assert isinstance(state["places"], list)
    assert [Path(place["name"]).name for place in state["places"]] == ["decisions.log"]


@pytest.mark.parametrize("client", [(CANDIDATE, ", tenants_percent: 100")], indirect=True)
def test_a_candidate_may_serve_tenants(client: "TestClient[object]") -> None:
    assert checked(client).json()["results"][0]["decision"] == "block"


@pytest.mark.parametrize("client", [("package guard\n\nrequest := nothing\n", "")], indirect=True)
def test_a_candidate_that_is_refused_stops_no_start(client: "TestClient[object]") -> None:
    assert checked(client).json()["results"][0]["decision"] == "allow"
    assert shown(client)["shadow"] is None


def test_a_candidate_that_is_refused_serves_nobody(tmp_path: Path) -> None:
    path = config(tmp_path, "package guard\n\nrequest := nothing\n", ", tenants_percent: 10")
    with pytest.raises(ConfigError, match=r"next: p\.rego: line 3: nothing has no value"):
        build_app(load(path, {}))
