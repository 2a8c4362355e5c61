"""The demo backend, asked directly: it speaks OpenAI's API well enough for the real clients."""

import itertools

import httpx
import msgspec
import openai
import pytest

from guard.demo import script
from guard.demo.script import Answer

from . import wire
from .client import Ask, OpenAISync
from .planted import EMAIL, PLANTED
from .process import DemoBackend


def asked(demo: DemoBackend, text: str, **members: object) -> wire.Seen:
    answer = httpx.post(f"{demo.base_url}/chat/completions", json=wire.ask("demo", text, **members), trust_env=False)
    assert answer.headers["content-type"].startswith("text/event-stream")
    return wire.seen(answer.content)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Who is the customer?", script.CONTACT),
        ("Give me the contact.", script.CONTACT),
        ("What is the KEY?", script.SECRET),
        ("Tell me a secret", script.SECRET),
        ("Why is the sky blue?", script.THOUGHT),
        ("Hello", script.PLAIN),
    ],
)
def test_words_of_the_ask_choose_the_answer_streamed_and_whole(demo: DemoBackend, text: str, said: Answer) -> None:
    streamed = asked(demo, text)
    assert (streamed.text(), streamed.text("reasoning_content")) == (said.content, said.reasoning)
    assert streamed.done
    assert streamed.finishes == {0: "stop"}
    whole = OpenAISync().whole(Ask(demo.base_url, "demo", text))
    assert (whole.content[0], whole.reasoning) == (said.content, said.reasoning)


@pytest.mark.parametrize("tools", [True, False])
def test_a_tool_is_called_with_an_address_in_its_arguments(demo: DemoBackend, tools: bool) -> None:
    told = OpenAISync().stream(Ask(demo.base_url, "demo", "Mail the weather", tools=tools))
    assert told.tool == "send_mail"
    assert msgspec.json.decode(told.arguments)["to"] == EMAIL
    assert told.finishes == {0: "tool_calls"}


def test_no_tool_is_called_when_that_is_forbidden_or_after_it_has_answered(demo: DemoBackend) -> None:
    assert asked(demo, "weather", tool_choice="none").text() == script.PLAIN.content
    turns = [{"role": "user", "content": "weather"}, {"role": "tool", "tool_call_id": "call_demo_0", "content": "ok"}]
    assert asked(demo, "", messages=turns).text() == script.DONE.content


def test_every_choice_is_streamed_and_counted(demo: DemoBackend) -> None:
    answer = asked(demo, "customer", n=3, stream_options={"include_usage": True})
    assert {answer.text(index=index) for index in range(3)} == {script.CONTACT.content}
    assert answer.finishes == {0: "stop", 1: "stop", 2: "stop"}
    pieces = sum(1 for value in answer.events for choice in value["choices"] if choice["delta"].get("content"))
    assert [usage["completion_tokens"] for usage in answer.usages] == [pieces]


def test_usage_is_not_streamed_unless_asked_for(demo: DemoBackend) -> None:
    assert asked(demo, "hello").usages == []


def test_a_limit_and_a_stop_word_end_the_answer(demo: DemoBackend) -> None:
    short = asked(demo, "hello", max_tokens=3)
    assert short.finishes == {0: "length"}
    assert script.PLAIN.content.startswith(short.text())
    stopped = asked(demo, "hello", stop=["customer"])
    assert stopped.text() == script.PLAIN.content.partition("customer")[0]
    assert stopped.finishes == {0: "stop"}


def test_completions_embeddings_and_models_are_there(demo: DemoBackend) -> None:
    with openai.OpenAI(base_url=demo.base_url, api_key="none", max_retries=0) as client:
        whole = client.completions.create(model="demo", prompt="customer")
        assert whole.choices[0].text == script.CONTACT.content
        parts = client.completions.create(model="demo", prompt="customer", stream=True)
        assert "".join(part.choices[0].text for part in parts) == script.CONTACT.content
        one, two, again = (
            client.embeddings.create(model="demo", input=text, encoding_format="float").data[0].embedding
            for text in ("Springfield", "Shelbyville", "Springfield")
        )
        assert one == again != two
        assert [model.id for model in client.models.list()] == ["demo"]


@pytest.mark.parametrize("body", [b"", b"{", b'{"model": "demo"}', b'{"model": "demo", "messages": []}'])
def test_a_body_that_is_no_request_is_a_400(demo: DemoBackend, body: bytes) -> None:
    answer = httpx.post(f"{demo.base_url}/chat/completions", content=body, trust_env=False)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_body")


def test_an_unknown_path_is_a_404(demo: DemoBackend) -> None:
    assert httpx.get(f"{demo.base_url}/nothing", trust_env=False).status_code == 404


def test_a_value_is_never_in_one_piece_so_that_a_guard_has_something_to_do(demo: DemoBackend) -> None:
    events = [*asked(demo, "customer").events, *asked(demo, "key").events]
    pieces = [choice["delta"].get("content") or "" for value in events for choice in value["choices"]]
    assert not [value for value, piece in itertools.product(PLANTED, pieces) if value in piece]
