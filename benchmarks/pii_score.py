"""Public measures of what was found in texts whose personal data is known: spans, words, characters, clean text."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec
import regex

from benchmarks.pii_set import OTHER, Example, Span

ALL: Final = "all"
PLACES: Final = {"STREET_ADDRESS": "LOCATION"}
"""How types are joined where a contender knows no addresses."""
_WORD: Final = regex.compile(r"[\p{L}\p{M}\p{N}]+")


class Quality(msgspec.Struct, frozen=True):
    """How well spans were found. `f2` counts recall four times as much as precision."""

    name: str
    spans: int
    precision: float
    recall: float
    f1: float
    f2: float


class Scores(msgspec.Struct, frozen=True):
    """One contender on all texts.

    `exact` are exact spans by type; `exact_joined` all of them with addresses counted as places; `words`: whether a
    word is personal data at all. `let_through` is the share of its letters and digits in no finding. `over` are
    findings in clean text per 1,000 words, `over_redacted` those in English of types that the starter policy redacts,
    `over_redacted_other` those in other languages.
    """

    exact: tuple[Quality, ...]
    exact_joined: Quality
    words: Quality
    let_through: float
    over: float
    over_redacted: float
    over_redacted_other: float
    recall_by_style: dict[str, float]


Found = Sequence[Sequence[Span]]
"""What was found in each text."""


def single(found: Iterable[tuple[float, Span]]) -> tuple[Span, ...]:
    """Where spans overlap, the longest is meant, and of several as long the one with the highest score."""
    kept: list[Span] = []
    for _, span in sorted(found, key=lambda one: (one[1].start - one[1].end, -one[0], one[1].start)):
        if all(span.end <= other.start or other.end <= span.start for other in kept):
            kept.append(span)
    return tuple(sorted(kept, key=lambda one: one.start))


def scores(
    examples: Sequence[Example], found: Found, clean: Sequence[Example], over: Found, redacted: frozenset[str]
) -> Scores:
    """Measures one contender."""
    types = sorted({span.type for one in examples for span in one.spans})
    kept = [tuple(span for span in spans if span.type in types) for spans in found]
    english = [(one, spans) for one, spans in zip(clean, over, strict=True) if one.style != OTHER]
    other = [(one, spans) for one, spans in zip(clean, over, strict=True) if one.style == OTHER]
    return Scores(
        exact=tuple(_exact(examples, kept, {type_: type_}, type_) for type_ in types)
        + (_exact(examples, kept, {type_: type_ for type_ in types}, ALL),),
        exact_joined=_exact(examples, kept, {type_: PLACES.get(type_, type_) for type_ in types}, ALL),
        words=_words(examples, kept),
        let_through=_let_through(examples, kept),
        over=_over(english + other, frozenset(types)),
        over_redacted=_over(english, redacted),
        over_redacted_other=_over(other, redacted),
        recall_by_style={
            style: _words(*_of_style(examples, kept, style)).recall for style in sorted({e.style for e in examples})
        },
    )


def _over(pairs: Sequence[tuple[Example, Sequence[Span]]], types: frozenset[str]) -> float:
    """Findings of these types per 1,000 words."""
    words = sum(len(_WORD.findall(one.text)) for one, _ in pairs)
    return round(1000 * sum(span.type in types for _, spans in pairs for span in spans) / max(words, 1), 2)


def _of_style(examples: Sequence[Example], found: Found, style: str) -> tuple[list[Example], list[Sequence[Span]]]:
    both = [(example, spans) for example, spans in zip(examples, found, strict=True) if example.style == style]
    return [example for example, _ in both], [spans for _, spans in both]


def _exact(examples: Sequence[Example], found: Found, types: dict[str, str], name: str) -> Quality:
    right = said = true = 0
    for example, spans in zip(examples, found, strict=True):
        ours = Counter((span.start, span.end, types[span.type]) for span in spans if span.type in types)
        theirs = Counter((span.start, span.end, types[span.type]) for span in example.spans if span.type in types)
        right += (ours & theirs).total()
        said += ours.total()
        true += theirs.total()
    return _quality(name, right, said, true)


def _words(examples: Sequence[Example], found: Found) -> Quality:
    right = said = true = 0
    for example, spans in zip(examples, found, strict=True):
        for word in _WORD.finditer(example.text):
            ours, theirs = _covers(spans, word.start()), _covers(example.spans, word.start())
            right += ours and theirs
            said += ours
            true += theirs
    return _quality("words", right, said, true)


def _let_through(examples: Sequence[Example], found: Found) -> float:
    open_, whole = 0, 0
    for example, spans in zip(examples, found, strict=True):
        for span in example.spans:
            places = [at for at in range(span.start, span.end) if example.text[at].isalnum()]
            whole += len(places)
            open_ += sum(not _covers(spans, at) for at in places)
    return round(open_ / whole, 4)


def _covers(spans: Sequence[Span], at: int) -> bool:
    return any(span.start <= at < span.end for span in spans)


def _quality(name: str, right: int, said: int, true: int) -> Quality:
    precision, recall = right / max(said, 1), right / max(true, 1)
    return Quality(
        name, true, round(precision, 4), round(recall, 4), _f(precision, recall, 1), _f(precision, recall, 2)
    )


def _f(precision: float, recall: float, beta: float) -> float:
    weighted = beta * beta * precision + recall
    return round((1 + beta * beta) * precision * recall / weighted, 4) if weighted else 0.0
