"""Models on a real inference server, MLServer: the same answers as in this process; what does not fit is not taken.

What MLServer never does (redirects, dribbled bytes) a scripted server does; TLS ends in front of MLServer, as a sidecar
would have it.
"""

import contextlib
import socket
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from guard.errors import ConfigError, EngineError, EngineTimeout
from guard.inference import session
from guard.inference.device import Device
from guard.inference.remote import STREAM_ROWS, WINDOW_ROWS, open_step, open_token, open_window
from guard.inference.remote_grpc import GrpcWire
from guard.inference.remote_wire import Remote
from guard.inference.runner import Ids
from guard.inference.shape import packed
from tests.e2e.process import free_port
from tests.e2e.scripted import Fault, Forever, ScriptedBackend
from tests.inference.inference_server import MODELS, InferenceServer
from tests.inference.remote_case import FAULTS, MISFITS, SERVED, STREAM, TOKEN, WINDOW, named
from tests.inference.tls import Authority, TlsEnd

WIRES = ("http", "grpc")
IDS = np.array([[1, 2, 3], [4, 5, 0]])
MASK = np.array([[1, 1, 1], [1, 1, 0]])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InferenceServer]:
    running = InferenceServer(tmp_path_factory.mktemp("mlserver"), SERVED)
    running.ready()
    yield running
    running.kill()


@pytest.fixture(params=WIRES)
def url(server: InferenceServer, request: pytest.FixtureRequest) -> str:
    return str(getattr(server, request.param))


@pytest.fixture
def scripted() -> Iterator[ScriptedBackend]:
    backend = ScriptedBackend()
    backend.start()
    yield backend
    backend.stop()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def _many(rows: int) -> tuple[Ids, Ids]:
    random = np.random.default_rng(1)
    ids = random.integers(8, 100, (rows, 9))
    return ids, np.where(np.arange(9) < random.integers(1, 10, (rows, 1)), 1, 0)


def test_a_window_model_answers_as_in_this_process(url: str) -> None:
    remote = open_window(WINDOW, Remote(url))
    remote.ready()
    local = session.open_window((MODELS / WINDOW.file).read_bytes(), WINDOW, Device("cpu"))
    for rows in (1, 2, WINDOW_ROWS, 2 * WINDOW_ROWS + 1):
        ids, mask = _many(rows)
        answer = remote.run(ids, mask)
        assert answer.dtype == np.float32
        assert np.array_equal(answer, local.run(ids, mask))
    remote.close()


def test_a_token_model_answers_as_in_this_process(url: str) -> None:
    remote = open_token(TOKEN, Remote(url))
    remote.ready()
    local = session.open_token((MODELS / TOKEN.file).read_bytes(), TOKEN, Device("cpu"))
    for rows in (1, WINDOW_ROWS + 1):
        ids, mask = _many(rows)
        shaped = np.array([packed(row, at % 4) for at, row in enumerate(ids.tolist())])
        assert np.array_equal(remote.run(shaped, mask), local.run(shaped, mask))
    remote.close()


def test_a_stream_model_carries_its_state_as_in_this_process(url: str) -> None:
    remote = open_step(STREAM, Remote(url))
    remote.ready()
    local = session.open_step((MODELS / STREAM.file).read_bytes(), STREAM, Device("cpu"))
    for rows in (1, 3, STREAM_ROWS + 1):
        theirs = ours = np.zeros((rows, STREAM.state), np.float32)
        for ids in _many(rows)[0].T[:3]:
            logits, theirs = remote.step(ids, theirs)
            expected, ours = local.step(ids, ours)
            assert np.array_equal(logits, expected)
            assert np.array_equal(theirs, ours)
    remote.close()


def test_floats_travel_unchanged(url: str) -> None:
    remote = open_step(STREAM, Remote(url))
    state = np.array([[1 / 3, 1e-38, 3.4e38, -0.0]], np.float32)
    _, after = remote.step(np.array([0]), state)
    assert np.array_equal(after.view(np.int32), (state + np.float32(0)).view(np.int32))


def test_a_server_that_batches_rows_itself_gets_ids_as_a_column(url: str) -> None:
    remote = open_step(named(STREAM, "upright"), Remote(url))
    remote.ready()
    logits, after = remote.step(np.array([3, 4]), np.zeros((2, STREAM.state), np.float32))
    assert logits[:, 0].tolist() == [12, 16]
    assert after[:, 0].tolist() == [3, 4]


@pytest.mark.parametrize(("fault", "said"), FAULTS.items())
def test_an_answer_that_does_not_fit_is_refused(url: str, fault: str, said: str | None) -> None:
    with pytest.raises(EngineError, match=said) as caught:
        open_window(named(WINDOW, fault), Remote(url)).run(IDS, MASK)
    assert "own words" not in caught.value.message


def test_a_stream_models_answer_must_have_all_its_parts(url: str) -> None:
    with pytest.raises(EngineError, match="exactly the outputs logits, state_out"):
        open_step(named(STREAM, "missing"), Remote(url)).step(np.array([1]), np.zeros((1, STREAM.state), np.float32))


def test_what_is_not_a_number_is_refused(url: str) -> None:
    with pytest.raises(EngineError):
        open_window(WINDOW, Remote(url)).run(np.array([[7]]), np.array([[1]]))


def test_a_model_that_fails_is_an_engine_error_and_the_next_call_works(url: str) -> None:
    remote = open_window(WINDOW, Remote(url))
    for _ in range(3):
        with pytest.raises(EngineError, match="its log says why"):
            remote.run(np.array([[100]]), np.array([[1]]))
        assert remote.run(IDS, MASK)[:, 0].tolist() == [6, 9]


def test_a_call_ends_at_its_deadline(url: str) -> None:
    began = time.monotonic()
    with pytest.raises(EngineTimeout, match="within timeout_s"):
        open_window(named(WINDOW, "slow"), Remote(url, timeout_s=0.3)).run(IDS, MASK)
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("name", MISFITS)
def test_a_model_that_does_not_fit_the_manifest_is_found_at_the_start(url: str, name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        open_window(named(WINDOW, name), Remote(url)).ready()
    message = caught.value.message
    assert message.startswith(f"models: {name}: {url}: {MISFITS[name][1]}")
    assert message.endswith("; serve the models that `guard models export` writes")


def test_a_model_that_is_not_served_is_found_at_the_start(url: str) -> None:
    with pytest.raises(ConfigError, match="models: absent: .*; (serve the models|start the server)"):
        open_window(named(WINDOW, "absent"), Remote(url)).ready()


@pytest.mark.parametrize("wire", WIRES)
def test_a_server_that_is_not_there_is_found_at_the_start(wire: str) -> None:
    remote = open_window(WINDOW, Remote(f"{wire}://127.0.0.1:{free_port()}"))
    with pytest.raises(ConfigError, match="can't be reached.*; start the server, or correct its url"):
        remote.ready()
    with pytest.raises(EngineError, match="can't be reached"):
        remote.run(IDS, MASK)


def test_the_token_is_sent_and_never_shown(url: str) -> None:
    remote = Remote(url, token="sesame")
    runner = open_window(named(WINDOW, "locked"), remote)
    assert runner.run(IDS, MASK)[:, 0].tolist() == [6, 9]
    assert "sesame" not in repr(remote) + runner.statement
    with pytest.raises(EngineError):
        open_window(named(WINDOW, "locked"), Remote(url)).run(IDS, MASK)


def test_nothing_runs_after_close(url: str) -> None:
    remote = open_window(WINDOW, Remote(url))
    remote.close()
    remote.close()
    with pytest.raises(EngineError, match="has been closed"):
        remote.run(IDS, MASK)


def test_a_connection_closed_under_a_call_is_an_engine_error(server: InferenceServer) -> None:
    wire = GrpcWire(Remote(server.grpc), numbers=1)
    wire.close()
    with pytest.raises(EngineError, match="has been closed"):
        wire.live()


def test_the_environments_proxies_are_not_used(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "grpc_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
        monkeypatch.setenv(name.upper(), f"http://127.0.0.1:{free_port()}")
    monkeypatch.delenv("no_proxy", raising=False)
    open_window(WINDOW, Remote(url)).ready()


@pytest.mark.parametrize("wire", WIRES)
def test_tls_is_checked_against_the_authority_named(server: InferenceServer, authority: Authority, wire: str) -> None:
    with TlsEnd(authority, getattr(server, f"{wire}_port")) as end:
        url = f"{wire}s://localhost:{end.port}"
        open_window(WINDOW, Remote(url, ca_file=str(authority.certificate))).ready()
        for remote in (
            Remote(url),
            Remote(f"{wire}s://127.0.0.1:{end.port}", ca_file=str(authority.certificate)),
            Remote(f"{wire}://localhost:{end.port}"),
        ):
            with pytest.raises(EngineError):
                open_window(WINDOW, remote).run(IDS, MASK)


@pytest.mark.parametrize("wire", WIRES)
def test_a_bad_authority_file_is_found_before_anything_is_opened(wire: str, tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing")
    for name in ("empty.pem", "absent.pem"):
        with pytest.raises(ConfigError, match="name a file of certificates"):
            open_window(WINDOW, Remote(f"{wire}s://localhost:1", ca_file=str(tmp_path / name)))


HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
SENT = {
    "a redirect": (b"HTTP/1.1 307 T\r\nlocation: /v2/health/live\r\ncontent-length: 0\r\n\r\n",),
    "not JSON": (HEAD + b"content-length: 4\r\n\r\nnope",),
    "another document": (HEAD + b'content-length: 14\r\n\r\n{"outputs": 1}',),
    "not UTF-8": (HEAD + b'content-length: 14\r\n\r\n{"outputs\xff": 1}',),
    "compressed": (HEAD + b"content-encoding: gzip\r\ncontent-length: 4\r\n\r\n\x1f\x8b\x08\x00",),
    "not HTTP": (b"* OK ready\r\n\r\n", Fault.CLOSE),
    "an answer cut short": (HEAD + b'content-length: 99\r\n\r\n{"outputs": [', Fault.CLOSE),
    "a reset": (Fault.RESET,),
    "a body without end": (HEAD + b"\r\n", Forever(b" " * 65_536)),
    "headers without end": (HEAD, Forever(b"x: y\r\n" * 100)),
    "ragged rows": (
        HEAD + b'content-length: 84\r\n\r\n{"outputs":[{"name":"logits","datatype":"FP32",'
        b'"shape":[2,3],"data":[[1,2,3],[1,2]]}]}  ',
    ),
}


@pytest.mark.parametrize("case", SENT)
def test_an_answer_that_is_not_the_protocols_is_refused(scripted: ScriptedBackend, case: str) -> None:
    scripted.play(*SENT[case])
    with pytest.raises(EngineError):
        open_window(WINDOW, Remote(f"http://127.0.0.1:{scripted.port}", timeout_s=10)).run(IDS, MASK)
    assert scripted.exchanges[0].path == "/v2/models/injection/infer"
    assert len(scripted.exchanges) == 1


@pytest.mark.parametrize("start", [b"", HEAD, HEAD + b"content-length: 9\r\n\r\n{"], ids=["nothing", "head", "body"])
def test_a_server_that_falls_silent_is_left_at_the_deadline(scripted: ScriptedBackend, start: bytes) -> None:
    scripted.play(start, Fault.STALL)
    began = time.monotonic()
    with pytest.raises(EngineTimeout):
        open_window(WINDOW, Remote(f"http://127.0.0.1:{scripted.port}", timeout_s=0.3)).run(IDS, MASK)
    assert time.monotonic() - began < 3


def test_a_server_that_dribbles_is_left_at_the_deadline() -> None:
    over = threading.Event()

    def dribble(listener: socket.socket) -> None:
        with listener, listener.accept()[0] as connection, contextlib.suppress(OSError):
            connection.sendall(HEAD + b"x-long: ")
            while not over.wait(0.05):
                connection.sendall(b"x")

    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=dribble, args=(listener,))
    thread.start()
    began = time.monotonic()
    with pytest.raises(EngineTimeout):
        open_window(WINDOW, Remote(f"http://127.0.0.1:{listener.getsockname()[1]}", timeout_s=0.5)).run(IDS, MASK)
    assert time.monotonic() - began < 3
    over.set()
    thread.join()


def test_a_connection_that_the_server_closed_meanwhile_is_made_anew(scripted: ScriptedBackend) -> None:
    body = b'{"outputs":[{"name":"logits","datatype":"FP32","shape":[2,3],"data":[1,2,3,4,5,6]}]}'
    remote = open_window(WINDOW, Remote(f"http://127.0.0.1:{scripted.port}"))
    for _ in range(3):
        scripted.play(HEAD + b"content-length: %d\r\n\r\n" % len(body) + body)
        assert remote.run(IDS, MASK).size == 6
        scripted.play(Fault.CLOSE)
        with pytest.raises(EngineError):
            remote.run(IDS, MASK)
        assert len(scripted.exchanges) == 2


def test_numbers_may_come_in_rows(scripted: ScriptedBackend) -> None:
    body = b'{"outputs":[{"name":"logits","datatype":"FP32","shape":[2,3],"data":[[1,2,3],[4,5,6.5]]}],"id":"1"}'
    scripted.play(HEAD + b"content-length: %d\r\n\r\n" % len(body) + body)
    answer = open_window(WINDOW, Remote(f"http://127.0.0.1:{scripted.port}/prefix/")).run(IDS, MASK)
    assert answer.tolist() == [[1, 2, 3], [4, 5, 6.5]]
    assert scripted.exchanges[0].path == "/prefix/v2/models/injection/infer"


def test_only_token_ids_and_masks_travel(scripted: ScriptedBackend) -> None:
    scripted.play(b"HTTP/1.1 500 E\r\ncontent-length: 0\r\n\r\n")
    with pytest.raises(EngineError, match="status 500"):
        open_window(WINDOW, Remote(f"http://127.0.0.1:{scripted.port}")).run(IDS, MASK)
    assert scripted.exchanges[0].json == {
        "inputs": [
            {"name": "input_ids", "datatype": "INT64", "shape": [2, 3], "data": [1, 2, 3, 4, 5, 0]},
            {"name": "attention_mask", "datatype": "INT64", "shape": [2, 3], "data": [1, 1, 1, 1, 1, 0]},
        ],
        "outputs": [{"name": "logits"}],
    }


def test_grpc_without_its_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "guard.inference.remote_grpc", raising=False)
    monkeypatch.setitem(sys.modules, "grpc", None)
    with pytest.raises(ConfigError, match=r"needs the extra \[remote\]"):
        open_window(WINDOW, Remote("grpc://127.0.0.1:8001"))
    open_window(WINDOW, Remote("http://127.0.0.1:8001"))


@pytest.mark.parametrize(
    ("url", "rest", "said"),
    [
        ("127.0.0.1:8000", {}, "must be http, https, grpc or grpcs"),
        ("tcp://127.0.0.1:8000", {}, "must be http, https, grpc or grpcs"),
        ("http://", {}, "with a host"),
        ("http://user:pass@host", {}, "with a host"),
        ("http://host/a?b", {}, "with a host"),
        ("http://host:99999", {}, "with a host"),
        ("http://ho st", {}, "with a host"),
        ("grpc://host", {}, "a port for the last two"),
        ("grpcs://host:1/v2", {}, "a port for the last two"),
        ("http://host", {"timeout_s": 0}, "above 0"),
        ("http://host", {"timeout_s": 61}, "at most 60"),
        ("http://host", {"token": "a\r\nb"}, "printable ASCII"),
        ("http://host", {"token": ""}, "printable ASCII"),
        ("http://host", {"ca_file": "ca.pem"}, "for https and grpcs only"),
    ],
)
def test_an_address_that_can_not_work_is_refused(url: str, rest: dict[str, float | str], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Remote(url, **rest)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "url", ["http://[::1%", "http://a..b:1", "http://xn--a:1", "http://\u2603.\u2603.:1", "http://" + "a" * 70]
)
def test_a_host_that_can_not_be_looked_up_is_an_error_of_ours(url: str) -> None:
    with pytest.raises(ConfigError):
        open_window(WINDOW, Remote(url)).ready()
