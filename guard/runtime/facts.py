"""What a policy is told about a request. What costs something to learn is learned only for a policy that reads it."""

import time
from collections.abc import Callable, Collection

import msgspec

from guard.core.answer_facts import AnswerFacts
from guard.core.channel import Channel
from guard.core.facts import (
    NEWEST_MESSAGES,
    ClientFacts,
    ConversationFacts,
    FindingFacts,
    Identity,
    MessageFacts,
    RequestFacts,
)
from guard.core.finding import Finding
from guard.core.prompt import Prompt
from guard.core.taxonomy import group_of, severity_of
from guard.metering.usage import estimate
from guard.runtime.prompt_check import PromptCheck
from guard.runtime.tool.history import earlier_calls

LANGUAGES = "messages.language"
TEXTS = "messages.text"

Language = Callable[[str], str]
"""Tells a text's language, ISO 639-1, empty if unsure."""


def no_language(_text: str) -> str:
    """Where nobody tells languages."""
    return ""


class Asker(msgspec.Struct, frozen=True):
    """Who asks, whence, by which API and of which backend, and what is remembered of the conversation."""

    identity: Identity
    client: ClientFacts
    dialect: str
    route: str
    backend: str
    modalities: tuple[str, ...] = ()
    conversation: ConversationFacts = ConversationFacts()


def request_facts(
    asker: Asker, prompt: Prompt, check: PromptCheck, reads: Collection[str], language: Language = no_language
) -> RequestFacts:
    """What `data.guard.request` sees. `reads`: see `ports.PolicyEngine`."""
    chars = chars_of(prompt)
    return RequestFacts(
        identity=asker.identity,
        model=prompt.model,
        backend=asker.backend,
        dialect=asker.dialect,
        stream=prompt.stream,
        choices=prompt.choices,
        max_tokens=prompt.max_tokens,
        messages=_messages(prompt, reads, language),
        message_count=len(prompt.messages),
        tools=prompt.tools,
        members=prompt.members,
        findings=check.findings(),
        engines=check.engines(),
        scores=check.scores(),
        prompt_chars=chars,
        now=now(),
        media=prompt.media,
        modalities=asker.modalities,
        client=asker.client,
        route=asker.route,
        parameters=prompt.parameters,
        tokens=estimate(chars, 0),
        calls=earlier_calls(prompt, check),
        conversation=asker.conversation,
    )


def answer_facts(request: RequestFacts, finding: Finding, channel: Channel, chars: int) -> AnswerFacts:
    """What `data.guard.response` sees of a finding in the answer to this request."""
    type_ = finding.type
    return AnswerFacts(
        identity=request.identity,
        model=request.model,
        backend=request.backend,
        dialect=request.dialect,
        stream=request.stream,
        now=now(),
        field=channel.field,
        choice=channel.choice,
        chars=chars,
        finding=FindingFacts(
            type_, group_of(type_), severity_of(type_), 1, finding.score, finding.engine, channel.field
        ),
        client=request.client,
        scores=request.scores,
        conversation=request.conversation,
    )


def now() -> str:
    """The time, RFC 3339, UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def texts_of(prompt: Prompt) -> tuple[str, ...]:
    """The texts of the whole request."""
    return tuple(slot.text for slot in prompt.frame.slots)


def chars_of(prompt: Prompt) -> int:
    """Characters in the whole request that a model may read."""
    return sum(len(slot.text) for slot in prompt.frame.slots) + prompt.aside_chars


def pictures_of(prompt: Prompt) -> int:
    """How many pictures it has."""
    return sum(part.count for part in prompt.media if part.kind == "image")


def _messages(prompt: Prompt, reads: Collection[str], language: Language) -> tuple[MessageFacts, ...]:
    newest = prompt.messages[-NEWEST_MESSAGES:]
    wants_texts, wants_languages = TEXTS in reads, LANGUAGES in reads
    if not (wants_texts or wants_languages):
        return newest
    texts = _texts(prompt)[-NEWEST_MESSAGES:]
    return tuple(
        msgspec.structs.replace(
            message,
            language=language(text) if wants_languages else "",
            text=text if wants_texts else "",
        )
        for message, text in zip(newest, texts, strict=True)
    )


def _texts(prompt: Prompt) -> list[str]:
    """Each message's text, its parts joined by a line's end."""
    said: dict[int, list[str]] = {index: [] for index in range(len(prompt.messages))}
    for slot, message in zip(prompt.frame.slots, prompt.message_of, strict=False):
        if message is not None:
            said[message].append(slot.text)
    return ["\n".join(parts) for parts in said.values()]
