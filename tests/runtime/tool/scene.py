"""Answers with tool calls, a policy that rules on them as a test says, and what a client makes of what it gets."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from openai.lib.streaming.chat._completions import ChatCompletionStreamState
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from guard.core.decision import Decision, Denial
from guard.core.point_decision import ToolDecision
from guard.core.tool_facts import ToolFacts
from guard.errors import GuardError
from guard.ports import Approvals
from guard.runtime.approval import NOBODY
from guard.scan.engine import PatternEngine
from tests.runtime.world import Policy, World

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": name,
            "parameters": {"type": "object", "properties": {"to": {"type": "string"}, "amount": {"type": "number"}}},
        },
    }
    for name in ("read_web", "send_mail", "pay")
]
DENIAL = Denial("no_mail", "no outgoing mail")
PASS = ToolDecision()
REFUSE = ToolDecision(deny=(DENIAL,))
TEXT = "The call to `send_mail` was refused by policy (no_mail): no outgoing mail"

Rules = Mapping[str, ToolDecision | GuardError] | Callable[[ToolFacts], ToolDecision]


class ToolPolicy(Policy):
    """Rules on tool calls by their names; what is not named passes. Remembers what it saw."""

    points = frozenset({"request", "tool"})

    def __init__(self, rules: Rules, decision: Decision) -> None:
        super().__init__(decision)
        self._rules = rules
        self.seen: list[ToolFacts] = []

    async def tool(self, facts: ToolFacts) -> ToolDecision:
        self.seen.append(facts)
        said = self._rules(facts) if callable(self._rules) else self._rules.get(facts.tool.name, PASS)
        if isinstance(said, GuardError):
            raise said
        return said


def chunk(*choices: dict[str, Any], **members: Any) -> bytes:
    """A chunk of a stream."""
    head = {"id": "chatcmpl-1a2b3c4d5e", "object": "chat.completion.chunk", "created": 1_700_000_000, "model": "m"}
    return b"data: " + json.dumps({**head, "choices": list(choices), **members}).encode() + b"\n\n"


def delta(index: int = 0, finish: str | None = None, **members: Any) -> dict[str, Any]:
    return {"index": index, "delta": members, "finish_reason": finish}


def piece(index: int, arguments: str | None = None, name: str | None = None, id_: str | None = None) -> dict[str, Any]:
    """A piece of a call."""
    function = {key: value for key, value in (("name", name), ("arguments", arguments)) if value is not None}
    call: dict[str, Any] = {"index": index}
    if id_ is not None:
        call |= {"id": id_, "type": "function"}
    return {**call, "function": function}


def call(index: int, name: str, *arguments: str, choice: int = 0) -> list[bytes]:
    """A call in pieces, as OpenAI's servers send it."""
    pieces = [piece(index, "", name, f"call_{choice}{index}abc"), *(piece(index, each) for each in arguments)]
    return [chunk(delta(choice, tool_calls=[each])) for each in pieces]


def end(*choices: int, reason: str = "tool_calls") -> list[bytes]:
    return [*(chunk(delta(choice, reason)) for choice in choices or (0,)), b"data: [DONE]\n\n"]


def body(*, stream: bool = True, n: int = 1, tools: Sequence[Any] = tuple(TOOLS), **members: Any) -> bytes:
    """A request with tools."""
    messages = members.pop("messages", [{"role": "user", "content": "hello there"}])
    request = {"model": "m", "stream": stream, "n": n, "messages": messages, "tools": list(tools), **members}
    return json.dumps(request).encode()


def world(
    engine: PatternEngine,
    script: Sequence[bytes | Exception | None],
    rules: Rules,
    *,
    decision: Decision | None = None,
    approvals: Approvals = NOBODY,
    **members: Any,
) -> tuple[World, ToolPolicy]:
    """A world whose policy rules on tool calls."""
    policy = ToolPolicy(rules, decision or Decision())
    return World(engine, script, policy=policy, approvals=approvals, **{"body": body(), **members}), policy


def accumulated(data: bytes) -> ChatCompletion:
    """What the OpenAI client for Python puts together from a stream."""
    state: ChatCompletionStreamState[None] = ChatCompletionStreamState()
    for line in data.decode().split("\n"):
        if line.startswith("data: {"):
            state.handle_chunk(ChatCompletionChunk.model_validate_json(line.removeprefix("data: ")))
    return state.current_completion_snapshot


def calls(answer: ChatCompletion, choice: int = 0) -> list[tuple[str, str]]:
    """The calls that a client would run: name and arguments."""
    made = answer.choices[choice].message.tool_calls or ()
    return [(each.function.name, each.function.arguments) for each in made if each.type == "function"]
