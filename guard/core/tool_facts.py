"""What `data.guard.tool` sees as `input`: one complete tool call of an answer, and where its arguments come from."""

from collections.abc import Mapping

import msgspec

from guard.core.discreet import Discreet
from guard.core.facts import CallFacts, ClientFacts, ConversationFacts, FindingFacts, Identity


class OneCall(Discreet, frozen=True):
    """The call. `arguments` is their JSON value, null if they are none; `schema` the tool's own, null without one.

    `offered`: the request offers a tool of this name. `valid`: the arguments are JSON and fit the schema. `index` is
    the call's in its answer, `choice` the answer's.
    """

    name: str
    offered: bool
    valid: bool
    arguments: object = None
    schema: object = None
    index: int = 0
    choice: int = 0


class SourceFacts(msgspec.Struct, frozen=True):
    """A value of the arguments, by its path (`$.to`, `$.list[0]`), that stands in an earlier message.

    `source` is that message's role; for a tool's result `tool` is its name. `untrusted`: it looks like an attack.
    """

    path: str
    source: str
    tool: str = ""
    untrusted: bool = False


class ToolFacts(Discreet, frozen=True):
    """Everything about one call. `calls` are the earlier ones, those of this answer included."""

    identity: Identity
    model: str
    backend: str
    dialect: str
    stream: bool
    now: str
    tool: OneCall
    client: ClientFacts = ClientFacts()
    calls: tuple[CallFacts, ...] = ()
    sources: tuple[SourceFacts, ...] = ()
    findings: tuple[FindingFacts, ...] = ()
    scores: Mapping[str, float] = {}
    conversation: ConversationFacts = ConversationFacts()
