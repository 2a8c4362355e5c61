"""The demo backend's answers as JSON values.

Source: OpenAI API reference, chat completions (stream and whole), completions, embeddings. It must not decide what is
said (`script` does) nor when (`backend` does).
"""

import re
from collections.abc import Iterator
from typing import Final, Literal

import msgspec

from guard.demo.request import ChatRequest, EmbeddingRequest, TextRequest

Json = dict[str, object]

_TOKEN: Final = re.compile(r"\s*\S{1,8}|\s+")


def tokens(text: str) -> tuple[str, ...]:
    """Text in the pieces in which it is streamed and counted: a word, or at most eight characters of one."""
    return tuple(_TOKEN.findall(text))


class Draft(msgspec.Struct, frozen=True):
    """One choice as it will be written: pieces in order, each with its field, and how it ends."""

    pieces: tuple[tuple[Literal["reasoning_content", "content", "arguments"], str], ...]
    finish: str
    tool: str | None = None

    def text(self, field: str) -> str:
        """All of one field."""
        return "".join(text for name, text in self.pieces if name == field)


def draft(options: ChatRequest | TextRequest) -> Draft:
    """The answer, cut at `stop` and at the token limit."""
    said = options.answer()
    content, stopped = _until_stop(said.content, options.stop)
    pieces: list[tuple[Literal["reasoning_content", "content", "arguments"], str]] = []
    if isinstance(options, ChatRequest):
        pieces += [("reasoning_content", piece) for piece in tokens(said.reasoning)]
    pieces += [("content", piece) for piece in tokens(content)]
    if said.tool is not None:
        pieces += [("arguments", piece) for piece in tokens(said.tool.arguments)]
    finish = "tool_calls" if said.tool is not None else "stop"
    if options.limit is not None and len(pieces) > options.limit and not stopped:
        pieces, finish = pieces[: options.limit], "length"
    return Draft(tuple(pieces), finish, None if said.tool is None else said.tool.name)


def _until_stop(text: str, stop: str | list[str] | None) -> tuple[str, bool]:
    words = [stop] if isinstance(stop, str) else stop or []
    ends = [at for at in (text.find(word) for word in words if word) if at >= 0]
    return (text[: min(ends)], True) if ends else (text, False)


def usage(options: ChatRequest | TextRequest, made: Draft) -> Json:
    """OpenAI's `usage`: all choices together."""
    prompt, completion = len(tokens(options.prompt)), len(made.pieces) * options.n
    thought = sum(1 for field, _ in made.pieces if field == "reasoning_content") * options.n
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "completion_tokens_details": {"reasoning_tokens": thought},
    }


def chat_deltas(made: Draft) -> Iterator[Json]:
    """The deltas of one choice of a chat, in order; the finish is not one of them."""
    yield {"role": "assistant", "content": "" if made.tool is None else None}
    if made.tool is not None:
        yield _tool_delta({"name": made.tool, "arguments": ""}, id="call_demo_0", type="function")
    for field, text in made.pieces:
        yield _tool_delta({"arguments": text}) if field == "arguments" else {field: text}


def _tool_delta(function: Json, **opening: str) -> Json:
    return {"tool_calls": [{"index": 0, **opening, "function": function}]}


def chat_choice(made: Draft, index: int) -> Json:
    """One choice of a whole chat answer."""
    message: Json = {"role": "assistant", "content": made.text("content") or None}
    if made.text("reasoning_content"):
        message["reasoning_content"] = made.text("reasoning_content")
    if made.tool is not None:
        function = {"name": made.tool, "arguments": made.text("arguments")}
        message["tool_calls"] = [{"id": "call_demo_0", "type": "function", "function": function}]
    return {"index": index, "message": message, "finish_reason": made.finish}


def embeddings(request: EmbeddingRequest) -> Json:
    """One small vector for each input, made from its letters: equal texts get equal vectors."""
    inputs = [request.input] if isinstance(request.input, str) else request.input
    count = sum(len(tokens(text)) for text in inputs)
    return {
        "object": "list",
        "model": request.model,
        "data": [
            {"object": "embedding", "index": index, "embedding": _vector(text)} for index, text in enumerate(inputs)
        ],
        "usage": {"prompt_tokens": count, "total_tokens": count},
    }


def _vector(text: str) -> list[float]:
    sums = [0.0] * 8
    for at, char in enumerate(text):
        sums[at % 8] += ord(char)
    length = sum(value * value for value in sums) ** 0.5 or 1.0
    return [round(value / length, 6) for value in sums]


def error(message: str, code: str) -> Json:
    """OpenAI's error body."""
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code}}
