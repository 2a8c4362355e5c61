"""What `data.guard.response` sees as `input`: one kind of finding in an answer, when it comes up first."""

from collections.abc import Mapping

import msgspec

from guard.core.facts import ClientFacts, ConversationFacts, FindingFacts, Identity


class AnswerFacts(msgspec.Struct, frozen=True):
    """A finding of a type that this field of the answer has not had yet.

    `field` is the channel's (`content`, `reasoning_content`, `tool_calls.arguments`, …), `chars` what it received so
    far. `scores` are the prompt's.
    """

    identity: Identity
    model: str
    backend: str
    dialect: str
    stream: bool
    now: str
    field: str
    choice: int
    chars: int
    finding: FindingFacts
    client: ClientFacts = ClientFacts()
    scores: Mapping[str, float] = {}
    conversation: ConversationFacts = ConversationFacts()
