"""What an answer says beside its texts: log-probabilities, usage, errors."""

from typing import Any

import pytest

from guard.core.usage import Usage

from . import sample
from .sample import texts


def _token(text: str, *others: str) -> dict[str, Any]:
    top = [{"token": other, "logprob": -1.0, "bytes": list(other.encode())} for other in others]
    return {"token": text, "logprob": -0.1, "bytes": list(text.encode()), "top_logprobs": top}


def test_the_tokens_of_log_probabilities_are_texts_by_rank_and_their_value_a_shadow() -> None:
    logprobs = {"content": [_token("A", "A", "B"), _token("b", "b", "c")], "refusal": [_token("N o")]}
    raw = sample.event({"choices": [{**sample.choice(), "logprobs": logprobs}]})
    (frame,) = sample.read(raw)
    assert texts(frame) == [
        (0, "logprobs.content.token", None, "A"),
        (0, "logprobs.content.0", None, "A"),
        (0, "logprobs.content.1", None, "B"),
        (0, "logprobs.content.token", None, "b"),
        (0, "logprobs.content.0", None, "b"),
        (0, "logprobs.content.1", None, "c"),
        (0, "logprobs.refusal.token", None, "N o"),
    ]
    assert [raw[start:end][:12] for start, end in frame.shadows] == [b'{"content": ']


def test_legacy_log_probabilities_are_texts_by_rank() -> None:
    logprobs = {
        "tokens": ["A", "b"],
        "token_logprobs": [-0.1, -0.2],
        "top_logprobs": [{"A": -0.1, " B": -2}, {"b": -0.1, "joe@": -2}],
        "text_offset": [0, 1],
    }
    frame = sample.read(sample.event({"choices": [{"index": 0, "text": "A b", "logprobs": logprobs}]}))
    assert texts(frame) == [
        (0, "text", None, "A b"),
        (0, "logprobs.tokens.token", None, "A"),
        (0, "logprobs.tokens.token", None, "b"),
        (0, "logprobs.top_logprobs.0", None, "A"),
        (0, "logprobs.top_logprobs.1", None, " B"),
        (0, "logprobs.top_logprobs.0", None, "b"),
        (0, "logprobs.top_logprobs.1", None, "joe@"),
    ]


USAGES: list[tuple[Any, Usage | None]] = [
    ({"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}, Usage(prompt=3, completion=5)),
    (
        {
            "prompt_tokens": 3,
            "completion_tokens": 5,
            "prompt_tokens_details": {"cached_tokens": 2, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 4, "vendor": {}},
        },
        Usage(prompt=3, cached=2, completion=5, reasoning=4, audio=0),
    ),
    (
        {"prompt_tokens": 90, "prompt_tokens_details": {"audio_tokens": 20, "image_tokens": 30}},
        Usage(prompt=90, audio=20, image=30),
    ),
    # xAI: the reasoning stands beside the completion, and the total says so
    (
        {
            "prompt_tokens": 12,
            "completion_tokens": 1,
            "total_tokens": 399,
            "completion_tokens_details": {"reasoning_tokens": 386},
        },
        Usage(prompt=12, completion=387, reasoning=386),
    ),
    # OpenAI: it is a part of it
    (
        {
            "prompt_tokens": 12,
            "completion_tokens": 400,
            "total_tokens": 412,
            "completion_tokens_details": {"reasoning_tokens": 386},
        },
        Usage(prompt=12, completion=400, reasoning=386),
    ),
    # SGLang, which counts none where it has no parser
    ({"prompt_tokens": 3, "completion_tokens": 5, "reasoning_tokens": 4}, Usage(3, None, 5, 4)),
    ({"prompt_tokens": 3, "completion_tokens": 5, "reasoning_tokens": 0}, Usage(3, None, 5)),
    # DeepSeek and Moonshot
    ({"prompt_tokens": 3, "prompt_cache_hit_tokens": 2, "prompt_cache_miss_tokens": 1}, Usage(3, 2)),
    ({"prompt_tokens": 3, "cached_tokens": 0}, Usage(3, 0)),
    ({"prompt_tokens": 3, "prompt_tokens_details": None}, Usage(prompt=3)),
    ({"prompt_tokens": 0, "completion_tokens": 0}, Usage(prompt=0, completion=0)),
    ({}, Usage()),
    (None, None),
    ([1], None),
    ({"prompt_tokens": -3}, None),
    ({"prompt_tokens": 1.5}, None),
    ({"prompt_tokens": "3"}, None),
    ({"prompt_tokens": 10**30}, None),
    ({"prompt_tokens": 3, "prompt_tokens_details": [1]}, None),
]


@pytest.mark.parametrize(("told", "usage"), USAGES)
def test_usage_is_taken_if_it_is_one_of_counts(told: Any, usage: Usage | None) -> None:
    (frame,) = sample.read(sample.event({**sample.HEAD, "choices": [], "usage": told}))
    assert frame.usage == usage
    assert sample.read_whole({**sample.HEAD, "usage": told}).usage == usage


@pytest.mark.parametrize("error", [{"message": "It broke.", "code": 500}, {"message": ""}, "It broke.", "", {}])
def test_an_error_of_the_backend_is_one(error: Any) -> None:
    (frame,) = sample.read(sample.event({"error": error}))
    assert frame.failure
    assert [text for _, _, _, text in texts(frame)] == (["It broke."] if "broke" in str(error) else [])


@pytest.mark.parametrize("document", [{"error": None}, {"choices": [], "x": {"error": "A b"}}])
def test_what_only_reads_like_an_error_is_none(document: Any) -> None:
    (frame,) = sample.read(sample.event(document))
    assert not frame.failure
