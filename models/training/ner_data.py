"""What the token model learns from: words, and for each the labels that it may have.

A public set tells only some of our types apart, so what it leaves open is left open: a word is taught as a *set* of
labels, and the model may choose within it. Sets are bit masks over `LABELS`.
"""

import gzip
import json
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import regex

from models.corpus.names import NamedText, Writer

TYPES = ("PERSON", "LOCATION", "ORGANIZATION", "STREET_ADDRESS", "DATE_TIME", "NRP", "AGE")
LABELS = ("O", *(f"{mark}-{kind}" for kind in TYPES for mark in "BI"))
BIT = {label: 1 << index for index, label in enumerate(LABELS)}
ANY = (1 << len(LABELS)) - 1
WORD = regex.compile(r"[\p{L}\p{M}\p{N}]{1,64}|\S")
"""Words as the proxy cuts them."""

_MAPPED = {
    "PER": "PERSON", "person": "PERSON", "LOC": "LOCATION", "location": "LOCATION", "ORG": "ORGANIZATION",
    "corporation": "ORGANIZATION", "group": "ORGANIZATION",
}  # fmt: skip
_OPEN = {"MISC"}
"""Tags that may hold nationalities and what is no type of ours: nothing is taught of them."""

_UNTOLD = ("STREET_ADDRESS", "DATE_TIME", "NRP", "AGE")
"""Types that the public sets do not tag."""

_OUTSIDE = BIT["O"] | sum(BIT[f"{mark}-{kind}"] for kind in _UNTOLD for mark in "BI")
_NO_SPACE_BEFORE = frozenset(".,;:!?)]}%'\u2019")
_NO_SPACE_AFTER = frozenset("([{$#@")


class Sentence(NamedTuple):
    """Words, the labels that each may have, and where the text comes from."""

    words: tuple[str, ...]
    masks: tuple[int, ...]
    source: str
    weight: float = 1.0
    spans: tuple[tuple[int, int, str], ...] = ()
    """Entities in words: (first, behind the last, type)."""


def shape(word: str) -> int:
    """The case of a word: 0 no upper case, 1 only the first letter, 2 all of several letters, 3 any other."""
    letters = [c for c in word if c.isalpha()]
    upper = sum(c.isupper() for c in letters)
    if not upper:
        return 0
    if upper == 1 and word[0].isupper():
        return 1
    return 2 if upper == len(letters) else 3


def labelled(spans: Sequence[tuple[int, int, str]], count: int, outside: int, location: int = 0) -> tuple[int, ...]:
    """Masks of words from entities in words."""
    masks = [outside] * count
    for start, end, kind in spans:
        for index in range(start, end):
            label = f"{'B' if index == start else 'I'}-{kind}"
            masks[index] = ANY if not kind else BIT[label] | (location if kind == "LOCATION" else 0)
    return tuple(masks)


def of_text(named: NamedText) -> Sentence:
    """A written text in words."""
    found = [(match.start(), match.end(), match[0]) for match in WORD.finditer(named.text)]
    spans = []
    for start, end, kind in named.spans:
        inside = [index for index, (a, b, _) in enumerate(found) if a < end and b > start]
        if inside:
            spans.append((inside[0], inside[-1] + 1, kind))
    words = tuple(word for *_, word in found)
    told = tuple(span for span in spans if span[2])
    return Sentence(words, labelled(spans, len(words), BIT["O"]), f"written_{named.style}", 1.0, told)


def public(path: Path) -> Iterator[Sentence]:
    """The public sets' sentences."""
    with gzip.open(path, "rt", encoding="utf-8") as rows:
        for row in map(json.loads, rows):
            yield _public(row["tokens"], row["tags"], row["source"])


def _public(tokens: Sequence[str], tags: Sequence[str], source: str) -> Sentence:
    words: list[str] = []
    kinds: list[str] = []
    begins: list[bool] = []
    before = "O"
    for token, tag in zip(tokens, tags, strict=True):
        kind = tag.partition("-")[2] if tag != "O" else "O"
        parts = WORD.findall(token)
        for index, part in enumerate(parts):
            words.append(part)
            kinds.append(kind)
            begins.append(index == 0 and (tag.startswith("B-") or kind != before))
        before = kind
    masks: list[int] = []
    spans: list[tuple[int, int, str]] = []
    for index, (kind, begin) in enumerate(zip(kinds, begins, strict=True)):
        if kind in _OPEN:
            masks.append(ANY)
        elif kind not in _MAPPED:
            masks.append(_OUTSIDE)
        else:
            ours = _MAPPED[kind]
            mask = BIT[f"{'B' if begin else 'I'}-{ours}"]
            if ours == "LOCATION" and source.startswith("sec"):
                mask |= BIT["B-STREET_ADDRESS"] | BIT["I-STREET_ADDRESS"]
            masks.append(mask)
            if begin:
                spans.append((index, index + 1, ours))
            elif spans:
                spans[-1] = (spans[-1][0], index + 1, ours)
    return Sentence(tuple(words), tuple(masks), source, 1.0, tuple(spans))


def silver(path: Path) -> Iterator[Sentence]:
    """Texts that another tagger has read (`ner_silver`): clean ones are taught as such, others with less weight."""
    with gzip.open(path, "rt", encoding="utf-8") as rows:
        for row in map(json.loads, rows):
            words = tuple(row["words"])
            spans = [tuple(span) for span in row["spans"]]
            weight = 1.0 if not spans else 0.4
            source = "silver" if spans else "clean"
            yield Sentence(words, labelled(spans, len(words), BIT["O"]), source, weight, tuple(spans))


def written(seed: int, named: int, plain: int, left_out: bool) -> list[Sentence]:
    """Fresh texts from the templates."""
    writer = Writer(seed, left_out)
    return [of_text(text) for text in (*writer.named(named), *writer.plain(plain))]


def cropped(sentence: Sentence, most: int, rng: random.Random) -> Sentence:
    """A stretch of it, as a stream shows it: begun in the middle, ended anywhere."""
    size = len(sentence.words)
    if size <= 4 or (size <= most and rng.random() < 0.6):
        start, end = 0, min(size, most)
    else:
        start = rng.choice((0, rng.randrange(size - 3)))
        end = min(size, start + rng.randint(4, most))
    masks = list(sentence.masks[start:end])
    if start and masks:
        # What began before the crop may begin anywhere here.
        inside = [kind for kind in TYPES if masks[0] & BIT[f"I-{kind}"]]
        for kind in inside:
            masks[0] |= BIT[f"B-{kind}"]
    return Sentence(sentence.words[start:end], tuple(masks), sentence.source, sentence.weight)


def recased(words: Sequence[str], rng: random.Random) -> Sequence[str]:
    """Now and then without capitals, or in capitals alone."""
    choice = rng.random()
    if choice < 0.13:
        return [word.lower() for word in words]
    return [word.upper() for word in words] if choice < 0.17 else words
