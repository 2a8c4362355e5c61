"""Words of the wire for tests: how a backend's answer is spelled, and how a client reads a stream."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

DONE = b"data: [DONE]\n\n"


def head(content_type: str = "text/event-stream", status: str = "200 OK", headers: Iterable[str] = ()) -> bytes:
    """The head of an answer in chunks."""
    lines = [f"HTTP/1.1 {status}", f"content-type: {content_type}", "transfer-encoding: chunked", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def part(data: bytes) -> bytes:
    """One chunk of a chunked body."""
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


END = b"0\r\n\r\n"


def stream(*events: bytes) -> tuple[bytes, ...]:
    """A streamed answer that ends as it should; each event is a chunk and a write of its own."""
    return (head(), *(part(event) for event in (*events, DONE)), END)


def whole(body: Any, status: str = "200 OK", headers: Iterable[str] = ()) -> tuple[bytes, ...]:
    """An answer in one body; `body` is bytes as they are, or a value for JSON."""
    data = body if isinstance(body, bytes) else msgspec.json.encode(body)
    lines = [f"HTTP/1.1 {status}", "content-type: application/json", f"content-length: {len(data)}", *headers]
    return ("\r\n".join(lines).encode() + b"\r\n\r\n" + data,)


def event(value: Any) -> bytes:
    """One server-sent event with a JSON value."""
    return b"data: " + msgspec.json.encode(value) + b"\n\n"


def chunk(index: int = 0, finish: str | None = None, **delta: Any) -> bytes:
    """One event of a chat stream."""
    return event(
        {
            "id": "chatcmpl-test",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": "test",
            "choices": [{"index": index, "delta": delta, "finish_reason": finish}],
        }
    )


def usage(prompt: int, completion: int) -> bytes:
    """The usage event of a chat stream."""
    counts = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
    return event(
        {"id": "chatcmpl-test", "object": "chat.completion.chunk", "created": 1, "choices": [], "usage": counts}
    )


def message(finish: str = "stop", **fields: Any) -> dict[str, Any]:
    """A whole chat answer with one choice."""
    return {
        "id": "chatcmpl-test",
        "object": "chat.completion",
        "created": 1,
        "model": "test",
        "choices": [{"index": 0, "message": {"role": "assistant", **fields}, "finish_reason": finish}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8},
    }


def ask(model: str, text: str = "Say something.", **members: Any) -> dict[str, Any]:
    """A streamed chat request; `stream=False` for a whole one."""
    return {"model": model, "messages": [{"role": "user", "content": text}], "stream": True, **members}


@dataclass(frozen=True)
class Seen:
    """A stream as a client sees it."""

    raw: bytes
    events: tuple[dict[str, Any], ...]
    done: bool

    def text(self, field: str = "content", index: int = 0) -> str:
        """All of one string field of a choice's deltas."""
        return "".join(delta.get(field) or "" for delta in self._deltas(index))

    def arguments(self, index: int = 0) -> str:
        """All arguments of a choice's tool calls."""
        calls = (call for delta in self._deltas(index) for call in delta.get("tool_calls") or ())
        return "".join(call["function"].get("arguments") or "" for call in calls)

    @property
    def finishes(self) -> dict[int, str]:
        """How each choice ended."""
        return {
            choice["index"]: choice["finish_reason"]
            for value in self.events
            for choice in value.get("choices", ())
            if choice.get("finish_reason")
        }

    @property
    def error(self) -> dict[str, Any] | None:
        """The error frame, if there is one."""
        return next((value["error"] for value in self.events if "error" in value), None)

    @property
    def usages(self) -> list[dict[str, Any]]:
        """All usage members that are not null."""
        return [value["usage"] for value in self.events if value.get("usage")]

    def _deltas(self, index: int) -> list[dict[str, Any]]:
        choices = (choice for value in self.events for choice in value.get("choices", ()))
        return [choice.get("delta", {}) for choice in choices if choice["index"] == index]


def seen(raw: bytes) -> Seen:
    """Reads a stream's bytes, strictly: every line is empty, a comment or data, and every event is JSON."""
    events, done = [], False
    for block in raw.replace(b"\r\n", b"\n").split(b"\n\n"):
        data = b"\n".join(
            line.removeprefix(b"data:").strip() for line in block.split(b"\n") if line.startswith(b"data:")
        )
        assert all(
            line.startswith((b"data:", b":", b"event:", b"id:", b"retry:")) for line in block.split(b"\n") if line
        )
        assert not (done and data), "something follows the end mark"
        if data == b"[DONE]":
            done = True
        elif data:
            events.append(msgspec.json.decode(data))
    return Seen(raw, tuple(events), done)
