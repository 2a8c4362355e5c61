"""The policy's input: facts about a request, never its text."""

from collections.abc import Mapping
from typing import Final

import msgspec


class Identity(msgspec.Struct, frozen=True):
    """Who asks. `key` is the key's name in the configuration, never the key."""

    tenant: str
    key: str
    tier: str


class MessageFacts(msgspec.Struct, frozen=True):
    """One message: its role, how many characters of text it has and how many media parts."""

    role: str
    chars: int
    media: int = 0


class MediaFacts(msgspec.Struct, frozen=True):
    """Media parts of one kind: `image`, `audio`, `video` or `file`.

    `source` is `inline` (in the request), `remote` (a URL, which Guard does not fetch) or `id` (a backend's own file).
    `type` is the media type that an inline part states, `host` a remote one's host; empty if there is none. `bytes` are
    those of all inline parts, decoded.
    """

    kind: str
    source: str
    type: str
    host: str
    count: int
    bytes: int


class FindingFacts(msgspec.Struct, frozen=True):
    """One kind of finding in the request: how often, the highest score, and where (JSON path without indices)."""

    type: str
    group: str
    severity: int
    count: int
    score: float
    engine: str
    path: str


class EngineFacts(msgspec.Struct, frozen=True):
    """One engine's status on the request: OK, ERROR, TIMEOUT or SKIPPED."""

    name: str
    status: str


NEWEST_MESSAGES: Final = 200
"""A policy engine reads each fact; a conversation of days has thousands of messages."""


class RequestFacts(msgspec.Struct, frozen=True):
    """What `data.guard.request` sees as `input`.

    `messages` are the newest ones, at most `NEWEST_MESSAGES`; `message_count` counts all.
    `dialect` names the API (`openai.chat`, `openai.completions`, `openai.embeddings`). `members` are the request's
    members that can smuggle text or token ids past inspection, by dotted path. `scores` are the classifiers' highest
    scores over the request's texts, whatever the threshold. `now` is RFC 3339, UTC. `media` are the parts that are no
    text; `modalities` is what the backend is declared to take.
    """

    identity: Identity
    model: str
    backend: str
    dialect: str
    stream: bool
    choices: int
    max_tokens: int | None
    messages: tuple[MessageFacts, ...]
    message_count: int
    tools: tuple[str, ...]
    members: tuple[str, ...]
    findings: tuple[FindingFacts, ...]
    engines: tuple[EngineFacts, ...]
    scores: Mapping[str, float]
    prompt_chars: int
    now: str
    media: tuple[MediaFacts, ...] = ()
    modalities: tuple[str, ...] = ()
