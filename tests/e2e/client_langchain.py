"""LangChain's `ChatOpenAI` as a driver. It shows no reasoning and streams one choice only."""

from typing import Any

from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.outputs import ChatGeneration
from langchain_core.runnables import Runnable
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from .client import TOOL, WAIT_S, Ask, Told


def _model(ask: Ask) -> ChatOpenAI:
    return ChatOpenAI(
        model=ask.model,
        base_url=ask.base_url,
        api_key=SecretStr(ask.api_key),
        max_retries=0,
        default_headers=ask.headers,
        timeout=WAIT_S,
        n=ask.n if ask.n > 1 else None,
    )


def _bound(ask: Ask) -> Runnable[Any, Any]:
    return _model(ask).bind_tools([TOOL]) if ask.tools else _model(ask)


def _told(message: AIMessage, index: int, told: Told) -> None:
    told.content[index] = str(message.content)
    told.finishes[index] = message.response_metadata.get("finish_reason", "")
    for call in message.additional_kwargs.get("tool_calls", ()):
        told.tool += call["function"]["name"]
        told.arguments += call["function"]["arguments"]


class LangChain:
    """`ChatOpenAI.stream`, `.invoke`, `.bind_tools`."""

    name, reasons, streams_choices = "langchain", False, False

    def stream(self, ask: Ask) -> Told:
        told = Told()
        for chunk in _bound(ask).stream(ask.text):
            told.content[0] = told.content.get(0, "") + str(chunk.content)
            for call in chunk.tool_call_chunks:
                told.tool += call["name"] or ""
                told.arguments += call["args"] or ""
            if finish := chunk.response_metadata.get("finish_reason"):
                told.finishes[0] = finish
        return told

    def whole(self, ask: Ask) -> Told:
        told = Told()
        if ask.n == 1:
            answer = _bound(ask).invoke(ask.text)
            _told(answer, 0, told)
            for call in answer.tool_calls:
                told.tool, told.arguments = call["name"], str(call["args"])
            return told
        generations = _model(ask).generate([[HumanMessage(ask.text)]]).generations[0]
        for index, generation in enumerate(generations):
            assert isinstance(generation, ChatGeneration)
            told.content[index] = generation.text
            told.finishes[index] = (generation.generation_info or {})["finish_reason"]
        return told

    def leave(self, ask: Ask) -> None:
        stream = _model(ask)._stream([HumanMessage(ask.text)])
        next(chunk for chunk in stream if chunk.text)
        stream.close()  # type: ignore[attr-defined]
