"""Where texts stand in OpenAI's JSON, and where names and marks do: tables of paths without indices.

Everything that no table here names is inspected as a text of its own, by its JSON path. Sources: OpenAI's API
reference (chat, completions, embeddings), vLLM's and NVIDIA NIM's documented extensions of it.
"""

from typing import Final

ANSWER_TEXTS: Final = {
    "content": "content",
    "content[]": "content",
    "content[].text": "content",
    "content[].refusal": "refusal",
    "reasoning_content": "reasoning_content",
    "reasoning": "reasoning",
    "refusal": "refusal",
    "tool_calls[].function.name": "tool_calls.name",
    "tool_calls[].function.arguments": "tool_calls.arguments",
    "tool_calls[].custom.name": "tool_calls.name",
    "tool_calls[].custom.input": "tool_calls.input",
    "function_call.name": "function_call.name",
    "function_call.arguments": "function_call.arguments",
    "audio.transcript": "audio.transcript",
}
"""Below `choices[].delta` and `choices[].message`: path to the channel's field."""

CALL_LISTS: Final = frozenset({"choices[].delta.tool_calls", "choices[].message.tool_calls"})
"""Where an answer's tool calls stand."""

CALL_ITEMS: Final = frozenset(f"{place}[]" for place in CALL_LISTS)
"""Where each of them does."""

OLD_CALLS: Final = frozenset({"choices[].delta.function_call", "choices[].message.function_call"})
"""Where the one call stands that the API's older form has."""

CALL_PLACES: Final = CALL_LISTS | CALL_ITEMS | OLD_CALLS

CALL_TEXTS: Final = (("function", "name"), ("function", "arguments"), ("custom", "name"), ("custom", "input"))
"""The texts of a call, below it."""

OLD_CALL_TEXTS: Final = (("name",), ("arguments",))

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
        "choices[].native_finish_reason",
        "provider",
        "x_groq.id",
    }
)
"""Names and marks of an answer. Only what looks like one (`is_mark`) passes as one."""

LABELS: Final = frozenset({"type", "object", "role", "format", "status", "severity"})
"""Last names of members that say what kind of thing stands beside them, wherever it is: no client joins them to a text.

What looks like a mark there passes as one.
"""

PADDING: Final = "obfuscation"
"""Noise that brings the chunks of a stream to one length (OpenAI, `stream_options.include_obfuscation`)."""

TIME: Final = "created"
"""A long number that is no account's and no card's: Unix time, which begins with a 1."""

SEED: Final = "seed"
"""A request's long number that is none either, but random."""

SPLIT_SAFE: Final = frozenset({"choices[].delta.role"})
"""Marks of a delta that may be said twice, when a chunk is sent in two parts."""

ANSWER_MEDIA: Final = frozenset(
    {"choices[].delta.audio.data", "choices[].message.audio.data", "data[].embedding", "data[].b64_json"}
)
"""Encoded media: no text, if it looks like it (`is_media`)."""

SHADOWS: Final = frozenset(
    {
        "choices[].logprobs",
        "choices[].token_ids",
        "choices[].prompt_token_ids",
        "choices[].prompt_logprobs",
        "choices[].delta.token_ids",
        "choices[].message.token_ids",
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
"""Media parts. Only what is encoded media (`is_media`) passes; a link is a text and is inspected."""

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
        "vllm_xargs",
        "return_prompt_token_ids",
        "return_tokens",
        "return_hidden_states",
        "custom_logit_processor",
        "lora_path",
        "session_params",
        "bootstrap_host",
        "bootstrap_port",
        "bootstrap_room",
        "data_parallel_rank",
        "image_data",
        "video_data",
        "audio_data",
        "disaggregated_params",
    }
)
"""Members that carry text or token ids past inspection, or steer the backend past the tier; refused unless allowed.

vLLM: https://docs.vllm.ai (extra parameters); SGLang: https://docs.sglang.ai (sampling parameters, native API);
NVIDIA Dynamo: `nvext` (token_data, use_raw_prompt, backend_instance_id); TensorRT-LLM: `disaggregated_params`.
"""

NESTED_SMUGGLING: Final = frozenset(
    {
        "prompt_token_ids",
        "token_ids",
        "input_ids",
        "prompt_embeds",
        "input_embeds",
        "image_embeds",
        "audio_embeds",
        "video_embeds",
    }
)
"""The same, as members of a message or of one of its parts."""

GUARDED: Final = SMUGGLING | {
    "model",
    "messages",
    "prompt",
    "input",
    "tools",
    "stream",
    "stream_options",
    "n",
    "n_cmpl",
    "best_of",
    "max_tokens",
    "max_completion_tokens",
    "n_predict",
}
"""Members that Guard itself reads. Some backends take a name in any case, so these have one spelling."""

TOKEN_ID_TEXTS: Final = ("prompt", "input")
"""Members that may be a text, texts, or token ids; token ids can't be inspected."""
