"""Training text for indirect prompt injection: carriers with a buried instruction, and clean twins.

A carrier (tool result, document) has insertion points. The attack row fills one of them with an instruction aimed
at the assistant that reads the text; its twin fills the same points with text meant for people. Both classes draw
names, addresses, amounts, links, markup and hiding places from the same banks, so that none of these gives the label
away. All wording lives in the phrase files beside this module; nothing else is read. It can't see whether a user
wanted the instruction: a bare request in the first person is therefore always clean.
"""

import random
from collections.abc import Iterator
from typing import Literal

from models.corpus.injection_indirect_carriers import Carrier, draft, load_carriers, render
from models.corpus.injection_indirect_phrases import Filler, cut_marks, load_banks
from models.corpus.row import Row, Unit

SOURCE = "guard_injection_indirect"
MAX_WORDS = 320
ATTACK_FILES = ("goals", "frames", "whole", "wider")
SHARED_FILES = ("slots", "sentences", "imperatives", "wraps", "requests", "wider_clean")


def rows(seed: int, count: int) -> Iterator[Row]:
    """Yield `count` distinct rows, about 45 % of them attacks; the same seed gives the same rows."""
    for row, _, _ in marked_rows(seed, count):
        yield row


def marked_rows(seed: int, count: int) -> Iterator[tuple[Row, int, int]]:
    """Yield each row with the attack's character span (start, end) in its text; (0, 0) on clean rows."""
    author = _Author(seed)
    seen: set[str] = set()
    while len(seen) < count:
        for row, start, end in author.next_rows():
            if len(seen) < count and row.text not in seen:
                seen.add(row.text)
                yield row, start, end


class _Author:
    """Writes groups of rows: an attack and its twin, a lone clean text, or a very short pair."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311  (reproducible samples, no secrets)
        self._banks = load_banks((*ATTACK_FILES, *SHARED_FILES))
        self._filler = Filler(self._banks, seed)
        self._carriers = load_carriers()

    def next_rows(self) -> list[tuple[Row, int, int]]:
        dice = self._random.random()
        if dice < 0.74:
            return self._twins()
        if dice < 0.86:
            return self._bare()
        if dice < 0.93:
            return [self._in_carrier(self._random.choice(self._carriers), self._random.getrandbits(32), 0)]
        return [self._own_request()]

    def _twins(self) -> list[tuple[Row, int, int]]:
        carrier, sub = self._random.choice(self._carriers), self._random.getrandbits(32)
        pair = [self._in_carrier(carrier, sub, 1), self._in_carrier(carrier, sub, 0)]
        return pair if all(len(row.text.split()) <= MAX_WORDS for row, _, _ in pair) else []

    def _in_carrier(self, carrier: Carrier, sub: int, label: Literal[0, 1]) -> tuple[Row, int, int]:
        filler = self._filler.reseeded(sub)
        body = draft(carrier, filler)
        inserts = self._filler.reseeded(sub * 2 + label)
        bank, fills = inserts.inserts(body.points, carrier.clean_banks, label)
        text = render(body, fills, self._filler.reseeded(sub + 7))
        unit: Unit = carrier.unit
        ask = self._filler.reseeded(sub + 13)
        if ask.random.random() < 0.15:
            text, unit = ask.expand("{ask}").replace("◊", text), "prompt"
        return _row(text, label, unit, f"{carrier.name}/{bank}")

    def _bare(self) -> list[tuple[Row, int, int]]:
        """A tool result or snippet that is nothing but the instruction, against one that is plain text."""
        out = []
        labels: tuple[Literal[0, 1], ...] = (1, 0)
        for label in labels:
            bank, fills = self._filler.inserts(1, ("any",), label, alone=True)
            text = self._filler.expand(self._filler.random.choice(self._banks["bare"])).replace("◊", fills[0])
            unit: Unit = "tool" if self._random.random() < 0.5 else "document"
            out.append(_row(text, label, unit, f"bare/{bank}"))
        return out

    def _own_request(self) -> tuple[Row, int, int]:
        return _row(self._filler.expand("{own_request}"), 0, "prompt", "user/own_request")


def _row(marked: str, label: Literal[0, 1], unit: Unit, family: str) -> tuple[Row, int, int]:
    text, start, end = cut_marks(marked)
    kind = "indirect" if label else ""
    return Row(text, "injection", label, kind, unit, SOURCE, family), start, end
