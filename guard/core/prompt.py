"""A request as a dialect reads it."""

from collections.abc import Mapping

from guard.core.discreet import Discreet
from guard.core.facts import MediaFacts, MessageFacts, Scalar
from guard.core.frame import Frame


class EarlierCall(Discreet, frozen=True):
    """A tool call earlier in the conversation. `results` are the slots of what it answered, if it is `answered`.

    `name` is empty if it could be anything else than a name, or if a result's call is not there.
    """

    name: str
    answered: bool = False
    results: tuple[int, ...] = ()


class OfferedTool(Discreet, frozen=True):
    """A tool that the model may call: its name, and the JSON Schema of its arguments as it came, empty without one."""

    name: str
    schema: bytes = b""


class Prompt(Discreet, frozen=True):
    """A request as a dialect reads it: a typed view beside the frame that keeps its bytes.

    `roles` says for each slot of the frame who speaks in it (`system`, `user`, `tool`, …), empty for texts outside the
    conversation, such as definitions of tools. `groups` are slots that a model reads as one text: a message's parts.
    `members` are the paths of members that smuggle. `usage_hidden` says that usage was asked of the backend on Guard's
    own account, so its chunk is not for the client. `message_of` says for each slot which of the
    messages it is of, None outside them. `names` are the request's own members, `parameters` those of them
    that are scalars; strings only if they are plain words. `calls` are the tool calls made so far, `offered` the tools.
    `aside_chars` are those of names, plain words and numbers that a model may read and that are in no slot.
    """

    frame: Frame
    model: str
    stream: bool
    choices: int
    max_tokens: int | None
    messages: tuple[MessageFacts, ...]
    tools: tuple[str, ...]
    members: tuple[str, ...]
    usage_hidden: bool = False
    roles: tuple[str, ...] = ()
    groups: tuple[tuple[int, ...], ...] = ()
    media: tuple[MediaFacts, ...] = ()
    message_of: tuple[int | None, ...] = ()
    names: tuple[str, ...] = ()
    parameters: Mapping[str, Scalar] = {}
    calls: tuple[EarlierCall, ...] = ()
    offered: tuple[OfferedTool, ...] = ()
    aside_chars: int = 0
