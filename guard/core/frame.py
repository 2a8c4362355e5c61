"""A frame: one unit of the wire (an SSE event, or a whole JSON body) and the texts that lie in it.

The frame keeps the bytes as they came. A slot says where in those bytes a text's JSON literal stands, so that a
changed text is spliced in and every other byte stays as it was.
"""

from guard.core.channel import Channel
from guard.core.discreet import Discreet
from guard.core.tool_call import CallPiece
from guard.core.usage import Usage


class Slot(Discreet, frozen=True, gc=False):
    """One text in a frame: `raw[start:end]` is its JSON literal (with its quotes, for a string)."""

    channel: Channel
    text: str
    start: int
    end: int


class Frame(Discreet, frozen=True, gc=False):
    """One unit of the wire.

    `shadows` are byte spans of values that repeat a slot's text in another form (log-probabilities, token ids); they
    become `null` when a text of the frame changes. `closes` are channels that end with this frame, `finishes` choices
    all of whose channels do, and `last` says that every channel does. `splittable` says that the frame may be sent in
    two, each with a part of its one text. `patches` are byte spans that Guard itself replaces. `failure` marks an error
    that the backend reports in place of an answer. `calls` are the tool calls that it has a piece of.
    """

    raw: bytes
    slots: tuple[Slot, ...] = ()
    shadows: tuple[tuple[int, int], ...] = ()
    closes: tuple[Channel, ...] = ()
    finishes: tuple[int, ...] = ()
    last: bool = False
    splittable: bool = False
    usage: Usage | None = None
    patches: tuple[tuple[int, int, bytes], ...] = ()
    failure: bool = False
    calls: tuple[CallPiece, ...] = ()
