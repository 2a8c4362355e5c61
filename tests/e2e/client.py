"""The client SDKs behind one small face, so that one promise is tested with every one of them.

A driver must use its SDK as the SDK's own documentation shows, and must not retry.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Any, Protocol

import openai
from openai.types.chat import ChatCompletion, ChatCompletionChunk

WAIT_S = 20.0

TOOL = {
    "type": "function",
    "function": {
        "name": "send_mail",
        "description": "Sends a mail.",
        "parameters": {"type": "object", "properties": {"to": {"type": "string"}}, "required": ["to"]},
    },
}


@dataclass(frozen=True)
class Ask:
    """One request as a test wants it."""

    base_url: str
    model: str
    text: str = "Say something."
    api_key: str = "client-secret"
    n: int = 1
    tools: bool = False
    billed: bool = False
    """Whether it asks for what a stream came to."""

    @property
    def headers(self) -> dict[str, str]:
        """Headers beside the SDK's own."""
        return {"x-guard-usage": "true"} if self.billed else {}

    @property
    def members(self) -> dict[str, Any]:
        """The members of OpenAI's API; `n` and `tools` only when wanted."""
        members: dict[str, Any] = {"model": self.model, "messages": [{"role": "user", "content": self.text}]}
        if self.n > 1:
            members["n"] = self.n
        if self.tools:
            members["tools"] = [TOOL]
        return members


@dataclass
class Told:
    """What the SDK gave its user. Texts are by choice."""

    content: dict[int, str] = field(default_factory=dict)
    reasoning: str = ""
    tool: str = ""
    arguments: str = ""
    finishes: dict[int, str] = field(default_factory=dict)
    bill: dict[str, Any] | None = None
    """The member `guard` of a chunk with usage, where the SDK shows members that it does not know."""


@dataclass(frozen=True)
class Failure:
    """What the SDK raised: the names of its class and of all bases, and what it says."""

    kinds: frozenset[str]
    text: str
    status: int | None = None


class Client(Protocol):
    """One SDK in one manner."""

    name: str
    reasons: bool
    """Whether it shows reasoning at all."""
    streams_choices: bool
    """Whether it can stream more than one choice."""

    def stream(self, ask: Ask) -> Told:
        """Asks for a stream and reads it to its end."""
        ...

    def whole(self, ask: Ask) -> Told:
        """Asks for an answer in one body."""
        ...

    def leave(self, ask: Ask) -> None:
        """Reads the first text of a stream, then closes it."""
        ...


def failure(client: Client, ask: Ask, *, stream: bool) -> Failure:
    """What a call that must fail raises."""
    try:
        told = client.stream(ask) if stream else client.whole(ask)
    except Exception as raised:
        return getattr(raised, "failure", None) or Failure(
            frozenset(kind.__name__ for kind in type(raised).__mro__),
            f"{raised} {getattr(raised, 'body', '')}",
            getattr(raised, "status_code", None),
        )
    raise AssertionError(f"{client.name} saw no failure: {told}")


def gather(chunks: Iterable[ChatCompletionChunk]) -> Told:
    """A stream's chunks, put together."""
    told = Told()
    for chunk in chunks:
        for choice in chunk.choices:
            _add(told, choice)
        note = getattr(chunk, "guard", None)
        if isinstance(note, dict) and "usage" in note:
            told.bill = note
    return told


async def gather_async(chunks: AsyncIterator[ChatCompletionChunk]) -> Told:
    """The same, asynchronously."""
    return gather([chunk async for chunk in chunks])


def _add(told: Told, choice: Any) -> None:
    delta = choice.delta
    told.content[choice.index] = told.content.get(choice.index, "") + (delta.content or "")
    told.reasoning += getattr(delta, "reasoning_content", None) or ""
    for call in delta.tool_calls or ():
        told.tool += call.function.name or ""
        told.arguments += call.function.arguments or ""
    if choice.finish_reason:
        told.finishes[choice.index] = choice.finish_reason


def read(answer: ChatCompletion) -> Told:
    """A whole answer."""
    told = Told()
    for choice in answer.choices:
        message = choice.message
        told.content[choice.index] = message.content or ""
        told.reasoning += getattr(message, "reasoning_content", None) or ""
        told.finishes[choice.index] = choice.finish_reason
        calls: Iterable[Any] = message.tool_calls or ()
        for call in calls:
            told.tool += call.function.name
            told.arguments += call.function.arguments
    return told


class OpenAISync:
    """`openai.OpenAI`."""

    name, reasons, streams_choices = "openai", True, True

    def _client(self, ask: Ask) -> openai.OpenAI:
        return openai.OpenAI(
            base_url=ask.base_url, api_key=ask.api_key, max_retries=0, timeout=WAIT_S, default_headers=ask.headers
        )

    def stream(self, ask: Ask) -> Told:
        with self._client(ask) as client:
            return gather(client.chat.completions.create(**ask.members, stream=True))

    def whole(self, ask: Ask) -> Told:
        with self._client(ask) as client:
            return read(client.chat.completions.create(**ask.members))

    def leave(self, ask: Ask) -> None:
        with self._client(ask) as client, client.chat.completions.create(**ask.members, stream=True) as stream:
            next(chunk for chunk in stream if chunk.choices[0].delta.content)


class OpenAIAsync:
    """`openai.AsyncOpenAI`."""

    name, reasons, streams_choices = "openai-async", True, True

    def _client(self, ask: Ask) -> openai.AsyncOpenAI:
        return openai.AsyncOpenAI(
            base_url=ask.base_url, api_key=ask.api_key, max_retries=0, timeout=WAIT_S, default_headers=ask.headers
        )

    def stream(self, ask: Ask) -> Told:
        async def run() -> Told:
            async with self._client(ask) as client:
                return await gather_async(await client.chat.completions.create(**ask.members, stream=True))

        return asyncio.run(run())

    def whole(self, ask: Ask) -> Told:
        async def run() -> Told:
            async with self._client(ask) as client:
                return read(await client.chat.completions.create(**ask.members))

        return asyncio.run(run())

    def leave(self, ask: Ask) -> None:
        async def run() -> None:
            async with (
                self._client(ask) as client,
                await client.chat.completions.create(**ask.members, stream=True) as stream,
            ):
                async for chunk in stream:
                    if chunk.choices[0].delta.content:
                        return

        asyncio.run(run())
