"""A backend that sends exactly the bytes it is told to, with the cuts and pauses it is told to, and remembers.

It must not be clever: no HTTP library stands between a test and the wire.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import msgspec

WAIT_S = 15.0
"""The bound on every wait of a test; a wait that reaches it fails."""


class Fault(Enum):
    """What a backend does instead of sending on."""

    STALL = "says nothing more and keeps the connection open until the other side closes it"
    RESET = "drops the connection with a TCP reset"
    CLOSE = "closes the connection"


class Gate:
    """A point in a script that a test opens: what follows is sent only then."""

    def __init__(self) -> None:
        self._open = threading.Event()
        self._waiting: Callable[[], object] | None = None

    def open(self) -> None:
        """Lets the backend go on."""
        self._open.set()
        if self._waiting is not None:
            self._waiting()

    async def passed(self) -> None:
        """Waits in the backend's loop."""
        loop, event = asyncio.get_running_loop(), asyncio.Event()
        self._waiting = lambda: loop.call_soon_threadsafe(event.set)
        if not self._open.is_set():
            await event.wait()


@dataclass(frozen=True)
class Forever:
    """Repeats `data` until the connection is lost. `sent` counts in the exchange."""

    data: bytes


Step = bytes | Fault | Gate | Forever


@dataclass
class Exchange:
    """One request that arrived, and what became of its answer."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    sent: int = 0
    lost: threading.Event = field(default_factory=threading.Event)
    written: threading.Event = field(default_factory=threading.Event)

    @property
    def json(self) -> dict[str, Any]:
        """The body, decoded."""
        value: dict[str, Any] = msgspec.json.decode(self.body)
        return value

    def dropped(self) -> bool:
        """Whether the connection was lost before the script ended; waits for it."""
        return self.lost.wait(WAIT_S) and not self.written.is_set()


class _Watched(asyncio.StreamReaderProtocol):
    """Tells of a closed connection at once, also while nothing is being read."""

    def __init__(self, serve: "Callable[[asyncio.StreamReader, asyncio.StreamWriter, asyncio.Event], Serving]") -> None:
        self.lost = asyncio.Event()
        super().__init__(asyncio.StreamReader(limit=64 * 1024 * 1024), lambda r, w: serve(r, w, self.lost))

    def eof_received(self) -> bool:
        self.lost.set()
        super().eof_received()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.set()
        super().connection_lost(exc)


Serving = Coroutine[Any, Any, None]


class ScriptedBackend:
    """The backend. `play` says what every request from now on is answered with."""

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []
        self.port = 0
        self._script: tuple[Step, ...] = ()
        self._arrived = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def start(self) -> None:
        """Listens on a free loopback port."""
        self._thread.start()
        self._run(self._listen()).result(WAIT_S)

    def stop(self) -> None:
        """Drops everything."""
        self._run(self._close()).result(WAIT_S)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(WAIT_S)

    def play(self, *steps: Step) -> None:
        """Forgets what arrived so far and answers all that follows with `steps`."""
        with self._arrived:
            self.exchanges = []
            self._script = steps

    def seen(self, count: int = 1) -> Exchange:
        """The `count`-th exchange since `play`; waits until it has arrived."""
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.exchanges) >= count, WAIT_S), (
                "no request reached the backend"
            )
            return self.exchanges[count - 1]

    def _run(self, work: Coroutine[Any, Any, None]) -> "Future[None]":
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    async def _listen(self) -> None:
        self._server = await self._loop.create_server(lambda: _Watched(self._serve), "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        self._server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, lost: asyncio.Event) -> None:
        try:
            while (exchange := await _read(reader)) is not None:
                with self._arrived:
                    script = self._script
                    self.exchanges.append(exchange)
                    self._arrived.notify_all()
                if not await _act(exchange, script, writer, lost):
                    break
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # The other side has gone, or the backend is being stopped.
        finally:
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Exchange | None:
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await _body(reader, headers)
    method, path, _ = first.split(" ", 2)
    return Exchange(method, path, headers, body)


async def _body(reader: asyncio.StreamReader, headers: dict[str, str]) -> bytes:
    if "chunked" not in headers.get("transfer-encoding", ""):
        return await reader.readexactly(int(headers.get("content-length", "0")))
    body = b""
    while size := int((await reader.readline()).split(b";")[0], 16):
        body += await reader.readexactly(size)
        await reader.readline()
    await reader.readline()
    return body


async def _act(exchange: Exchange, script: tuple[Step, ...], writer: asyncio.StreamWriter, lost: asyncio.Event) -> bool:
    """Plays the script while the connection lives. False: the connection is done with."""
    playing = asyncio.ensure_future(_play(exchange, script, writer))
    losing = asyncio.ensure_future(lost.wait())
    try:
        await asyncio.wait({playing, losing}, return_when=asyncio.FIRST_COMPLETED)
        keep = playing.done() and playing.exception() is None and playing.result()
        if not playing.done() or playing.exception() is not None:
            exchange.lost.set()
        return keep
    finally:
        playing.cancel()
        losing.cancel()


async def _play(exchange: Exchange, script: tuple[Step, ...], writer: asyncio.StreamWriter) -> bool:
    for step in script:
        match step:
            case bytes():
                await _send(exchange, writer, step)
            case Gate():
                await step.passed()
            case Forever():
                while True:
                    await _send(exchange, writer, step.data)
            case Fault.STALL:
                await asyncio.Event().wait()
            case Fault.RESET:
                writer.transport.abort()
                return False
            case Fault.CLOSE:
                return False
    exchange.written.set()
    return True


async def _send(exchange: Exchange, writer: asyncio.StreamWriter, data: bytes) -> None:
    writer.write(data)
    await writer.drain()
    exchange.sent += len(data)
    # Hands the loop back, so that each step is a write of its own and a lost connection is noticed.
    await asyncio.sleep(0)
