"""How an answer's tokens are shared between thoughts, tool calls and the rest. Pure.

Backends report thoughts at most, and no API reports tool calls. What is left over is the answer's: marks that leave no
text, such as the end of a turn, are tokens as well.
"""

from typing import Final

import msgspec

from guard.core.usage import Usage, UsageSource
from guard.metering.count.evidence import Counted, Evidence
from guard.metering.usage import is_sound

_MARKS: Final = 3
"""Tokens of one answer that leave no piece: the tags around thoughts, and its end."""
_SHARE: Final = 20
"""A tokenizer that is off the backend's total by more than a twentieth, and some, is not that model's alone."""
_SOME: Final = 8
_SYNTAX: Final = 64
"""What the marks and names around calls may come to."""


class Split(msgspec.Struct, frozen=True):
    """Parts of a completion and where they come from; None where there is none of the kind."""

    reasoning: int | None = None
    tool: int | None = None
    reasoning_source: UsageSource | None = None
    tool_source: UsageSource | None = None


def split(completion: int, told: Usage, known: Evidence) -> Split:
    """The parts of a completion of so many tokens."""
    reasoning, tool, source = _guess(completion, told, known)
    thought = tool_source = None
    if is_sound(told.reasoning):
        reasoning, thought = told.reasoning, UsageSource.PROVIDER
    elif reasoning is not None:
        thought = source
    if is_sound(told.tool):
        tool, tool_source = told.tool, UsageSource.PROVIDER
    elif tool is not None:
        tool, tool_source = min(tool, max(completion - (reasoning or 0), 0)), source
    return Split(reasoning, tool, thought, tool_source)


def needs_count(told: Usage | None, known: Evidence) -> bool:
    """Whether a tokenizer would know more of the parts than is known without one."""
    told = told or Usage()
    parts = bool(known.tool.chars) or bool(known.reasoning.chars and not is_sound(told.reasoning))
    return parts and not _by_piece(told.completion or 0, told, known)


def _guess(completion: int, told: Usage, known: Evidence) -> tuple[int | None, int | None, UsageSource]:
    """Thoughts and calls by what is known without the backend's word; None for what was not written."""
    thoughts, calls = known.reasoning, known.tool
    counted, source = known.counted, UsageSource.ESTIMATED
    if _by_piece(completion, told, known):
        sizes, source = (thoughts.pieces, calls.pieces), UsageSource.COUNTED
    elif counted is not None and counted.whole and not _too_many(counted, completion):
        sizes = counted.reasoning, counted.tool
        source = UsageSource.ESTIMATED if _too_few(counted, completion, known) else UsageSource.COUNTED
    elif known.streamed and completion == known.pieces:
        sizes = thoughts.pieces, calls.pieces
    else:
        sizes = _part(completion, thoughts.chars, known), _part(completion, calls.chars, known)
    reasoning = min(sizes[0], completion) if thoughts.chars else None
    tool = min(sizes[1], completion - (reasoning or 0)) if calls.chars else None
    return reasoning, tool, source


def _by_piece(completion: int, told: Usage, known: Evidence) -> bool:
    """Whether the backend sent one token a piece: its own count says so. Calls have tokens that leave no piece."""
    if not known.streamed or known.tool.chars or not is_sound(told.completion):
        return False
    if known.untold.pieces or known.cut_at is not None:
        return False
    return 0 <= completion - known.pieces <= _MARKS * known.choices


def _too_many(counted: Counted, completion: int) -> bool:
    return counted.completion > completion + completion // _SHARE + _SOME


def _too_few(counted: Counted, completion: int, known: Evidence) -> bool:
    """Whether more is missing than marks and the syntax of calls: thoughts that nobody shows, or another model."""
    syntax = _SYNTAX if known.tool.chars else 0
    return counted.completion < completion - completion // _SHARE - _SOME - syntax


def _part(completion: int, chars: int, known: Evidence) -> int:
    total = known.chars
    return (completion * chars + total // 2) // total if total else 0
