"""What a pattern means, in the plainest way: the oracle that detectors and the automaton are tested against.

At every position, from left to right: the greedy match of the body, its neighbours, its validator. A rejected match
hides nothing behind its first character; a confirmed value hides the matches that end inside it. A region runs to the
end of its footer, or of the text. Texts are folded with the product's own fold.
"""

from collections.abc import Iterable, Iterator
from functools import cache

import regex

from guard.scan.fold import CharTable, Fold
from guard.scan.pattern import Pattern

FLAGS = regex.VERSION0 | regex.ASCII | regex.DOTALL


@cache
def compiled(expression: str, caseless: bool, flags: int = 0) -> "regex.Pattern[str]":
    return regex.compile(expression, FLAGS | flags | (regex.IGNORECASE if caseless else 0))


def spans(pattern: Pattern, text: str, flags: int = 0) -> Iterator[tuple[int, int]]:
    """The spans of the values that `pattern` finds in a folded text. `flags` changes how its body is matched."""
    done = 0
    for at in range(len(text)):
        if _is_any_of(text[at - 1 : at], pattern.not_after):
            continue
        match = compiled(pattern.body, pattern.caseless, flags).match(text, at)
        if match is None or match.end() <= done or _is_any_of(text[match.end() :][:1], pattern.not_before):
            continue
        span = _value(pattern, text, match)
        if span is not None:
            done = span[1]
            yield span


def _value(pattern: Pattern, text: str, match: "regex.Match[str]") -> tuple[int, int] | None:
    if pattern.until:
        footer = compiled(pattern.until, pattern.caseless).search(text, match.end())
        return match.start(), footer.end() if footer else len(text)
    if pattern.validate is None:
        return match.start(), match.end()
    inner = pattern.validate(str(match.group()))
    return None if inner is None else (match.start() + inner[0], match.start() + inner[1])


def _is_any_of(char: str, members: str) -> bool:
    return bool(members and char and compiled(f"[{members}]", False).match(char))


def backtracking_spans(pattern: Pattern, text: str) -> Iterator[tuple[int, int]]:
    """The same, where a match may shrink until its neighbour suits it: a pattern must not depend on which."""
    before = f"(?<![{pattern.not_after}])" if pattern.not_after else ""
    after = f"(?![{pattern.not_before}])" if pattern.not_before else ""
    done = 0
    for match in compiled(f"{before}(?:{pattern.body}){after}", pattern.caseless).finditer(text, overlapped=True):
        span = _value(pattern, text, match) if match.end() > done else None
        if span is not None:
            done = span[1]
            yield span


def fold(text: str) -> tuple[str, list[int], list[int]]:
    """The normal form of a text, and where each of its characters begins and ends in what was received."""
    folded = Fold(CharTable()).feed(text, final=True)
    size = len(folded.text)
    starts = folded.starts if folded.starts is not None else list(range(size))
    ends = folded.ends if folded.ends is not None else list(range(1, size + 1))
    return folded.text, starts, ends


def find(patterns: Iterable[Pattern], text: str, type_: str) -> list[str]:
    """The values of one type in a text as it was received, in order; of overlapping ones only the first and longest."""
    folded, starts, ends = fold(text)
    found = sorted(
        {span for pattern in patterns if pattern.type == type_ for span in spans(pattern, folded)},
        key=lambda span: (span[0], -span[1]),
    )
    values: list[str] = []
    at = 0
    for start, end in found:
        if start >= at:
            values.append(text[starts[start] : ends[end - 1]])
            at = end
    return values
