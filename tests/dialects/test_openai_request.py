"""Every text of a request is inspected; what can't be is a member that smuggles, by name."""

import json
from typing import Any

import pytest

from guard.core.facts import MessageFacts
from guard.core.prompt import Prompt
from guard.dialects import openai
from guard.dialects.openai_reader import Limits
from guard.dialects.openai_request import RequestReader
from guard.errors import MalformedRequest

from . import sample

PNG = "data:image/png;base64,iVBORw0KGgo="


def prompt(**members: Any) -> Prompt:
    return sample.ask(**members)


def inspected(**members: Any) -> dict[str, str]:
    return {slot.channel.field: slot.text for slot in prompt(**members).frame.slots}


def message(role: str, content: Any, **members: Any) -> dict[str, Any]:
    return {"messages": [{"role": role, "content": content, **members}]}


@pytest.mark.parametrize("role", ["system", "developer", "user", "assistant", "tool", "function"])
def test_the_text_of_every_role_is_inspected(role: str) -> None:
    asked = prompt(**message(role, "Hello you."))
    assert {slot.channel.field: slot.text for slot in asked.frame.slots} == {"$.messages[0].content": "Hello you."}
    assert asked.messages == (MessageFacts(role, 10),)


TEXTS: dict[str, dict[str, Any]] = {
    "$.messages[0].content[0].text": message("user", [{"type": "text", "text": "A b"}]),
    "$.messages[0].content[0].refusal": message("assistant", [{"type": "refusal", "refusal": "A b"}]),
    "$.messages[0].content[0]": message("user", ["A b"]),
    "$.messages[0].name": message("user", "", name="A b"),
    "$.messages[0].refusal": message("assistant", None, refusal="A b"),
    "$.messages[0].reasoning_content": message("assistant", None, reasoning_content="A b"),
    "$.messages[0].tool_call_id": message("tool", "", tool_call_id="A b"),
    "$.messages[0].tool_calls[0].function.arguments": message(
        "assistant", None, tool_calls=[{"id": "call_1", "type": "function", "function": {"arguments": "A b"}}]
    ),
    "$.messages[0].tool_calls[0].function.name": message("assistant", None, tool_calls=[{"function": {"name": "A b"}}]),
    "$.messages[0].tool_calls[0].id": message("assistant", None, tool_calls=[{"id": "A b"}]),
    "$.messages[0].function_call.arguments": message("assistant", None, function_call={"arguments": "A b"}),
    "$.messages[0].role": {"messages": [{"role": "A b"}]},
    "$.messages[0].content[0].file.filename": message("user", [{"type": "file", "file": {"filename": "A b"}}]),
    "$.messages[0].content[0].image_url.url": message("user", [{"type": "image_url", "image_url": {"url": "A b"}}]),
    "$.messages[0].content[0].image_url": message("user", [{"type": "image_url", "image_url": "A b"}]),
    "$.messages[0].content.deep.er[1][0]": message("user", {"deep": {"er": ["", ["A b"]]}}),
    "$.messages": {"messages": "A b"},
    "$.tools[0].function.name": {"tools": [{"function": {"name": "A b"}}]},
    "$.tools[0].function.description": {"tools": [{"function": {"description": "A b"}}]},
    "$.tools[0].function.parameters.properties.x.enum[0]": {
        "tools": [{"function": {"parameters": {"properties": {"x": {"enum": ["A b"]}}}}}]
    },
    "$.tool_choice.function.name": {"tool_choice": {"type": "function", "function": {"name": "A b"}}},
    "$.response_format.json_schema.schema.title": {"response_format": {"json_schema": {"schema": {"title": "A b"}}}},
    "$.prediction.content": {"prediction": {"type": "content", "content": "A b"}},
    "$.stop": {"stop": "A b"},
    "$.stop[1]": {"stop": ["x", "A b"]},
    "$.user": {"user": "A b"},
    "$.metadata.note": {"metadata": {"note": "A b"}},
    "$.prompt": {"prompt": "A b"},
    "$.prompt[1]": {"prompt": ["", "A b"]},
    "$.suffix": {"suffix": "A b"},
    "$.input": {"input": "A b"},
    "$.input[0]": {"input": ["A b"]},
    "$.guided_regex": {"guided_regex": "A b"},
    "$.web_search_options.user_location.city": {"web_search_options": {"user_location": {"city": "A b"}}},
    "$.service_tier": {"service_tier": "A b"},
    '$.metadata["a.b"]': {"metadata": {"a.b": "A b"}},
}


@pytest.mark.parametrize("path", TEXTS)
def test_a_text_is_inspected_wherever_it_stands(path: str) -> None:
    assert inspected(**TEXTS[path])[path] == "A b"


def test_escapes_and_line_ends_are_read_and_places_are_exact() -> None:
    body = b'{"model":"m", "messages" : [{"role":"user","content": "a\\u0062 \\n\xc3\xa9"}]}'
    (slot,) = RequestReader(body, 8).prompt(stream_allowed=True).frame.slots
    assert slot.text == "ab \né"
    assert body[slot.start : slot.end] == b'"a\\u0062 \\n\xc3\xa9"'


MARKS: list[dict[str, Any]] = [
    {"tool_choice": "auto"},
    {"reasoning_effort": "high"},
    {"messages": [{"role": "tool", "tool_call_id": "call_abcDEFghiJKLmnoPQRstuVWX"}]},
    {"messages": [{"role": "assistant", "tool_calls": [{"id": "123e4567-e89b-12d3-a456-426614174000"}]}]},
    {"tools": [{"type": "web_search_20250305"}]},
    {"audio": {"voice": "alloy", "format": "wav"}, "modalities": ["text", "audio"]},
]


@pytest.mark.parametrize("members", MARKS)
def test_marks_are_left_alone(members: dict[str, Any]) -> None:
    assert inspected(**members) == {}


@pytest.mark.parametrize("value", ["joe@example.com", "4111111111111111", "AKIAIOSFODNN7EXAMPLE"])
@pytest.mark.parametrize("place", ["role", "tool_call_id"])
def test_a_mark_that_is_none_is_inspected(place: str, value: str) -> None:
    assert list(inspected(messages=[{place: value}]).values()) == [value]


@pytest.mark.parametrize(
    "name", ["joe@example.com", "4111111111111111", "AKIAIOSFODNN7EXAMPLE", "10.0.0.1", "two words"]
)
def test_a_name_that_could_be_a_value_is_inspected_and_no_path_quotes_it(name: str) -> None:
    asked = prompt(metadata={name: {"inner": "A b"}})
    assert [(slot.channel.field, slot.text) for slot in asked.frame.slots] == [
        ("$.metadata.{0}#name", name),
        ("$.metadata.{0}.inner", "A b"),
    ]


def test_each_text_has_a_channel_of_its_own() -> None:
    metadata = {"a.b": "A b", "a": {"b": "A b"}, "a#name": "A b", "x y": "A b", "y z": "A b", "[0]": "A b", "": "A b"}
    slots = prompt(metadata=metadata, list=["A b", ["A b"]]).frame.slots
    assert len(slots) == len({slot.channel for slot in slots})


def test_a_name_cannot_pass_for_a_path_of_a_mark_or_of_media() -> None:
    tricks = {
        "messages[].role": "A b",
        "messages[].content[].image_url.url": PNG + " A b",
        "messages[].tool_call_id": "call_1",
        "": {"model": "A b"},
    }
    body = json.dumps({"model": "m", **tricks}).encode()
    found = [slot.text for slot in RequestReader(body, 8).prompt(stream_allowed=True).frame.slots]
    assert [text for text in found if text == "A b"] == ["A b", "A b"]
    assert PNG + " A b" in found
    assert "call_1" in found


NUMBERS = [
    (4111111111111111, True),
    (-4111111111111111, True),
    (4111111111111111.0, True),
    (123456789012, True),
    (12345678901, False),
    (0.1234567890123456, False),
]


@pytest.mark.parametrize(("number", "seen"), NUMBERS)
@pytest.mark.parametrize("wrap", [lambda n: n, lambda n: [n], lambda n: [1, n, 2], lambda n: {"x": n}])
def test_long_numbers_are_inspected(number: float, seen: bool, wrap: Any) -> None:
    assert (json.dumps(number) in inspected(metadata=wrap(number)).values()) is seen


def test_a_random_seed_is_no_text() -> None:
    assert inspected(seed=4111111111111111) == {}
    assert inspected(metadata={"seed": 4111111111111111}) == {"$.metadata.seed": "4111111111111111"}


MEDIA = [
    ({"type": "image_url", "image_url": {"url": PNG}}, 1, 0),
    ({"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}, 1, 1),
    ({"type": "image_url", "image_url": {"url": "data:text/plain,joe@example.com"}}, 1, 1),
    ({"type": "input_audio", "input_audio": {"data": "A" * 64, "format": "wav"}}, 1, 0),
    ({"type": "input_audio", "input_audio": {"data": "joe@example.com", "format": "wav"}}, 1, 1),
    ({"type": "input_audio", "input_audio": {"data": "4111111111111111", "format": "wav"}}, 1, 1),
    ({"type": "file", "file": {"file_data": "data:application/pdf;base64,JVBERi0="}}, 1, 0),
    ({"type": "file", "file": {"file_data": "data:text/plain;base64,am9l"}}, 1, 1),
    ({"type": "file", "file": {"file_id": "file-abc123"}}, 0, 0),
    ({"type": "video_url", "video_url": {"url": "http://joe@example.com/v"}}, 1, 1),
]


@pytest.mark.parametrize(("part", "media", "slots"), MEDIA)
def test_encoded_media_are_counted_and_everything_else_in_their_place_is_inspected(
    part: dict[str, Any], media: int, slots: int
) -> None:
    asked = prompt(**message("user", [part]))
    assert asked.messages[0].media == media
    assert len(asked.frame.slots) == slots


USAGE = [
    (b'{"model":"m","stream":true}', b'{"model":"m","stream":true,"stream_options":{"include_usage":true}}'),
    (
        b'{"stream":true,"stream_options": {} ,"model":"m"}',
        b'{"stream":true,"stream_options": {"include_usage":true} ,"model":"m"}',
    ),
    (
        b'{"stream":true,"stream_options":null,"model":"m"}',
        b'{"stream":true,"stream_options":{"include_usage":true},"model":"m"}',
    ),
    (
        b'{"stream":true,"stream_options":{ "include_usage" : false },"model":"m"}',
        b'{"stream":true,"stream_options":{ "include_usage" : true },"model":"m"}',
    ),
    (
        b'{"stream":true,"stream_options":{"include_usage":null},"model":"m"}',
        b'{"stream":true,"stream_options":{"include_usage":true},"model":"m"}',
    ),
    (
        b'{"stream":true,"stream_options":{ "include_obfuscation":false},"model":"m"}',
        b'{"stream":true,"stream_options":{"include_usage":true, "include_obfuscation":false},"model":"m"}',
    ),
    (b'{"model":"m","stream":true }\n', b'{"model":"m","stream":true ,"stream_options":{"include_usage":true}}\n'),
    (b'{"stream":true,"stream_options":{"include_usage":true},"model":"m"}', None),
    (b'{"model":"m","stream":false}', None),
    (b'{"model":"m"}', None),
]


@pytest.mark.parametrize(("body", "sent"), USAGE)
def test_usage_is_asked_for_when_the_client_did_not_and_hidden_from_it_then(body: bytes, sent: bytes | None) -> None:
    asked = sample.CHAT.prompt(body)
    assert sample.CHAT.render(asked.frame, None) == (sent or body)
    assert asked.usage_hidden is (sent is not None)
    json.loads(sample.CHAT.render(asked.frame, None))


def test_an_api_that_does_not_stream_does_not() -> None:
    asked = sample.ask(openai.embeddings(sample.LIMITS), stream=True, input="A b")
    assert (asked.stream, asked.usage_hidden) == (False, False)


def test_the_policys_view_is_what_the_backend_will_heed() -> None:
    asked = prompt(
        n=3,
        max_tokens=9,
        max_completion_tokens=5,
        tools=[{"function": {"name": "get_weather"}}, {"function": {"name": "joe@example.com"}}],
        functions=[{"name": "old_style"}],
    )
    assert (asked.model, asked.choices, asked.max_tokens) == ("m-1", 3, 9)
    assert asked.tools == ("get_weather", "", "old_style")
    assert prompt(n=2, prompt=["a", "b", "c"]).choices == 6
    assert prompt(max_tokens=-1).max_tokens is None
    assert prompt(max_tokens=-1, max_completion_tokens=5).max_tokens is None
    assert prompt().max_tokens is None


REFUSED: dict[str, bytes] = {
    "a list": b'["model"]',
    "a string": b'"model"',
    "no model": b"{}",
    "model is an address": b'{"model":"joe@example.com"}',
    "model is a card": b'{"model":"4111-1111-1111-1111"}',
    "n is nothing": b'{"model":"m","n":0}',
    "n is too many": b'{"model":"m","n":129}',
    "n is no whole number": b'{"model":"m","n":1.5}',
    "n is a string": b'{"model":"m","n":"1"}',
    "a limit past reason": b'{"model":"m","max_tokens":99999999999999999999999}',
    "stream options are a list": b'{"model":"m","stream":true,"stream_options":[]}',
    "usage is a string": b'{"model":"m","stream_options":{"include_usage":"yes"}}',
    "a name that differs in case": b'{"model":"m","Model":"n"}',
    "a name in capitals": b'{"model":"m","MAX_TOKENS":5}',
    "a name with a long s": '{"model":"m","\u017ftream":true}'.encode(),
    "a smuggling name in capitals": b'{"model":"m","Prompt_Token_Ids":[1]}',
    "the same name twice": b'{"model":"m","messages":[{"content":"a","c\\u006fntent":"b"}]}',
    "half a surrogate pair": b'{"model":"m","user":"\\ud800"}',
    "not UTF-8": b'{"model":"m","user":"\xff"}',
    "the model is not UTF-8": b'{"model":"m\xff"}',
    "more texts than one request has": b'{"model":"m","x":[' + b'"A b",' * 20_000 + b'""]}',
    "more values than one request has": b'{"model":"m","x":[' + b"[]," * 300_000 + b"1]}",
}


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED)
def test_a_request_that_could_be_read_in_two_ways_is_refused_without_quoting_it(body: bytes) -> None:
    with pytest.raises(MalformedRequest) as caught:
        sample.CHAT.prompt(body)
    assert "joe" not in caught.value.message
    assert "4111" not in caught.value.message
    assert len(caught.value.message) < 200


def test_members_that_guard_does_not_read_may_be_in_any_case() -> None:
    assert inspected(Metadata={"User": "A b"}) == {"$.Metadata.User": "A b"}


def test_each_text_says_who_speaks_in_it() -> None:
    body = {
        "model": "m",
        "messages": [
            {"role": "system", "content": "be kind"},
            {"role": "user", "content": [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]},
            {"content": "roles may come last", "role": "tool"},
            {"content": "whoever it is", "role": "not a mark: 4111 1111 1111 1111"},
            {"content": "nobody said"},
        ],
        "tools": [{"type": "function", "function": {"name": "f", "description": "does things for you"}}],
    }
    prompt = openai.chat(Limits()).prompt(json.dumps(body).encode())
    said = dict(zip([slot.text for slot in prompt.frame.slots], prompt.roles, strict=True))

    assert said["be kind"] == "system"
    assert said["one"] == said["two"] == "user"
    assert said["roles may come last"] == "tool"
    assert said["whoever it is"] == said["nobody said"] == "user"
    assert said["does things for you"] == ""


def test_a_completions_prompt_is_a_users() -> None:
    prompt = openai.completions(Limits()).prompt(b'{"model": "m", "prompt": ["once upon", "a time"]}')

    assert prompt.roles == ("user", "user")
