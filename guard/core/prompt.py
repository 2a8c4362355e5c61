"""A request as a dialect reads it."""

from guard.core.discreet import Discreet
from guard.core.facts import MediaFacts, MessageFacts
from guard.core.frame import Frame


class Prompt(Discreet, frozen=True):
    """A request as a dialect reads it: a typed view beside the frame that keeps its bytes.

    `roles` says for each slot of the frame who speaks in it (`system`, `user`, `tool`, …), empty for texts outside the
    conversation, such as definitions of tools. `groups` are slots that a model reads as one text: a message's parts.
    `members` are the paths of members that smuggle. `usage_hidden` says that usage was asked of the backend on Guard's
    own account, so its chunk is not for the client.
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
