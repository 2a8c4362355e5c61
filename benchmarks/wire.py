"""The bytes that the measured model server sends: OpenAI's chat completion chunks as server-sent events. Pure."""

import itertools
from collections.abc import Mapping

import msgspec

HEAD = (
    b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"
    b"cache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n"
)
END = b"data: [DONE]\n\n"


class Ask(msgspec.Struct, frozen=True):
    """What of a request matters here."""

    model: str = "bench"
    stream: bool = False
    stream_options: Mapping[str, bool] | None = None

    @property
    def wants_usage(self) -> bool:
        """Whether the stream ends with its usage."""
        return bool((self.stream_options or {}).get("include_usage"))


class Script(msgspec.Struct, frozen=True):
    """What every answer is: `texts` in a circle, `tokens` of them, `gap_s` seconds apart."""

    texts: tuple[str, ...]
    texts_after: tuple[str, ...]
    tokens: int
    gap_s: float

    def of(self, model: str) -> tuple[str, ...]:
        """The texts that a model says."""
        return self.texts_after if model.endswith("-after") else self.texts


def chunked(data: bytes) -> bytes:
    """One HTTP/1.1 chunk (RFC 9112, 7.1)."""
    return b"%x\r\n%s\r\n" % (len(data), data)


def content(model: str, text: str) -> bytes:
    """An event with a piece of the answer's text."""
    return _event(model, {"content": text}, None)


def arguments(model: str, text: str) -> bytes:
    """An event with a piece of a tool call's arguments."""
    return _event(model, {"tool_calls": [{"index": 0, "function": {"arguments": text}}]}, None)


def closing(ask: Ask, tokens: int) -> bytes:
    """The events after the last piece of text: the finish, the usage if it was asked for, the end mark."""
    finish = _event(ask.model, {}, "stop")
    if not ask.wants_usage:
        return finish + END
    body = {**_base(ask.model, "chat.completion.chunk"), "choices": [], "usage": _usage(tokens)}
    return finish + b"data: %s\n\n" % msgspec.json.encode(body) + END


def whole(ask: Ask, script: Script) -> bytes:
    """The answer in one body."""
    text = "".join(itertools.islice(itertools.cycle(script.of(ask.model)), script.tokens))
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    body = {**_base(ask.model, "chat.completion"), "choices": [choice], "usage": _usage(script.tokens)}
    return msgspec.json.encode(body)


def _event(model: str, delta: Mapping[str, object], finish: str | None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    return b"data: %s\n\n" % msgspec.json.encode({**_base(model, "chat.completion.chunk"), "choices": [choice]})


def _base(model: str, kind: str) -> dict[str, object]:
    return {"id": "chatcmpl-bench", "object": kind, "created": 1790000000, "model": model}


def _usage(tokens: int) -> dict[str, int]:
    return {"prompt_tokens": 16, "completion_tokens": tokens, "total_tokens": 16 + tokens}
