"""A real billing system: takes batches of CloudEvents over HTTP and keeps one of each id, and now and then misbehaves.

It fails (5xx and 4xx), stalls past the sender's patience, and hangs up before or behind having taken a batch.
"""

import http.server
import json
import random
import threading
from collections import Counter
from typing import Any, Final

MISHAPS: Final = ("fails", "refuses", "stalls", "dies-before", "dies-behind", "fails-behind")


class Receiver:
    """A context. `kept` has what it counted, by id; `seen` how often each id came; `order` ids as they first came."""

    def __init__(self, mishaps: float = 0.0, seed: int = 0, most: int = 10_000, port: int = 0) -> None:
        """`mishaps`: the share of requests that go wrong; `most` events in a request, more are answered with 413."""
        self.kept: dict[str, dict[str, Any]] = {}
        self.seen: Counter[str] = Counter()
        self.order: list[str] = []
        self.changed: list[str] = []
        """Ids that came a second time with other content."""
        self.heads: list[dict[str, str]] = []
        self.bodies: list[bytes] = []
        self.at_once = self.most_at_once = 0
        self._mishaps = mishaps
        self._most = most
        self._random = random.Random(seed)
        self._news = threading.Condition()
        self._over = threading.Event()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                receiver.serve(self)

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/events"

    def serve(self, request: http.server.BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["content-length"]))
        with self._news:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            mishap = self._random.choice(MISHAPS) if self._random.random() < self._mishaps else ""
            status = {"fails": 503, "refuses": 400, "fails-behind": 500}.get(mishap, 204)
            events = json.loads(body)
            if len(events) > self._most:
                status, mishap = 413, "refuses"
            if mishap in ("", "stalls", "dies-behind", "fails-behind"):
                self._keep(events, dict(request.headers.items()), body)
        if mishap == "stalls":
            self._over.wait(5)
        with self._news:
            self.at_once -= 1
        if mishap in ("stalls", "dies-before", "dies-behind"):
            request.close_connection = True
            request.connection.close()
            return
        request.send_response(status)
        request.send_header("content-length", "0")
        request.end_headers()

    def wait(self, count: int, seconds: float = 60) -> None:
        """Until it has counted so many events."""
        with self._news:
            assert self._news.wait_for(lambda: len(self.kept) >= count, seconds), f"{len(self.kept)} of {count} came"

    def __enter__(self) -> "Receiver":
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()

    def _keep(self, events: list[dict[str, Any]], head: dict[str, str], body: bytes) -> None:
        self.heads.append({name.lower(): value for name, value in head.items()})
        self.bodies.append(body)
        for event in events:
            known = self.kept.setdefault(event["id"], event)
            if known != event:
                self.changed.append(event["id"])
            if not self.seen[event["id"]]:
                self.order.append(event["id"])
            self.seen[event["id"]] += 1
        self._news.notify_all()
