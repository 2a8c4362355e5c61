"""Where texts stand in OpenAI's JSON, and which strings are names and marks rather than text.

Everything that no table here names is inspected as a text of its own, by its JSON path. Sources: OpenAI's API
reference (chat, completions, embeddings), vLLM's and NVIDIA NIM's documented extensions of it.
"""

import re
from typing import Final

from guard.dialects.json_text import Path

ANSWER_TEXTS: Final = {
    "content": "content",
    "content[].text": "content",
    "content[].refusal": "refusal",
    "reasoning_content": "reasoning_content",
    "reasoning": "reasoning",
    "refusal": "refusal",
    "tool_calls[].function.name": "tool_calls.name",
    "tool_calls[].function.arguments": "tool_calls.arguments",
    "function_call.name": "function_call.name",
    "function_call.arguments": "function_call.arguments",
    "audio.transcript": "audio.transcript",
}
"""Below `choices[].delta` and `choices[].message`: path to the channel's field."""

ANSWER_MARKS: Final = frozenset(
    {
        "id",
        "object",
        "model",
        "system_fingerprint",
        "service_tier",
        "choices[].finish_reason",
        "choices[].delta.role",
        "choices[].delta.tool_calls[].id",
        "choices[].delta.tool_calls[].type",
        "choices[].delta.audio.id",
        "choices[].message.role",
        "choices[].message.tool_calls[].id",
        "choices[].message.tool_calls[].type",
        "choices[].message.audio.id",
        "choices[].message.content[].type",
        "choices[].delta.content[].type",
        "data[].id",
        "data[].object",
        "data[].owned_by",
        "data[].root",
        "data[].parent",
        "data[].permission[].id",
        "data[].permission[].object",
    }
)
"""Names and marks of an answer. Only what looks like one (`is_mark`) passes as one."""

ANSWER_MEDIA: Final = frozenset(
    {"choices[].delta.audio.data", "choices[].message.audio.data", "data[].embedding", "data[].b64_json"}
)
"""Encoded media: no text."""

SHADOWS: Final = frozenset(
    {
        "choices[].logprobs",
        "choices[].token_ids",
        "choices[].prompt_token_ids",
        "choices[].prompt_logprobs",
        "choices[].delta.token_ids",
        "prompt_token_ids",
        "prompt_logprobs",
    }
)
"""Values that repeat a text in another form."""

REQUEST_MARKS: Final = frozenset(
    {
        "model",
        "tool_choice",
        "tool_choice.type",
        "function_call",
        "response_format.type",
        "reasoning_effort",
        "reasoning.effort",
        "service_tier",
        "encoding_format",
        "verbosity",
        "modalities[]",
        "audio.voice",
        "audio.format",
        "messages[].role",
        "messages[].content[].type",
        "messages[].content[].image_url.detail",
        "messages[].content[].input_audio.format",
        "messages[].content[].file.file_id",
        "messages[].tool_calls[].id",
        "messages[].tool_calls[].type",
        "messages[].tool_call_id",
        "messages[].audio.id",
        "tools[].type",
    }
)
"""Names and marks of a request."""

REQUEST_MEDIA: Final = frozenset(
    {
        "messages[].content[].image_url.url",
        "messages[].content[].input_audio.data",
        "messages[].content[].file.file_data",
        "messages[].content[].video_url.url",
        "messages[].content[].audio_url.url",
    }
)
"""Media parts. A `data:` URL is media; any other URL is a text and is inspected."""

SMUGGLING: Final = frozenset(
    {
        "prompt_token_ids",
        "input_ids",
        "token_ids",
        "prompt_embeds",
        "input_embeds",
        "chat_template",
        "chat_template_kwargs",
        "documents",
        "echo",
        "return_token_ids",
        "return_tokens_as_token_ids",
        "prompt_logprobs",
        "add_generation_prompt",
        "continue_final_message",
        "mm_processor_kwargs",
        "logits_processors",
        "kv_transfer_params",
        "custom_params",
        "priority",
        "nvext",
        "extra_body",
    }
)
"""Members that carry text or token ids past inspection, or steer the backend past the tier; refused unless allowed.

vLLM: https://docs.vllm.ai (extra parameters); NVIDIA Dynamo: `nvext` (token_data, use_raw_prompt, backend_instance_id).
"""

TOKEN_ID_TEXTS: Final = ("prompt", "input")
"""Members that may be a text, texts, or token ids; token ids can't be inspected."""

_MARK: Final = re.compile(r"[A-Za-z0-9_.:/@+=~-]{0,256}")
_INERT: Final = re.compile(r"[a-z_]{0,20}")
_PLAIN_NAME: Final = re.compile(r"[A-Za-z_$.-]{1,40}|(?=.{1,15}$)(?!(?:\D*\d){7})[^@%]+", re.DOTALL)


def shape(path: Path) -> str:
    """A path without its indices: `choices[].delta.content`."""
    out = ""
    for step in path:
        out += "[]" if isinstance(step, int) else f".{step}" if out else step
    return out


def dotted(path: Path) -> str:
    """A path with its indices: `$.choices[0].delta.content`."""
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)


def is_mark(text: str) -> bool:
    """Whether a string in a mark's place looks like one: an identifier, no sentence."""
    return _MARK.fullmatch(text) is not None


def is_inert(text: str) -> bool:
    """Whether a string is a plain short lower-case word, which no detector's pattern can match."""
    return _INERT.fullmatch(text) is not None


def is_plain_name(name: str) -> bool:
    """Whether a member's name is just a name; any other is inspected like a text."""
    return _PLAIN_NAME.fullmatch(name) is not None
