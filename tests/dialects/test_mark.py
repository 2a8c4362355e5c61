"""Names and marks of real servers pass; nothing that a detector looks for has a mark's form."""

import random
import string
import uuid

import pytest

from guard.core.channel import Channel
from guard.dialects.mark import FORM_ALONE, is_inert, is_mark, is_media, is_model, is_padding
from guard.scan.engine import PatternEngine

is_plain_name = FORM_ALONE.is_plain_name

MARKS = [
    "chatcmpl-1234567890abcdef",
    "chatcmpl-123",
    "chatcmpl-9mVfKpQa81ZqLr0aPyTb3cD2eF4gH",
    "cmpl-0123456789abcdef0123456789abcdef",
    "chatcmpl-tool-0123456789abcdef0123456789abcdef",
    "chatcmpl-1700000000000000000",
    "gen-1700000000-AbCdEf123ghi",
    "0",
    "D681PevKs",
    "123e4567-e89b-12d3-a456-426614174000",
    "chatcmpl-123e4567-e89b-12d3-a456-426614174000",
    "Kp3vaN-rLsGgkdUPi_yO0A4",
    "call_abcDEFghiJKLmnoPQRstuVWX",
    "call_0_123e4567-e89b-12d3-a456-426614174000",
    "functions.get_weather:0",
    "toolu_01A09q90qw90lq917835lq9",
    "audio_6a1b2c3d4e5f",
    "fp_44709d6fcb",
    "fp_1234567890",
    "fp_ollama",
    "b4689-8f1d943e",
    "vllm-0.9.1-tp1-ab12cd34",
    "modelperm-0123456789abcdef0123456789abcdef",
    "gpt-4o-2024-08-06",
    "o1-2024-12-17",
    "gemini-2.5-pro-preview-05-06",
    "nvidia/llama-3.3-nemotron-super-49b-v1.5",
    "meta-llama/Llama-3.1-8B-Instruct",
    "ft:gpt-4o-mini-2024-07-18:acme::9ABCdef",
    "/models/Qwen2.5-7B-Instruct-Q4_K_M.gguf",
    "qwen2.5:7b-instruct-q4_K_M",
    "@cf/meta/llama-3.1-8b-instruct",
    "claude-sonnet-4@20250514",
    "anthropic.claude-3-5-sonnet-20241022-v2:0",
    "us.anthropic.claude-3-7-sonnet-20250219-v1:0",
    "assistant",
    "user",
    "chat.completion.chunk",
    "text_completion",
    "tool_calls",
    "content_filter",
    "function",
    "input_audio",
    "on_demand",
    "hate/threatening",
    "self-harm",
    "$defs",
    "$ref",
    "x_groq",
    "50256",
]


@pytest.mark.parametrize("text", ["", *MARKS])
def test_the_marks_of_real_servers_are_marks(text: str) -> None:
    assert is_mark(text)


VALUES = [
    "joe@example.com",
    "jane.roe@example",
    "joe%40example.com",
    "id-joe@example.com",
    "x@12345678.com",
    "@joe/example",
    "4111111111111111",
    "4111-1111-1111-1111",
    "4111.1111.1111.1111",
    "4111/1111/1111/1111",
    "chatcmpl-4111111111111111",
    "call_4111111111111111",
    "gen-4111111111111111-abc",
    "4111111111111111ab",
    "id-4111111111111111",
    "41111111-1111-1111-1111-111111111111",
    "AKIAIOSFODNN7EXAMPLE",
    "call_AKIAIOSFODNN7EXAMPLE",
    "id-AKIAIOSFODNN7EXAMPLE",
    "ghp_" + "a1B2" * 9,
    "sk-proj-" + "a1B2" * 12,
    "AIza" + "SyA1b2C3d4" * 4,
    "+15551234567",
    "+1-555-123-4567",
    "555-123-4567",
    "078-05-1120",
    "10.0.0.1",
    "1.1.1.1",
    "http://10.0.0.1/x",
    "2001:db8::1",
    "fe80:1:2:3::5",
    "GB29NWBK60161331926819",
    "DE89-3704-0044-0532-0130-00",
    "user:pass@host",
    "hello world",
    "a\nb",
    "a" * 300,
    "ｊｏｅ",
    "a\u200bb",
]


@pytest.mark.parametrize("text", VALUES)
def test_what_could_be_a_value_is_no_mark(text: str) -> None:
    assert not is_mark(text)
    assert not is_plain_name(text)


def _found(engine: PatternEngine, text: str) -> list[str]:
    memory = engine.open(Channel(-1, "$.id"))
    try:
        return [finding.type for finding in memory.feed(text, True).findings]
    finally:
        memory.close()


_BASE62 = string.ascii_letters + string.digits
_CHARS = _BASE62 + "-_.:/@+=~"


def ids(rnd: random.Random) -> list[str]:
    return [
        str(uuid.UUID(int=rnd.getrandbits(128))),
        f"chatcmpl-{uuid.UUID(int=rnd.getrandbits(128))}",
        f"call_{''.join(rnd.choices(_BASE62, k=24))}",
        f"chatcmpl-{''.join(rnd.choices(_BASE62, k=29))}",
        f"chatcmpl-{rnd.getrandbits(128):032x}",
        f"chatcmpl-{rnd.getrandbits(64):016x}",
    ]


def test_a_random_id_of_a_real_form_is_never_altered(engine: PatternEngine) -> None:
    rnd = random.Random(5)
    for _ in range(3000):
        for text in ids(rnd):
            assert is_mark(text) or not _found(engine, text), text


def test_no_random_mark_holds_what_a_detector_finds(engine: PatternEngine) -> None:
    rnd = random.Random(7)
    for _ in range(20_000):
        text = "".join(rnd.choices(_CHARS, k=rnd.randint(8, 40)))
        assert not is_mark(text) or not _found(engine, text), text


@pytest.mark.parametrize("char", ["a", "1", "a1", "f0", "-", "a-", "ab1-", "a.b:", "A", "1-", "@a/", "0f-"])
def test_the_longest_hostile_mark_is_judged_at_once(char: str) -> None:
    for length in (190, 20_000):
        is_mark(char * (length // len(char)) + "!")
        is_model(char * (length // len(char)) + "!")


MODELS = [*MARKS[MARKS.index("gpt-4o-2024-08-06") : MARKS.index("assistant")], "m", "org/model"]


@pytest.mark.parametrize(
    "text",
    [
        *MODELS,
        "/srv/.cache/hub/models--Qwen--Qwen2/snapshots/f2f4a1d9e8c7b6a5f4e3d2c1b0a9f8e7d6c5b4a3",
        "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.x",
    ],
)
def test_a_models_name_may_be_a_path_or_a_digest(text: str) -> None:
    assert is_model(text)


@pytest.mark.parametrize(
    "text", ["joe@example.com", "4111111111111111", "4111-1111-1111-1111", "AKIAIOSFODNN7EXAMPLE", "a b", "m\n", "é"]
)
def test_a_value_is_no_models_name(text: str) -> None:
    assert not is_model(text)


@pytest.mark.parametrize(
    ("text", "media"),
    [
        ("data:image/png;base64,iVBORw0KGgo=", True),
        ("data:audio/wav;codecs=1;base64,AAAA", True),
        ("data:application/pdf;base64,JVBERi0=", True),
        ("A" * 64, True),
        ("A" * 63, False),
        ("data:text/plain,joe@example.com", False),
        ("data:text/plain;base64,am9l", False),
        ("data:image/png,joe@example.com", False),
        ("data:image/png;base64,joe@example.com", False),
        ("data:image/svg+xml;utf8,<svg>joe@example.com</svg>", False),
        ("https://example.com/joe.png", False),
        ("A" * 64 + " joe@example.com", False),
        ("4111111111111111", False),
        ("AKIAIOSFODNN7EXAMPLE", False),
    ],
)
def test_media_is_base64_and_nothing_else(text: str, media: bool) -> None:
    assert is_media(text) is media


@pytest.mark.parametrize(
    ("text", "padding"),
    [
        ("", True),
        ("aZ0", True),
        ("aB3dE6gH9jK2mN5p", True),
        ("4111111111111111", False),
        ("AKIAIOSFODNN7EXAMPLE", False),
        ("joe@example", False),
        ("a b", False),
        ("a" * 65, False),
    ],
)
def test_padding_is_short_noise(text: str, padding: bool) -> None:
    assert is_padding(text) is padding


@pytest.mark.parametrize(
    ("text", "inert"), [("auto", True), ("json_schema", True), ("Auto", False), ("a b", False), ("a" * 21, False)]
)
def test_a_word_alone_is_inert(text: str, inert: bool) -> None:
    assert is_inert(text) is inert
