"""What the end-to-end tests stand on: Guard, the demo backend and a scripted backend, each started once."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from .planted import BACKEND_KEY, CLIENT_KEY, assert_clean
from .process import REPOSITORY, DemoBackend, Guard, free_port, key_config
from .scripted import WAIT_S, ScriptedBackend

STRICT_POLICY = """package guard

deny contains {"code": "model_not_allowed", "message": "not for you"} if startswith(input.model, "forbidden")

request := {
    "deny": deny,
    "actions": {"pii": "redact", "secret": "block", "hidden": "flag", "POLICY_MEMBER": "block"},
}
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests of this directory bear the marker `e2e`."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.e2e)


def backend_config(name: str, base_url: str, models: str, silence_s: float = 30) -> str:
    """One entry of `backends`."""
    timeouts = f"{{connect_s: 2, first_byte_s: {silence_s}, whole_s: {silence_s}, idle_s: {silence_s}}}"
    return (
        f"  - {{name: {name}, base_url: {base_url}, kind: openai, api_key: {BACKEND_KEY}, "
        f'models: ["{models}"], timeouts: {timeouts}}}\n'
    )


@pytest.fixture(scope="session")
def scripted() -> Iterator[ScriptedBackend]:
    backend = ScriptedBackend()
    backend.start()
    yield backend
    backend.stop()


@pytest.fixture
def backend(scripted: ScriptedBackend) -> ScriptedBackend:
    """The scripted backend, with nothing to say and nothing seen."""
    scripted.play()
    return scripted


@pytest.fixture(scope="session")
def started_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoBackend]:
    process = DemoBackend(tmp_path_factory.mktemp("demo"))
    yield process
    process.terminate()


@pytest.fixture
def demo(started_demo: DemoBackend) -> DemoBackend:
    """The demo backend, ready."""
    started_demo.ready()
    return started_demo


@pytest.fixture(scope="session")
def capture_port() -> int:
    """The port on which the leak benchmark listens as a backend."""
    return free_port()


@pytest.fixture(scope="session")
def backends(scripted: ScriptedBackend, started_demo: DemoBackend, capture_port: int) -> str:
    """`backends` of the configuration: which model goes where."""
    local = f"http://127.0.0.1:{scripted.port}/v1"
    return "backends:\n" + "".join(
        (
            backend_config("demo", started_demo.base_url, "demo*"),
            backend_config("dead", f"http://127.0.0.1:{free_port()}/v1", "dead*"),
            backend_config("capture", f"http://127.0.0.1:{capture_port}/v1", "capture*"),
            backend_config("impatient", local, "impatient*", silence_s=0.5),
            backend_config("scripted", local, "*"),
        )
    )


@pytest.fixture(scope="session")
def guards(tmp_path_factory: pytest.TempPathFactory, backends: str) -> Iterator[tuple[Guard, Guard]]:
    """The open and the strict Guard. They are started side by side, and each is waited for when first used."""
    folder = tmp_path_factory.mktemp("strict")
    policies = folder / "policies"
    policies.mkdir()
    (policies / "request.rego").write_text(STRICT_POLICY)
    keys = "keys:\n" + key_config("app1", CLIENT_KEY)
    limits = "limits: {body_bytes: 65536, json_depth: 16}\n"
    started = (
        Guard(tmp_path_factory.mktemp("guard"), f"policies: {REPOSITORY / 'policies'}\n{backends}"),
        Guard(folder, f"policies: {policies}\n{keys}{limits}{backends}"),
    )
    yield started
    for process in started:
        process.terminate()


def _watched(process: Guard) -> Iterator[Guard]:
    process.ready()
    before = process.output.stat().st_size
    yield process
    printed = process.output.read_bytes()[before:]
    print(printed.decode("utf-8", "replace"))
    assert_clean(printed)


@pytest.fixture
def guard(guards: tuple[Guard, Guard], demo: DemoBackend) -> Iterator[Guard]:
    """Guard as it comes: no keys, the starter policies. What it prints must hold no planted value."""
    yield from _watched(guards[0])


@pytest.fixture
def strict(guards: tuple[Guard, Guard]) -> Iterator[Guard]:
    """Guard with keys, small limits and a policy that blocks secrets. What it prints is watched as well."""
    yield from _watched(guards[1])


_NUMBER = itertools.count()


@pytest.fixture
def model() -> str:
    """A model name of the test's own, so that its ledger row can be found. The scripted backend answers to it."""
    return f"scripted-{next(_NUMBER)}"


@pytest.fixture
def demo_model() -> str:
    """The same for the demo backend."""
    return f"demo-{next(_NUMBER)}"


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    """A plain HTTP client, for what no SDK would send."""
    with httpx.Client(timeout=WAIT_S, trust_env=False) as client:
        yield client
