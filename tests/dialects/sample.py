"""Readers and documents that several tests of the dialects use."""

import json
from collections.abc import Sequence
from typing import Any

from guard.core.frame import Frame
from guard.core.prompt import Prompt
from guard.dialects import openai
from guard.dialects.openai import OpenAIDialect
from guard.dialects.openai_reader import Limits, StreamReader, WholeReader

LIMITS = Limits(event_bytes=100_000, answer_bytes=1_000_000, json_depth=32)
CHAT = openai.chat(LIMITS)
ID = "chatcmpl-0123456789abcdef0123456789abcdef"
HEAD = {"id": ID, "object": "chat.completion.chunk", "created": 1_700_000_000, "model": "m-1"}
DONE = b"data: [DONE]\n\n"


def ask(dialect: OpenAIDialect = CHAT, **members: Any) -> Prompt:
    """A request as its dialect reads it."""
    return dialect.prompt(json.dumps({"model": "m-1", **members}).encode())


def stream_reader(dialect: OpenAIDialect = CHAT, **members: Any) -> StreamReader:
    """The reader of a streamed answer, by default to a client that asked for usage."""
    options = {"stream": True, "stream_options": {"include_usage": True}, **members}
    return dialect.stream(ask(dialect, **options))


def whole_reader(dialect: OpenAIDialect = CHAT) -> WholeReader:
    """The reader of an answer in one body."""
    return dialect.whole(ask(dialect))


def event(document: object) -> bytes:
    """A server-sent event with a JSON document."""
    return b"data: " + json.dumps(document, ensure_ascii=False).encode() + b"\n\n"


def choice(index: Any = 0, finish: Any = None, **delta: Any) -> dict[str, Any]:
    """One choice of a chunk."""
    return {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}


def chunk(index: Any = 0, finish: Any = None, **delta: Any) -> bytes:
    """A chat chunk with one choice."""
    return event({**HEAD, "choices": [choice(index, finish, **delta)]})


def read(*pieces: bytes, reader: StreamReader | None = None) -> list[Frame]:
    """The frames of pieces of a stream."""
    reader = reader or stream_reader()
    return [frame for piece in pieces for frame in reader.feed(piece)]


def read_whole(document: object) -> Frame:
    """The frame of a whole answer."""
    reader = whole_reader()
    reader.feed(json.dumps(document).encode())
    (frame,) = reader.end()
    return frame


def texts(frames: Sequence[Frame] | Frame) -> list[tuple[int, str, int | None, str]]:
    """What the frames' slots say: choice, field, tool, text."""
    frames = [frames] if isinstance(frames, Frame) else frames
    return [(s.channel.choice, s.channel.field, s.channel.tool, s.text) for frame in frames for s in frame.slots]
