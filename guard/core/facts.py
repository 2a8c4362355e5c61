"""The policy's input: facts about a request, never its text unless the policy asks for it."""

from collections.abc import Mapping
from typing import Final

import msgspec

from guard.core.discreet import Discreet

Scalar = bool | int | float | str | None
"""A JSON value that has no members."""


class Identity(msgspec.Struct, frozen=True):
    """Who asks. `key` is the key's name in the configuration, never the key. `claims` are its token's, if any."""

    tenant: str
    key: str
    tier: str
    claims: Mapping[str, str] = {}


class ClientFacts(msgspec.Struct, frozen=True):
    """Where a request comes from: the peer's IP address, empty if it has none."""

    address: str = ""


class MessageFacts(Discreet, frozen=True):
    """One message: its role, how many characters of text it has and how many media parts.

    `language` (ISO 639-1, empty if unsure) is filled in only for a policy that names it, `text` only for one that asks
    for texts in its annotations.
    """

    role: str
    chars: int
    media: int = 0
    language: str = ""
    text: str = ""


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
    """One kind of finding: how often, the highest score, and where (JSON path, or a channel's field)."""

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


class CallFacts(msgspec.Struct, frozen=True):
    """A tool call earlier in this conversation.

    `offered`: the request offers a tool of this name. `answered`: its result is in the conversation. `findings` are the
    types found in that result; `untrusted` says that it looks like an attack.
    """

    name: str
    offered: bool = True
    answered: bool = False
    findings: tuple[str, ...] = ()
    untrusted: bool = False


class ConversationFacts(msgspec.Struct, frozen=True):
    """What was decided earlier in this conversation, as far as this process remembers: exchanges by their outcome."""

    exchanges: int = 0
    denied: int = 0
    blocked: int = 0
    redacted: int = 0
    types: tuple[str, ...] = ()


class BudgetFacts(msgspec.Struct, frozen=True):
    """What is left of the caller's budgets: tokens, whole nano-dollars (None: no such budget bounds or warns them).

    `name` is the budget of which the smallest share is left. Budgets of labels, which the policy has yet to give, are
    not among them.
    """

    tokens_left: int | None = None
    nanousd_left: int | None = None
    name: str = ""


NEWEST_MESSAGES: Final = 200
"""A policy engine reads each fact; a conversation of days has thousands of messages."""


class RequestFacts(Discreet, frozen=True):
    """What `data.guard.request` sees as `input`.

    `messages` are the newest ones, at most `NEWEST_MESSAGES`; `message_count` counts all.
    `dialect` names the API (`openai.chat`, `openai.completions`, `openai.embeddings`), `route` is its path. `members`
    are the request's members that can smuggle text or token ids past inspection, by dotted path. `scores` are the
    classifiers' highest scores over the request's texts, whatever the threshold. `now` is RFC 3339, UTC. `media` are
    the parts that are no text; `modalities` is what the backend is declared to take. `parameters` are the request's own
    scalar members; `tokens` is an estimate of the prompt. `calls` are the tool calls of the conversation so far.
    `budget` is filled in only for a policy that reads it.
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
    client: ClientFacts = ClientFacts()
    route: str = ""
    parameters: Mapping[str, Scalar] = {}
    tokens: int = 0
    calls: tuple[CallFacts, ...] = ()
    conversation: ConversationFacts = ConversationFacts()
    budget: BudgetFacts = BudgetFacts()
