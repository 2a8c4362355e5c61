"""A finding: what an engine saw, by type and place, never by text."""

import msgspec

from guard.core.action import Action


class Finding(msgspec.Struct, frozen=True):
    """One thing an engine saw in one channel.

    `start` and `end` are code points of the channel's text, half-open. `continues` marks a further piece of the same
    finding (a key block that is still flowing): it extends the mask before it. `bare` says that the span lies outside a
    JSON string, so a mask needs quotes of its own, written as `quote`. `threshold` is the score from which its engine
    would count it; a policy's own threshold goes before it. `loose` says that its ends are a model's guess. `decided`
    is the action that the policy chose for this very finding, None where the plan holds.
    """

    type: str
    start: int
    end: int
    score: float = 1.0
    engine: str = "pattern"
    rule: str = ""
    version: str = ""
    continues: bool = False
    bare: bool = False
    quote: str = '"'
    threshold: float = 0.0
    loose: bool = False
    decided: Action | None = None
