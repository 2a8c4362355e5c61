"""A request as a dialect reads it."""

from collections.abc import Mapping

from guard.core.discreet import Discreet
from guard.core.facts import MediaFacts, MessageFacts, Scalar
from guard.core.frame import Frame


class Prompt(Discreet, frozen=True):
    """A request as a dialect reads it: a typed view beside the frame that keeps its bytes.

    `roles` says for each slot of the frame who speaks in it (`system`, `user`, `tool`, …), empty for texts outside the
    conversation, such as definitions of tools. `groups` are slots that a model reads as one text: a message's parts.
    `members` are the paths of members that smuggle. `usage_hidden` says that usage was asked of the backend on Guard's
    own account, so its chunk is not for the client. `message_of` says for each slot which of the
    messages it is of, None outside them. `names` are the request's own members, `parameters` those of them
    that are scalars; strings only if they are plain words.
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
