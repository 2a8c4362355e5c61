"""Real clients of a Guard that rules on tool calls: they run what is allowed, and read why the rest is not."""

import json
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from . import wire
from .client import WAIT_S, Ask, Client, OpenAIAsync, OpenAISync
from .client_langchain import LangChain
from .client_litellm import LiteLLMAsync, LiteLLMSync
from .client_node import Node
from .process import REPOSITORY, Guard
from .scripted import ScriptedBackend

AGENT = REPOSITORY / "tests/golden/agent"
CLIENTS: tuple[Client, ...] = (OpenAISync(), OpenAIAsync(), LiteLLMSync(), LiteLLMAsync(), LangChain(), Node())
RULES = """package guard

request := {}

tool := {"deny": tool_deny, "bounds": {"$.amount": {"max": 500, "clamp": true}}}

tool_deny contains {"code": "no_mail", "message": "no mail from here"} if input.tool.name == "send_mail"
"""
TEXT = "The call to `send_mail` was refused by policy (no_mail): no mail from here"


@pytest.fixture(scope="module")
def ruling(tmp_path_factory: pytest.TempPathFactory, backends: str) -> Iterator[Guard]:
    """A Guard whose policy refuses mail and bounds amounts."""
    folder = tmp_path_factory.mktemp("ruling")
    (folder / "policies").mkdir()
    (folder / "policies" / "rules.rego").write_text(RULES)
    process = Guard(folder, f"policies: {folder / 'policies'}\ninference: {{classifiers: []}}\n{backends}")
    process.ready()
    yield process
    process.terminate()


@pytest.fixture(scope="module")
def agents(tmp_path_factory: pytest.TempPathFactory, backends: str) -> Iterator[Guard]:
    """A Guard with the rules of the recorded agent."""
    process = Guard(
        tmp_path_factory.mktemp("agents"),
        f"policies: {AGENT / 'policy'}\ninference: {{classifiers: []}}\n{backends}",
    )
    process.ready()
    yield process
    process.terminate()


def pieces(*calls: tuple[str, str]) -> tuple[bytes, ...]:
    """A streamed answer with calls, as servers send it: the head of each, then its arguments bit by bit."""
    chunks = [wire.chunk(role="assistant", content=None)]
    for index, (name, arguments) in enumerate(calls):
        head = {"index": index, "id": f"call_{index}aB3dE", "type": "function"}
        chunks.append(wire.chunk(tool_calls=[{**head, "function": {"name": name, "arguments": ""}}]))
        for at in range(0, len(arguments), 5):
            bit = {"index": index, "function": {"arguments": arguments[at : at + 5]}}
            chunks.append(wire.chunk(tool_calls=[bit]))
    return wire.stream(*chunks, wire.chunk(finish="tool_calls"))


def whole(*calls: tuple[str, str]) -> tuple[bytes, ...]:
    made = [
        {"id": f"call_{index}aB3dE", "type": "function", "function": {"name": name, "arguments": arguments}}
        for index, (name, arguments) in enumerate(calls)
    ]
    message: dict[str, Any] = {"role": "assistant", "content": None, "tool_calls": made}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    head = {"id": "chatcmpl-test", "object": "chat.completion", "created": 1, "model": "test"}
    return wire.whole({**head, "choices": [choice]})


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
def test_a_client_runs_what_is_allowed_and_reads_why_the_rest_is_not(
    ruling: Guard, backend: ScriptedBackend, model: str, client: Client, stream: bool
) -> None:
    made = (("send_mail", '{"to": "ann@example.com"}'), ("pay", '{"to": "ann", "amount": 9000}'))
    backend.play(*(pieces(*made) if stream else whole(*made)))
    ask = Ask(ruling.base_url, model, tools=True)
    told = client.stream(ask) if stream else client.whole(ask)
    assert told.content[0] == TEXT
    assert told.tool == "pay"
    assert "9000" not in told.arguments
    assert "500" in told.arguments
    row = ruling.row(model, "completed")
    assert (row["decision"], set(json.loads(row["findings"]))) == ("block", {"TOOL_DENIED", "TOOL_ARGUMENT"})


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
def test_a_client_whose_only_call_is_refused_gets_an_answer_in_words(
    ruling: Guard, backend: ScriptedBackend, model: str, client: Client, stream: bool
) -> None:
    made = ("send_mail", '{"to": "ann@example.com"}')
    backend.play(*(pieces(made) if stream else whole(made)))
    ask = Ask(ruling.base_url, model, tools=True)
    told = client.stream(ask) if stream else client.whole(ask)
    assert (told.content[0], told.tool, told.arguments) == (TEXT, "", "")
    assert told.finishes == {0: "stop"}


def test_the_recorded_agent_does_not_send_the_mail_that_the_page_asks_for(
    agents: Guard, backend: ScriptedBackend, model: str
) -> None:
    """With the streaming helper of the OpenAI client, which puts the calls together itself."""
    events = (AGENT / "injected.sse").read_bytes().split(b"\n\n")[:-2]
    backend.play(*wire.stream(*(event + b"\n\n" for event in events)))
    request = {**json.loads((AGENT / "injected.request.json").read_text()), "model": model}
    del request["stream"]
    with (
        openai.OpenAI(base_url=agents.base_url, api_key="x", max_retries=0, timeout=WAIT_S) as client,
        client.chat.completions.stream(**request) as stream,
    ):
        answer = stream.get_final_completion().choices[0]
    assert answer.finish_reason == "stop"
    assert not answer.message.tool_calls
    assert "(mail_after_web)" in (answer.message.content or "") or "(address_from_attack)" in (
        answer.message.content or ""
    )
    assert b"Ignore all previous" in backend.seen().body
    assert agents.row(model, "completed")["decision"] == "block"
