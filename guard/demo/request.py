"""Requests to the demo backend as typed views. Source: OpenAI API reference.

Members that are not named here are ignored; it must not write answers.
"""

from typing import Annotated

import msgspec

from guard.demo.script import Answer, answer


class Part(msgspec.Struct, frozen=True):
    """One part of a message in parts; only text counts here."""

    text: str = ""


class Message(msgspec.Struct, frozen=True):
    """One message of a chat."""

    role: str
    content: str | list[Part] | None = None

    @property
    def text(self) -> str:
        """Its text, parts joined."""
        if isinstance(self.content, list):
            return " ".join(part.text for part in self.content)
        return self.content or ""


class Function(msgspec.Struct, frozen=True):
    """A function on offer."""

    name: str


class Tool(msgspec.Struct, frozen=True):
    """A tool on offer."""

    function: Function


class StreamOptions(msgspec.Struct, frozen=True):
    """OpenAI's `stream_options`."""

    include_usage: bool = False


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What chat and completions have in common."""

    model: str
    stream: bool = False
    stream_options: StreamOptions | None = None
    n: Annotated[int, msgspec.Meta(ge=1, le=8)] = 1
    max_tokens: Annotated[int, msgspec.Meta(ge=1)] | None = None
    max_completion_tokens: Annotated[int, msgspec.Meta(ge=1)] | None = None
    stop: str | list[str] | None = None

    @property
    def wants_usage(self) -> bool:
        """Whether a stream ends with a usage chunk."""
        return self.stream_options is not None and self.stream_options.include_usage

    @property
    def limit(self) -> int | None:
        """The most tokens of one choice."""
        return self.max_completion_tokens or self.max_tokens


class ChatRequest(Options, frozen=True, kw_only=True):
    """POST /v1/chat/completions."""

    messages: Annotated[list[Message], msgspec.Meta(min_length=1)]
    tools: list[Tool] = []
    tool_choice: object = "auto"

    @property
    def prompt(self) -> str:
        """All text of the request, for counting."""
        return " ".join(message.text for message in self.messages)

    def answer(self) -> Answer:
        """What `script` says to it."""
        asked = next((message.text for message in reversed(self.messages) if message.role == "user"), "")
        return answer(
            asked,
            tuple(tool.function.name for tool in self.tools),
            may_call=self.tool_choice != "none",
            after_tool=self.messages[-1].role == "tool",
        )


class TextRequest(Options, frozen=True, kw_only=True):
    """POST /v1/completions; one prompt."""

    prompt: str

    def answer(self) -> Answer:
        """What `script` says to it; this API has no tools."""
        return answer(self.prompt, (), may_call=False)


class EmbeddingRequest(msgspec.Struct, frozen=True):
    """POST /v1/embeddings."""

    model: str
    input: str | list[str]
