"""A bundle server on a loopback port that does as the test says, over HTTP or TLS."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.inference.tls import Authority


class BundleServer:
    """Serves one bundle with its ETag. A context: it ends with the block."""

    def __init__(self, bundle: bytes, authority: Authority | None = None) -> None:
        self.bundle, self.etag = bundle, '"1"'
        self.status = 200
        self.head = {"content-type": "application/gzip"}
        self.token = ""
        self.asked: list[dict[str, str]] = []
        """The headers of each request."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        if authority is not None:
            self._server.socket = authority.context().wrap_socket(self._server.socket, server_side=True)
        scheme, host = ("http", "127.0.0.1") if authority is None else ("https", "localhost")
        self.url = f"{scheme}://{host}:{self._server.server_address[1]}/bundles/guard.tar.gz"

    def serve(self, bundle: bytes, etag: str) -> None:
        """Another bundle from now on."""
        self.bundle, self.etag = bundle, etag

    def __enter__(self) -> "BundleServer":
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(world: BundleServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            world.asked.append({name.lower(): value for name, value in self.headers.items()})
            if world.token and self.headers.get("authorization") != f"Bearer {world.token}":
                self._head(401, {})
            elif world.status == 200 and self.headers.get("if-none-match") == world.etag:
                self._head(304, {})
            else:
                self._head(world.status, {**world.head, "etag": world.etag, "content-length": str(len(world.bundle))})
                self.wfile.write(world.bundle)

        def _head(self, status: int, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    return Handler
