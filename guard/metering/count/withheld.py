"""How many of an answer's tokens did not reach the client: by class, since JSON has more tokens to a character. Pure.

It can't see which tokens: what was masked, cut off or kept back is told by its characters.
"""

import msgspec

from guard.core.usage import Usage


class Withheld(msgspec.Struct, frozen=True):
    """Code points of one class: what was written, and what of it did not reach the client."""

    chars: int = 0
    written: int = 0


def withheld_tokens(usage: Usage, answer: Withheld, reasoning: Withheld, tool: Withheld) -> int:
    """Tokens that did not reach the client; all of them, also those without text, if no character did."""
    completion = usage.completion or 0
    parts = answer, reasoning, tool
    chars, written = sum(part.chars for part in parts), sum(part.written for part in parts)
    if not chars or not written:
        return 0
    if chars >= written:
        return completion
    thoughts, calls = min(usage.reasoning or 0, completion), usage.tool or 0
    said = max(completion - thoughts - calls, 0)
    # Of a text that begins with thoughts between tags, what was written first is withheld last.
    over = max(answer.chars - answer.written, 0)
    reasoning = Withheld(reasoning.chars + over, reasoning.written)
    tokens = _share(said, answer) + _share(thoughts, reasoning) + _share(calls, tool)
    return min(max(tokens, 1), completion)


def _share(tokens: int, part: Withheld) -> int:
    if not part.written:
        return 0
    return (tokens * min(part.chars, part.written) + part.written // 2) // part.written
