"""Tool calls of an answer: their names and arguments as they come in pieces, and what becomes of them.

An API joins the pieces of a call by its choice and its index among that choice's calls.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from guard.core.discreet import Discreet
from guard.core.spans import Edit

CALL_FIELDS: Final = ("tool_calls.", "function_call.")
"""How the fields of channels begin that are parts of calls."""

NO_CALL: Final = -1
"""The index of what stands in a call's place and is none: no two clients read it alike."""


class CallKey(msgspec.Struct, frozen=True):
    """Which call. `index` counts the calls of a choice; None is the one call of the API's older form."""

    choice: int
    index: int | None


class CallPiece(Discreet, frozen=True, gc=False):
    """A frame has a piece of this call: perhaps some text in its slots, perhaps nothing but its `id`.

    `odd`: its name or arguments are no strings.
    """

    key: CallKey
    id: str = ""
    odd: bool = False


class ToolCall(Discreet, frozen=True):
    """A complete call, as the client would get it.

    `names` are the pieces that its name came in. `unclear`: clients would not agree which calls these pieces are.
    `plain`: the arguments are a text and no JSON.
    """

    key: CallKey
    names: tuple[str, ...]
    arguments: str
    unclear: bool = False
    plain: bool = False

    @property
    def name(self) -> str:
        """The name: clients join its pieces."""
        return "".join(self.names)


class Refusal(Discreet, frozen=True):
    """Why a call is not handed on. `name` is the tool's, empty if it can't be said."""

    name: str
    code: str
    message: str = ""

    @property
    def text(self) -> str:
        """What the client is told, in one sentence."""
        subject = f"The call to `{self.name}`" if self.name else "A tool call"
        reason = f": {self.message}" if self.message else ""
        return f"{subject} was refused by policy ({self.code}){reason}"


class Ruling(Discreet, frozen=True):
    """What becomes of a call: it is refused, or handed on with these edits of its arguments."""

    refusal: Refusal | None = None
    edits: tuple[Edit, ...] = ()


class Amendment(Discreet, frozen=True):
    """What changes in one frame about the calls of one choice.

    `dropped` are the calls that leave it. `numbers` are the new indices of those that stay and move up. `edits` change
    the arguments of a call, whose text in this frame begins at its `base`. `emptied`: the choice has no call left.
    `said` are the refusals that the client learns of with this frame; `spoken`: the choice had content before.
    """

    choice: int
    dropped: frozenset[int | None] = frozenset()
    numbers: Mapping[int, int] = {}
    edits: Mapping[int | None, tuple[Edit, ...]] = {}
    bases: Mapping[int | None, int] = {}
    emptied: bool = False
    said: tuple[Refusal, ...] = ()
    spoken: bool = False
