"""A real decision-log service: takes what is POSTed, and answers as it is told to."""

import gzip
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver:
    """A context. `statuses` are the next answers' (200 when there is none left); `batches` what came, by request."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.batches: list[list[dict[str, Any]]] = []
        self.heads: list[tuple[str, dict[str, str]]] = []
        self.raw = b""
        self._came = threading.Condition()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                self.send_response(receiver.take(self.path, dict(self.headers.items()), body))
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def take(self, path: str, head: dict[str, str], body: bytes) -> int:
        data = gzip.decompress(body)
        with self._came:
            status = self.statuses.pop(0) if self.statuses else 200
            self.heads.append((path, {name.lower(): value for name, value in head.items()}))
            self.batches.append(json.loads(data))
            self.raw += data
            self._came.notify_all()
        return status

    def wait(self, requests: int) -> None:
        """Until that many requests came."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.batches) >= requests, 30), "nothing came"

    def __enter__(self) -> "Receiver":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
