"""How each kind of backend is told its limits: the members of a request that say how much it may write.

A request's priority is the member `priority` where the server schedules by it: vLLM serves the lower number first (with
`--scheduling-policy priority`; without it any number but 0 is an error), SGLang the higher one (with
`--enable-priority-scheduling`).

Sources: OpenAI's API reference (`max_completion_tokens`, `max_tokens` deprecated for chat); vLLM, sampling parameters
(`thinking_token_budget`); llama.cpp's server (`n_predict`, heeded before `max_tokens`); NVIDIA NIM for LLMs, "Thinking
Budget Control" (`nvext.max_thinking_tokens`), which Dynamo's frontend takes as well. Other servers limit thinking in
ways that a request can't state, or not at all.
"""

from collections.abc import Mapping
from typing import Final

from guard.core.decision import TokenLimits
from guard.core.facts import Scalar
from guard.core.rewrite import REMOVED, Removed
from guard.errors import PolicyError

_THINKING: Final[Mapping[str, tuple[str, ...]]] = {
    "vllm": ("thinking_token_budget",),
    "nim": ("nvext", "max_thinking_tokens"),
    "dynamo": ("nvext", "max_thinking_tokens"),
}
PRIORITY_KINDS: Final[Mapping[str, int]] = {"vllm": -1, "sglang": 1}
"""Kinds of backend whose requests have a member `priority`, and the sign of the higher one."""

THINKING_KINDS: Final = frozenset(_THINKING)
"""The kinds of backend that can be told how much they may think."""

WRITES_NOTHING: Final = "openai.embeddings"
_ANSWER: Final = ("max_tokens", "max_completion_tokens")
_BEFORE: Final = ("n_predict",)
"""Members that some servers heed before those, and others don't know."""


def limit_members(
    kind: str, limits: TokenLimits, asked: Mapping[str, Scalar], dialect: str
) -> dict[tuple[str, ...], Scalar]:
    """The members to set, by path; `asked` are the request's own.

    Raises PolicyError for a limit that this kind of backend can't be told.
    """
    members: dict[tuple[str, ...], Scalar] = {}
    if dialect == WRITES_NOTHING:
        return members
    if limits.max_tokens is not None:
        members.update(_answer(kind, limits.max_tokens, asked, dialect))
    if limits.thinking_tokens is not None:
        path = _THINKING.get(kind)
        if path is None:
            raise PolicyError("The policy or tier limits thinking, which this backend can't be told; ask its operator.")
        members[path] = _least(limits.thinking_tokens, asked.get(path[-1]) if len(path) == 1 else None)
    return members


def priority_members(kind: str, priority: int, told: bool) -> dict[tuple[str, ...], Scalar | Removed]:
    """How a backend learns a request's priority. One that is not told does not learn the client's own either."""
    sign = PRIORITY_KINDS.get(kind)
    if sign is None:
        return {}
    return {("priority",): sign * priority if told else REMOVED}


def _answer(kind: str, most: int, asked: Mapping[str, Scalar], dialect: str) -> dict[tuple[str, ...], Scalar]:
    named = [name for name in _ANSWER if asked.get(name) is not None]
    if not named:
        named = ["max_completion_tokens" if kind == "openai" and dialect == "openai.chat" else "max_tokens"]
    named += [name for name in _BEFORE if asked.get(name) is not None]
    return {(name,): _least_answer(most, asked.get(name)) for name in named}


def _least_answer(most: int, asked: Scalar) -> int:
    """No answer at all is one token: vLLM, SGLang and Ollama read a zero as no limit in one member or another."""
    return max(_least(most, asked), 1)


def _least(most: int, asked: Scalar) -> int:
    """The smaller of a limit and what was asked for; less than nothing stands for no limit."""
    return min(most, asked) if isinstance(asked, int) and not isinstance(asked, bool) and asked >= 0 else most
