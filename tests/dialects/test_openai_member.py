"""Request members that carry text past inspection, or steer the backend, are named for the policy."""

from typing import Any

import pytest

from guard.core.prompt import Prompt
from guard.dialects.openai_request import RequestReader

from . import sample


def prompt(**members: Any) -> Prompt:
    return sample.ask(**members)


def message(role: str, content: Any, **members: Any) -> dict[str, Any]:
    return {"messages": [{"role": role, "content": content, **members}]}


SMUGGLED: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "token ids for a text": ({"prompt": [1, 2]}, ("prompt.token_ids",)),
    "one token id": ({"prompt": 7}, ("prompt.token_ids",)),
    "lists of token ids": ({"input": [[1], [2]]}, ("input.token_ids",)),
    "token ids among texts": ({"input": ["a b", 1]}, ("input.token_ids",)),
    "token ids in objects": ({"input": [{"ids": [1]}]}, ("input.token_ids",)),
    "ids at the top": ({"prompt_token_ids": [1]}, ("prompt_token_ids",)),
    "a template": ({"chat_template": "{{ x }}"}, ("chat_template",)),
    "template arguments": ({"chat_template_kwargs": {"thinking": True}}, ("chat_template_kwargs",)),
    "documents": ({"documents": [{"text": "x"}]}, ("documents",)),
    "an extension": (
        {"nvext": {"token_data": [1], "use_raw_prompt": True}},
        ("nvext.token_data", "nvext.use_raw_prompt"),
    ),
    "an extension that is none": ({"nvext": [1]}, ("nvext",)),
    "a processor": ({"custom_logit_processor": "code"}, ("custom_logit_processor",)),
    "an adapter": ({"lora_path": "/x"}, ("lora_path",)),
    "no prompt at the end": ({"add_generation_prompt": False}, ("add_generation_prompt",)),
    "embeddings in a part": (
        message("user", [{"type": "prompt_embeds", "prompt_embeds": "AAAA"}]),
        ("messages[].content[].prompt_embeds",),
    ),
    "image embeddings in a part": (
        message("user", [{"type": "image_embeds", "image_embeds": {"x": "AAAA"}}]),
        ("messages[].content[].image_embeds",),
    ),
    "ids in a message": (message("user", "", token_ids=[1]), ("messages[].token_ids",)),
    "two of them": ({"echo": True, "priority": 9}, ("echo", "priority")),
}


@pytest.mark.parametrize("case", SMUGGLED)
def test_members_that_smuggle_are_named(case: str) -> None:
    members, named = SMUGGLED[case]
    assert prompt(**members).members == named


def test_the_name_of_a_member_may_be_escaped() -> None:
    body = b'{"model":"m","prompt\\u005ftoken_ids":[1]}'
    assert RequestReader(body, 8).prompt(stream_allowed=True).members == ("prompt_token_ids",)


HARMLESS: list[dict[str, Any]] = [
    {"echo": False, "nvext": None, "documents": [], "chat_template_kwargs": {}, "prompt_logprobs": None},
    {"add_generation_prompt": True},
    {"prompt": ["a", "b"], "input": []},
    {"metadata": {"documents": "x"}},
    {"tools": [{"function": {"parameters": {"properties": {"token_ids": {"type": "array"}}}}}]},
]


@pytest.mark.parametrize("members", HARMLESS)
def test_members_that_say_nothing_or_stand_elsewhere_are_none(members: dict[str, Any]) -> None:
    assert prompt(**members).members == ()
