"""A real OPA as the policy engine; and what stands in for one that is down, slow, or answers nonsense."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from guard.core.action import Action
from guard.core.facts import RequestFacts
from guard.core.record import DecisionRecord
from guard.errors import ConfigError, PolicyError
from guard.policy.breaker import Breaker
from guard.policy.opa_client import OpaClient, OpaOptions
from guard.policy.point import ADMIN, RESPONSE, TOOL
from guard.policy.recorded import RecordedPolicies
from guard.policy.server import OpaPolicy
from guard.policy.serving import FixedPolicies
from tests.e2e.process import free_port
from tests.e2e.scripted import Fault, Forever, ScriptedBackend
from tests.inference.tls import Authority, TlsEnd
from tests.opa import OpaServer, run_opa

Connect = Callable[..., OpaPolicy]
Write = Callable[[dict[str, str]], Path]

ENDLESS = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", Forever(b"1000\r\n" + b" " * 4096 + b"\r\n")


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Nowhere:
    """A sink that forgets."""

    def decided(self, record: DecisionRecord) -> None:
        pass


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("circuitbreaker.monotonic", clock)
    return clock


@pytest.fixture
async def connect(clock: Clock) -> AsyncIterator[Connect]:
    """Makes engines that are closed behind the test."""
    made: list[OpaPolicy] = []

    def make(url: str, **options: object) -> OpaPolicy:
        client = OpaClient(msgspec.convert({"timeout_s": 5.0, **options, "url": url}, OpaOptions))
        made.append(OpaPolicy(client, Breaker(failures=2, rest_s=10), clock))
        return made[-1]

    yield make
    for policy in made:
        await policy.close()


@pytest.fixture
def stand_in() -> Iterator[ScriptedBackend]:
    backend = ScriptedBackend()
    backend.start()
    yield backend
    backend.stop()


def answer(body: bytes, status: str = "200 OK", headers: str = "") -> bytes:
    return f"HTTP/1.1 {status}\r\n{headers}content-length: {len(body)}\r\n\r\n".encode() + body


async def test_the_starter_policy_decides_on_opa(
    connect: Connect, starter: Path, tmp_path: Path, facts: RequestFacts
) -> None:
    with OpaServer(tmp_path, [starter]) as server:
        policy = connect(server.url)
        decision = await policy.request(facts)
    assert decision.actions["secret"] is Action.REDACT
    assert (decision.labels["policy"], decision.generation) == ("starter", "opa")
    assert policy.figures().outcomes == {"answered": 1}


async def test_every_entry_point_is_asked_with_its_own_input(connect: Connect, write: Write, tmp_path: Path) -> None:
    rules = """package guard
request := {}
response := {"action": "block"} if input.finding.type == "EMAIL_ADDRESS"
tool := {"deny": ["no"]} if input.tool.name == "example"
admin := {"allow": true} if input.action == "policy.show"
"""
    with OpaServer(tmp_path, [write({"p.rego": rules})]) as server:
        policy = connect(server.url)
        assert (await policy.response(RESPONSE.example)).action is Action.BLOCK
        assert (await policy.tool(TOOL.example)).deny[0].message == "no"
        assert (await policy.admin(ADMIN.example)).allow


@pytest.mark.parametrize(
    ("rules", "points"),
    [
        ("request := {}", {"request"}),
        ("request := {}\ntool := {} if input.tool.name == `x`", {"request", "tool"}),
        ("response := {}\nadmin := {}", {"request", "response", "admin"}),
        ("tool := {} if false", {"request"}),
        ("tool := {} if input.tool.name == `a` \n tool := {} if input.tool.name == `b`", {"request", "tool"}),
    ],
)
async def test_opa_is_asked_which_entry_points_it_has(
    connect: Connect, write: Write, tmp_path: Path, facts: RequestFacts, rules: str, points: set[str]
) -> None:
    with OpaServer(tmp_path, [write({"p.rego": f"package guard\n{rules}\n"})]) as server:
        policy = connect(server.url)
        recorded = RecordedPolicies(FixedPolicies(policy), Nowhere()).engine(facts.identity)
        assert recorded.points == {"request", "response", "tool", "admin"}, "before it was asked, all are"
        await recorded.request(facts)
    assert (policy.points, recorded.points) == (points, points)


async def test_undefined_denies_with_a_code_of_its_own(
    connect: Connect, write: Write, tmp_path: Path, facts: RequestFacts
) -> None:
    with OpaServer(tmp_path, [write({"p.rego": "package guard\nrequest := {} if input.model == `x`\n"})]) as server:
        policy = connect(server.url)
        decision = await policy.request(facts)
        admin = await policy.admin(ADMIN.example)
    assert [denial.code for denial in decision.deny] == ["policy_undefined"]
    assert not admin.allow
    assert policy.figures().outcomes == {"undefined": 2}


@pytest.mark.parametrize(
    "rules",
    [
        "request := {`deny`: [`a`]}\nrequest := {`deny`: [`b`]}",
        "request := {`deny`: [to_number(input.model)]}",
        "request := 1 / input.message_count - 2",
        "request := {`nonsense`: 1}",
        "request := 7",
    ],
)
async def test_what_one_input_does_to_the_policy_is_an_error_and_never_opens_the_breaker(
    connect: Connect, write: Write, tmp_path: Path, facts: RequestFacts, rules: str
) -> None:
    with OpaServer(tmp_path, [write({"p.rego": f"package guard\n{rules}\n"})]) as server:
        policy = connect(server.url)
        for _ in range(3):
            with pytest.raises(PolicyError):
                await policy.request(facts)
    assert policy.figures().outcomes == {"policy": 3}
    assert policy.healthy()


async def test_the_bundles_revision_is_the_generation_and_a_new_one_brings_its_entry_points(
    connect: Connect, write: Write, tmp_path: Path, facts: RequestFacts
) -> None:
    def built(revision: str, rules: str) -> Path:
        directory = write({"p.rego": f"package guard\n{rules}\n"})
        run_opa("build", "--bundle", directory, "--revision", revision, "--output", tmp_path / f"{revision}.tar.gz")
        return tmp_path / f"{revision}.tar.gz"

    served = tmp_path / "served.tar.gz"
    served.write_bytes(built("r1", "request := {}").read_bytes())
    with OpaServer(tmp_path, options=["--watch", "--bundle", str(served)]) as server:
        policy = connect(server.url)
        assert (await policy.request(facts)).generation == "r1"
        assert policy.points == {"request"}
        served.write_bytes(built("r2", "request := {}\ntool := {}").read_bytes())
        while (await policy.request(facts)).generation == "r1":
            pass  # until OPA has seen the file; the test's own bound ends it
    assert policy.generation == "r2"
    assert policy.points == {"request", "tool"}


async def test_without_a_revision_the_entry_points_are_asked_again_after_ten_seconds(
    connect: Connect, clock: Clock, stand_in: ScriptedBackend, facts: RequestFacts
) -> None:
    stand_in.play(answer(b'{"result": {}}'))
    policy = connect(f"http://127.0.0.1:{stand_in.port}")
    for seconds, questions in ((0, 5), (9, 6), (11, 11)):
        clock.now = seconds
        await policy.request(facts)
        assert len(stand_in.exchanges) == questions, f"after {seconds} s"


async def test_a_token_and_an_authority_of_ones_own(
    connect: Connect, starter: Path, write: Write, tmp_path: Path, facts: RequestFacts
) -> None:
    rules = 'default allow := false\nallow if input.identity == "s3cret"\nallow if input.path == ["health"]\n'
    authz = write({"authz.rego": f"package system.authz\n{rules}"})
    options = ["--authentication=token", "--authorization=basic"]
    authority = Authority(tmp_path)
    with OpaServer(tmp_path, [starter, authz], options) as server, TlsEnd(authority, server.port) as tls:
        url = f"https://localhost:{tls.port}"
        trusted = connect(url, token="s3cret", ca_file=str(authority.certificate))
        assert (await trusted.request(facts)).labels["policy"] == "starter"
        with pytest.raises(PolicyError, match="opa.token"):
            await connect(url, token="wrong", ca_file=str(authority.certificate)).request(facts)
        with pytest.raises(PolicyError, match="can't be reached"):
            await connect(url, token="s3cret").request(facts)


async def test_a_package_of_another_name_below_a_path(
    connect: Connect, write: Write, tmp_path: Path, facts: RequestFacts
) -> None:
    with OpaServer(tmp_path, [write({"p.rego": "package acme.guard\nrequest := {`deny`: [`acme`]}\n"})]) as server:
        decision = await connect(server.url, path="acme/guard").request(facts)
    assert decision.deny[0].message == "acme"


async def test_a_server_that_is_down_is_left_alone_and_tried_again_by_one_question(
    connect: Connect, clock: Clock, stand_in: ScriptedBackend, facts: RequestFacts
) -> None:
    stand_in.play(Fault.RESET)
    policy = connect(f"http://127.0.0.1:{stand_in.port}")
    for message in ("can't be reached", "can't be reached", "left alone", "left alone"):
        with pytest.raises(PolicyError, match=message):
            await policy.request(facts)
    assert policy.figures().outcomes == {"unreachable": 2, "resting": 2}
    assert (policy.figures().breaker, policy.healthy()) == ("open", False)
    clock.now = 11
    assert policy.figures().breaker == "half_open"
    stand_in.play(answer(b'{"result": {"deny": []}}'))
    assert (await policy.request(facts)).deny == ()
    assert policy.figures().breaker == "closed"


async def test_nobody_listens(connect: Connect, facts: RequestFacts) -> None:
    with pytest.raises(PolicyError, match="can't be reached"):
        await connect(f"http://127.0.0.1:{free_port()}").request(facts)


async def test_a_connection_that_the_server_closed_meanwhile_is_opened_anew(
    connect: Connect, stand_in: ScriptedBackend, facts: RequestFacts
) -> None:
    stand_in.play(answer(b'{"result": {}}'), Fault.CLOSE)
    policy = connect(f"http://127.0.0.1:{stand_in.port}")
    for _ in range(3):
        assert (await policy.request(facts)).deny == ()


@pytest.mark.parametrize(
    ("script", "outcome"),
    [
        ([Fault.STALL], "timeout"),
        ([b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n", Fault.STALL], "timeout"),
        ([answer(b"<html>")], "malformed"),
        ([answer(b"[]")], "malformed"),
        ([answer(b'{"result": ' + b"[" * 100_000)], "malformed"),
        ([answer(b'{"result": "\xff"}')], "malformed"),
        ([answer(b"{}", "302 Found", "location: http://127.0.0.1:1/\r\n")], "refused"),
        ([answer(b"{}", "403 Forbidden")], "refused"),
        ([answer(b"{}", "503 Service Unavailable")], "refused"),
        ([answer(b"\x1f\x8b", headers="content-encoding: gzip\r\n")], "too_large"),
        ([*ENDLESS], "too_large"),
        ([b"SSH-2.0-OpenSSH\r\n", Fault.CLOSE], "unreachable"),
    ],
)
async def test_nonsense_is_no_decision(
    connect: Connect, stand_in: ScriptedBackend, facts: RequestFacts, script: list[object], outcome: str
) -> None:
    stand_in.play(*script)
    policy = connect(f"http://127.0.0.1:{stand_in.port}", timeout_s=0.2)
    with pytest.raises(PolicyError) as raised:
        await policy.tool(TOOL.example)
    assert policy.figures().outcomes == {outcome: 1}
    assert "127.0.0.1" not in raised.value.message


def test_a_ca_file_that_cannot_be_read_is_refused_at_once() -> None:
    with pytest.raises(ConfigError, match="opa.ca_file"):
        OpaClient(OpaOptions("https://localhost", ca_file="/nowhere.pem"))
