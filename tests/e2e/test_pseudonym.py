"""What a client sends the backend never sees, and the answer has it again: through sockets, in every channel."""

import json
import re
from typing import Any

import httpx
import pytest

from . import wire
from .process import Guard
from .scripted import ScriptedBackend
from .test_channel import strings

EMAIL, CARD = "ada@lovelace.example", "4111 1111 1111 1111"
TEXT = f"Remind {EMAIL}, who pays with {CARD}."


def _asked(guard: Guard, http: httpx.Client, backend: ScriptedBackend, request: dict[str, Any]) -> dict[str, Any]:
    """Sends a request; what the backend got."""
    http.post(f"{guard.base_url}/chat/completions", json=request)
    body = backend.exchanges[-1].json
    assert EMAIL not in json.dumps(body)
    assert CARD not in json.dumps(body)
    return body


def _hidden(guard: Guard, http: httpx.Client, backend: ScriptedBackend, model: str) -> tuple[str, str]:
    backend.play(*wire.whole(wire.message(content="ok")))
    said = _asked(guard, http, backend, wire.ask(model, TEXT, stream=False))["messages"][0]["content"]
    found = re.fullmatch(r"Remind (<EMAIL_ADDRESS_\w+>), who pays with (<CREDIT_CARD_\w+>)\.", said)
    assert found is not None
    return found[1], found[2]


DELTAS = {
    "content": lambda text: {"content": text},
    "reasoning": lambda text: {"reasoning_content": text},
    "tool arguments": lambda text: {"tool_calls": [{"index": 0, "function": {"arguments": text}}]},
}


@pytest.mark.parametrize("cut", [1, 4, 200], ids=lambda cut: f"cut every {cut}")
@pytest.mark.parametrize("channel", DELTAS)
def test_a_streamed_answer_has_the_values_again(
    guard: Guard, http: httpx.Client, backend: ScriptedBackend, model: str, channel: str, cut: int
) -> None:
    email, card = _hidden(guard, http, backend, model)
    text = f'{{"to": "{email.lower()}", "card": "{card}", "cc": "eve@other.example"}}'
    deltas = [DELTAS[channel](text[at : at + cut]) for at in range(0, len(text), cut)]
    backend.play(*wire.stream(*(wire.chunk(**delta) for delta in deltas), wire.chunk(finish="stop")))
    answer = wire.seen(http.post(f"{guard.base_url}/chat/completions", json=wire.ask(model, TEXT)).content)
    written = "".join(strings(choice["delta"]) for value in answer.events for choice in value["choices"])
    assert f'{{"to": "{EMAIL}", "card": "{CARD}", "cc": "[EMAIL_ADDRESS]"}}' in written
    assert answer.done


def test_each_turn_sends_the_same_bytes_for_what_was_said_before(
    guard: Guard, http: httpx.Client, backend: ScriptedBackend, model: str
) -> None:
    backend.play(*wire.whole(wire.message(content="ok")))
    first = wire.ask(model, TEXT, stream=False)
    second = {**first, "messages": [*first["messages"], {"role": "assistant", "content": f"I wrote to {EMAIL}."}]}
    one, two = (_asked(guard, http, backend, request)["messages"] for request in (first, second))
    assert two[0] == one[0]
    assert two[1]["content"].removeprefix("I wrote to ").rstrip(".") in one[0]["content"]


def test_a_value_of_another_request_does_not_come_back(
    guard: Guard, http: httpx.Client, backend: ScriptedBackend, model: str
) -> None:
    email, _ = _hidden(guard, http, backend, model)
    backend.play(*wire.whole(wire.message(content=f"Ask {email}.")))
    request = wire.ask(model, f"Who is {email}? My card is {CARD}.", stream=False)
    answer = http.post(f"{guard.base_url}/chat/completions", json=request).json()
    assert answer["choices"][0]["message"]["content"] == f"Ask {email}."


def test_a_client_that_forges_the_placeholder_of_its_own_value_gets_the_text_that_it_wrote(
    guard: Guard, http: httpx.Client, backend: ScriptedBackend, model: str
) -> None:
    forged, _ = _hidden(guard, http, backend, model)
    backend.play(*wire.whole(wire.message(content=f"Ask {forged}.")))
    request = wire.ask(model, f"{forged} is not {EMAIL}", stream=False)
    answer = http.post(f"{guard.base_url}/chat/completions", json=request).json()
    assert answer["choices"][0]["message"]["content"] == f"Ask {forged}."
    said = backend.exchanges[-1].json["messages"][0]["content"]
    assert said.startswith(f"{forged} is not <EMAIL_ADDRESS_")
    assert said.count(forged) == 1
