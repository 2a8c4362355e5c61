"""DCGM-exporter as Guard sees it: a page on loopback, served by a real HTTP server in a thread of its own."""

import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

HEAD = """\
# HELP DCGM_FI_DEV_GPU_TEMP GPU temperature (in C).
# TYPE DCGM_FI_DEV_GPU_TEMP gauge
DCGM_FI_DEV_GPU_TEMP{gpu="0",UUID="GPU-0",device="nvidia0",modelName="NVIDIA H100",Hostname="gpu-1"} 41
# HELP DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION Total energy consumption since boot (in mJ).
# TYPE DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION counter
"""


def page(counters_mj: Mapping[str, int]) -> str:
    """What the exporter would say."""
    lines = [
        f'DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION{{gpu="{index}",UUID="{uuid}",device="nvidia{index}",'
        f'modelName="NVIDIA H100",Hostname="gpu-1"}} {value}\n'
        for index, (uuid, value) in enumerate(counters_mj.items())
    ]
    return HEAD + "".join(lines)


class Exporter:
    """Serves what `told` says at each request: a page, or a status."""

    def __init__(self, told: Callable[[int], str | int]) -> None:
        self.requests = 0
        self.seen = threading.Condition()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 65_536  # head and body in one packet

            def do_GET(self) -> None:
                with owner.seen:
                    answer = told(owner.requests)
                    owner.requests += 1
                    owner.seen.notify_all()
                body = answer.encode() if isinstance(answer, str) else b""
                self.send_response(200 if isinstance(answer, str) else answer)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/metrics"

    def wait(self, requests: int) -> None:
        """Until so many pages were asked for."""
        with self.seen:
            assert self.seen.wait_for(lambda: self.requests >= requests, 30)

    def __enter__(self) -> "Exporter":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
