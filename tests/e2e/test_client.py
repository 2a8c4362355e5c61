"""Every client SDK works through Guard as it does without, and sees no planted value."""

import msgspec
import openai
import pytest

from guard.demo import script

from . import wire
from .client import Ask, Client, OpenAIAsync, OpenAISync, failure
from .client_langchain import LangChain
from .client_litellm import LiteLLMAsync, LiteLLMSync
from .client_node import Node
from .planted import AWS_KEY, CARD, CLIENT_KEY, EMAIL, EMAIL_2, PHONE, PHONE_2, assert_clean
from .process import Guard
from .scripted import Fault, ScriptedBackend

CLIENTS: tuple[Client, ...] = (OpenAISync(), OpenAIAsync(), LiteLLMSync(), LiteLLMAsync(), LangChain(), Node())

every_client = pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
streamed_or_whole = pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])

MASKED_CONTACT = (
    script.CONTACT.content.replace("Jane Roe", "[PERSON]")
    .replace(EMAIL, "[EMAIL_ADDRESS]")
    .replace(CARD, "[CREDIT_CARD]")
    .replace(PHONE, "[PHONE_NUMBER]")
)
MASKED_REASONING = script.THOUGHT.reasoning.replace(EMAIL_2, "[EMAIL_ADDRESS]").replace(PHONE_2, "[PHONE_NUMBER]")


@every_client
@streamed_or_whole
def test_clean_prose_arrives_as_it_was_written(guard: Guard, demo_model: str, client: Client, stream: bool) -> None:
    ask = Ask(guard.base_url, demo_model, "Hello")
    told = client.stream(ask) if stream else client.whole(ask)
    assert told.content == {0: script.PLAIN.content}
    assert told.finishes == {0: "stop"}
    assert guard.row(demo_model, "completed")["usage_source"] == "provider"


@every_client
@streamed_or_whole
def test_values_in_an_answer_are_masked(guard: Guard, demo_model: str, client: Client, stream: bool) -> None:
    ask = Ask(guard.base_url, demo_model, "Who is the customer?")
    told = client.stream(ask) if stream else client.whole(ask)
    assert told.content == {0: MASKED_CONTACT}


@every_client
@streamed_or_whole
def test_values_in_reasoning_are_masked(guard: Guard, demo_model: str, client: Client, stream: bool) -> None:
    ask = Ask(guard.base_url, demo_model, "Why?")
    told = client.stream(ask) if stream else client.whole(ask)
    assert told.content[0].endswith("who asked first, [EMAIL_ADDRESS], got the same answer.")
    if client.reasons:
        assert told.reasoning == MASKED_REASONING


@every_client
@streamed_or_whole
def test_tool_arguments_are_masked_and_stay_json(guard: Guard, demo_model: str, client: Client, stream: bool) -> None:
    ask = Ask(guard.base_url, demo_model, "Mail the weather.", tools=True)
    told = client.stream(ask) if stream else client.whole(ask)
    assert told.tool == "send_mail"
    assert "[EMAIL_ADDRESS]" in told.arguments
    assert_clean(told.arguments)
    if stream:
        assert msgspec.json.decode(told.arguments)["subject"] == "Weather in Springfield"


@every_client
@streamed_or_whole
def test_both_choices_of_two_are_masked(guard: Guard, demo_model: str, client: Client, stream: bool) -> None:
    ask = Ask(guard.base_url, demo_model, "customer", n=2 if client.streams_choices or not stream else 1)
    told = client.stream(ask) if stream else client.whole(ask)
    assert told.content == dict.fromkeys(range(ask.n), MASKED_CONTACT)
    # LiteLLM's stream drops the second choice's finish by itself, with or without a proxy.
    assert told.finishes in (dict.fromkeys(range(ask.n), "stop"), {0: "stop"})


@every_client
def test_a_client_that_leaves_ends_the_generation(
    guard: Guard, backend: ScriptedBackend, model: str, client: Client
) -> None:
    words = [wire.part(wire.chunk(content=f"word{count} ")) for count in range(20)]
    backend.play(wire.head(), *words, Fault.STALL)
    client.leave(Ask(guard.base_url, model))
    assert backend.seen().dropped()
    assert guard.row(model, "aborted")["completion_tokens"] > 0


@every_client
@streamed_or_whole
def test_a_blocked_prompt_is_a_bad_request(
    strict: Guard, backend: ScriptedBackend, model: str, client: Client, stream: bool
) -> None:
    failed = failure(client, Ask(strict.base_url, model, f"Use {AWS_KEY} please.", CLIENT_KEY), stream=stream)
    assert "BadRequestError" in failed.kinds
    assert "content_filter" in failed.text
    assert "SECRET_AWS_ACCESS_KEY" in failed.text
    assert_clean(failed.text)
    assert backend.exchanges == []
    strict.row(model, "blocked")


@every_client
def test_a_wrong_key_is_an_authentication_error(strict: Guard, model: str, client: Client) -> None:
    failed = failure(client, Ask(strict.base_url, model, api_key="not-the-key"), stream=False)
    assert "AuthenticationError" in failed.kinds
    assert "not-the-key" not in failed.text


@every_client
def test_a_denied_model_is_permission_denied(strict: Guard, client: Client) -> None:
    failed = failure(client, Ask(strict.base_url, "forbidden-model", api_key=CLIENT_KEY), stream=True)
    # LiteLLM has no such class for OpenAI's API: it raises its APIError with the status.
    assert "PermissionDeniedError" in failed.kinds or (client.name.startswith("litellm") and failed.status == 403)


@every_client
def test_an_unknown_path_is_not_found(guard: Guard, model: str, client: Client) -> None:
    failed = failure(client, Ask(f"{guard.url}/v9", model), stream=False)
    assert "NotFoundError" in failed.kinds


@every_client
@streamed_or_whole
def test_an_unreachable_backend_is_a_server_error(guard: Guard, client: Client, stream: bool) -> None:
    failed = failure(client, Ask(guard.base_url, "dead-model"), stream=stream)
    assert {"APIConnectionError", "InternalServerError", "BadGatewayError"} & failed.kinds
    assert "127.0.0.1" not in failed.text.replace(guard.url, "")


@every_client
def test_a_failure_in_the_stream_is_raised(guard: Guard, backend: ScriptedBackend, model: str, client: Client) -> None:
    backend.play(wire.head(), wire.part(wire.chunk(content="Hello ")), Fault.RESET)
    failed = failure(client, Ask(guard.base_url, model), stream=True)
    assert "APIError" in failed.kinds
    guard.row(model, "failed")


@every_client
def test_a_block_in_the_stream_ends_it_as_filtered(
    strict: Guard, backend: ScriptedBackend, model: str, client: Client
) -> None:
    text = f"The key is {AWS_KEY} and nothing after it may pass. "
    backend.play(wire.head(), *(wire.part(wire.chunk(content=letter)) for letter in text), Fault.STALL)
    told = client.stream(Ask(strict.base_url, model, api_key=CLIENT_KEY))
    assert told.finishes == {0: "content_filter"}
    assert "The key is ".startswith(told.content[0])
    assert backend.seen().dropped()
    strict.row(model, "blocked")


@every_client
def test_a_client_that_asks_is_told_what_a_stream_came_to(guard: Guard, demo_model: str, client: Client) -> None:
    told = client.stream(Ask(guard.base_url, demo_model, "Who is the customer?", billed=True))
    assert told.content == {0: MASKED_CONTACT}
    assert told.finishes == {0: "stop"}
    row = guard.row(demo_model, "completed")
    if client.name in ("openai", "openai-async", "node"):
        assert told.bill is not None
        assert told.bill["exchange"] == row["exchange"]
        assert told.bill["usage"]["completion_tokens"] == row["completion_tokens"]
        assert told.bill["usage"]["source"] == row["usage_source"]


@pytest.mark.parametrize("client", [OpenAISync(), Node()], ids=lambda client: client.name)
def test_a_blocked_stream_is_billed_as_well(
    strict: Guard, backend: ScriptedBackend, model: str, client: Client
) -> None:
    text = f"The key is {AWS_KEY} and nothing after it may pass. "
    backend.play(wire.head(), *(wire.part(wire.chunk(content=letter)) for letter in text), Fault.STALL)
    told = client.stream(Ask(strict.base_url, model, api_key=CLIENT_KEY, billed=True))
    row = strict.row(model, "blocked")
    assert told.finishes == {0: "content_filter"}
    assert told.bill is not None
    assert told.bill["usage"]["completion_tokens"] == row["completion_tokens"] > 0
    assert told.bill["usage"]["withheld_tokens"] == row["withheld_tokens"] > 0


def test_text_completions_are_billed_as_well(guard: Guard, backend: ScriptedBackend, model: str) -> None:
    head = {"id": "cmpl-test", "object": "text_completion", "created": 1, "model": "test"}
    pieces = [{**head, "choices": [{"index": 0, "text": "Hi.", "finish_reason": end}]} for end in (None, "stop")]
    backend.play(*wire.stream(*map(wire.event, pieces), wire.usage(11, 7)))
    with openai.OpenAI(base_url=guard.base_url, api_key="any", max_retries=0) as client:
        asked = {"x-guard-usage": "true"}
        *_, last = client.completions.create(model=model, prompt="Hello", stream=True, extra_headers=asked)
    assert last.object == "text_completion"
    bill = (last.model_extra or {})["guard"]
    assert (bill["usage"]["prompt_tokens"], bill["usage"]["completion_tokens"]) == (11, 7)
