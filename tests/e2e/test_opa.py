"""Guard with a real OPA server as its policy engine: it decides, and when it is gone nothing passes."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.opa import OpaServer, run_opa

from . import wire
from .conftest import STRICT_POLICY, backend_config
from .planted import BACKEND_KEY
from .process import DemoBackend, Guard

SHOWN = 'admin := {"allow": true} if {input.action == "policy.show"; input.identity.key == "root"}\n'
ROOT = "guard-admin-key-of-this-test"


@pytest.fixture
def opa_server(tmp_path: Path) -> Iterator[OpaServer]:
    (tmp_path / "rego").mkdir()
    (tmp_path / "rego" / "strict.rego").write_text(STRICT_POLICY + SHOWN)
    built = tmp_path / "bundle.tar.gz"
    run_opa("build", "--bundle", tmp_path / "rego", "--revision", "r7", "--output", built)
    with OpaServer(tmp_path, options=["--bundle", str(built)]) as server:
        yield server


def test_opa_decides_and_nothing_passes_without_it(tmp_path: Path, demo: DemoBackend, opa_server: OpaServer) -> None:
    root = f"admin: {{keys: [{{name: root, sha256: '{hashlib.sha256(ROOT.encode()).hexdigest()}'}}]}}\n"
    settings = f"opa: {{url: '{opa_server.url}'}}\n{root}backends:\n{backend_config('demo', demo.base_url, '*')}"
    guard = Guard(tmp_path / "guard", settings)
    try:
        guard.ready()

        def ask(model: str) -> httpx.Response:
            return httpx.post(f"{guard.base_url}/chat/completions", json=wire.ask(model, "Hello"), trust_env=False)

        def readiness() -> tuple[int, list[str]]:
            answer = httpx.get(f"{guard.url}/readyz", trust_env=False)
            return answer.status_code, answer.json()["problems"]

        assert ask("allowed").status_code == 200
        assert guard.row("allowed", "completed")["generation"] == "r7"
        refused = ask("forbidden-model")
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "policy_denied")
        assert readiness() == (200, [])
        shown = httpx.get(f"{guard.url}/v1/guard/admin/policy", headers={"authorization": f"Bearer {ROOT}"}).json()
        assert (shown["generation"], shown["points"]) == ("r7", ["admin", "request"])
        assert (shown["server"]["breaker"], shown["server"]["outcomes"]) == ("closed", {"answered": 3})
        opa_server.kill()
        for _ in range(6):
            failed = ask("allowed")
            assert (failed.status_code, failed.json()["error"]["code"]) == (503, "policy_error")
        assert readiness() == (503, ["policy"])
        assert BACKEND_KEY not in guard.output.read_text()
    finally:
        guard.terminate()
