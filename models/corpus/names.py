"""Texts with people, places, organisations, addresses, dates and ages in them, for the token model.

Templates stand in `names/`: a section `@ style` (or, for languages other than English, `@ locale`) and one template a
line. Slots are filled with Faker's invented values, so nobody real is meant; a slot of `LABELS` is an entity, any
other is not, however much it looks like one. Needs Faker; is no part of the proxy.
"""

import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from faker import Faker

from models.corpus.names_value import Values

_SLOT = re.compile(r"\{([a-z_]+)\}")
_FOLDER = Path(__file__).with_name("names")
ENGLISH = ("en_US", "en_US", "en_GB", "en_IN", "en_AU", "en_CA", "en_IE", "en_NZ")
"""Locales of an English text that says nothing else."""

ROMAN = (
    "de_DE", "fr_FR", "es_ES", "it_IT", "pt_BR", "nl_NL", "pl_PL", "sv_SE", "da_DK", "no_NO", "fi_FI", "cs_CZ", "tr_TR",
    "ro_RO", "hu_HU", "hr_HR", "id_ID", "vi_VN", "es_MX", "fr_CA", "de_AT", "pt_PT", "sl_SI", "et_EE", "lt_LT", "fil_PH",
)  # fmt: skip
"""Locales whose names stand in an English text now and then."""

HELD_OUT_LOCALES = ("hu_HU", "fi_FI", "en_NZ")
HELD_OUT_STYLES = ("essay", "medical")
"""What the trial run does not see."""


class NamedText(NamedTuple):
    """A text and what is named in it: (start, end, type) in code points, in order."""

    text: str
    spans: tuple[tuple[int, int, str], ...]
    style: str
    locale: str


class Template(NamedTuple):
    """One line of the files."""

    text: str
    style: str
    locale: str


def templates() -> list[Template]:
    """All templates; `locale` is empty for English ones."""
    found = []
    for name in ("english", "european", "plain"):
        style = ""
        for line in (_FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines():
            if line.startswith("@ "):
                style = line[2:].strip()
            elif line:
                european = name == "european"
                text = line.replace("\\n", "\n").replace("\\t", "\t")
                found.append(Template(text, "letter", style) if european else Template(text, style, ""))
    return found


class Writer:
    """Fills templates, reproducibly."""

    def __init__(self, seed: int, left_out: bool = False) -> None:
        """`left_out`: without the styles and locales that a trial is tested on."""
        self._rng = random.Random(seed)
        self._fakes: dict[str, Faker] = {}
        self._left_out = left_out
        self._templates = [t for t in templates() if not (left_out and t.style in HELD_OUT_STYLES)]
        self._named = [t for t in self._templates if t.style not in ("heading", "tech", "everyday")]
        self._plain = [t for t in self._templates if t.style in ("heading", "tech", "everyday")]

    def named(self, count: int) -> Iterator[NamedText]:
        """Texts that name somebody or something."""
        for _ in range(count):
            yield self.write(self._rng.choice(self._named))

    def plain(self, count: int) -> Iterator[NamedText]:
        """Texts that name nobody."""
        for _ in range(count):
            yield self.write(self._rng.choice(self._plain))

    def write(self, template: Template, locale: str = "") -> NamedText:
        """One text."""
        home = locale or template.locale or self._locale()
        out, spans, at, size = [], [], 0, 0
        values = Values(self._fake(home), self._rng, home)
        for slot in _SLOT.finditer(template.text):
            before = template.text[at : slot.start()]
            value = values.value(slot[1])
            if value is None:
                continue
            if not template.locale and not locale and self._rng.random() < 0.12:
                values = Values(self._fake(self._locale()), self._rng, home)
            size += len(before)
            out += [before, value]
            spans += [(size + a, size + b, kind) for a, b, kind in values.spans(slot[1], value)]
            size += len(value)
            at = slot.end()
        out.append(template.text[at:])
        text = "".join(out)
        return NamedText(text, _joined(text, spans), template.style, home)

    def _locale(self) -> str:
        pool = ENGLISH if self._rng.random() < 0.65 else ROMAN
        known = [name for name in pool if not (self._left_out and name in HELD_OUT_LOCALES)]
        return self._rng.choice(known)

    def _fake(self, locale: str) -> Faker:
        if locale not in self._fakes:
            self._fakes[locale] = Faker(locale)
            self._fakes[locale].seed_instance(self._rng.randrange(1 << 30))
        return self._fakes[locale]


def _joined(text: str, spans: list[tuple[int, int, str]]) -> tuple[tuple[int, int, str], ...]:
    """A first and a last name side by side are one name."""
    found: list[tuple[int, int, str]] = []
    for start, end, kind in spans:
        if found and found[-1][2] == kind == "PERSON" and text[found[-1][1] : start] == " ":
            found[-1] = (found[-1][0], end, kind)
        else:
            found.append((start, end, kind))
    return tuple(found)
