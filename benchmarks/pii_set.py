"""The texts that `benchmarks.pii` evaluates on: sentences of its own with slots that Faker fills, and text without any.

Nothing of it is used in training: the templates in `data/` were written for this benchmark. A seed fixes every choice;
the values depend on Faker's version, which the result names.
"""

import hashlib
import random
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

import msgspec
from faker import Faker

DATA: Final = Path(__file__).parent / "data"
SEED: Final = 20_251_125
ENGLISH: Final = "en_US"
LOCALES: Final = (
    *("en_US",) * 4, "en_GB", "en_CA", "en_AU", "en_IN", "de_DE", "fr_FR", "es_ES", "it_IT", "nl_NL", "pt_BR", "pl_PL",
    "sv_SE", "da_DK", "fi_FI", "cs_CZ", "tr_TR", "ro_RO", "hu_HU",
)  # fmt: skip
WITH_IBAN: Final = ("en_GB", "de_DE", "fr_FR", "es_ES", "it_IT", "nl_NL", "pl_PL")
DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS: Final = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October")
TYPES: Final = {
    "person": "PERSON", "first": "PERSON", "last": "PERSON", "city": "LOCATION", "country": "LOCATION",
    "org": "ORGANIZATION", "address": "STREET_ADDRESS", "address_lines": "STREET_ADDRESS", "street": "STREET_ADDRESS",
    "place": "STREET_ADDRESS",
    "phone": "PHONE_NUMBER", "email": "EMAIL_ADDRESS", "card": "CREDIT_CARD", "iban": "IBAN_CODE", "ssn": "US_SSN",
    "ip": "IP_ADDRESS", "crypto": "CRYPTO", "url": "URL",
}  # fmt: skip
NAMED: Final = ("PERSON", "LOCATION", "ORGANIZATION", "STREET_ADDRESS")
"""What a model finds; the rest has a form."""
WRITTEN: Final = "as written"
OTHER: Final = "other language"
_SLOT: Final = re.compile(r"\{([a-z_]+)\}")
_BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


class Span(msgspec.Struct, frozen=True):
    """What stands at `start` to `end`, in code points."""

    start: int
    end: int
    type: str


class Example(msgspec.Struct, frozen=True):
    """A text and the personal data in it. `style`: as written, in small letters or in capitals; or another language."""

    text: str
    spans: tuple[Span, ...]
    style: str = WRITTEN


def examples(rounds: int) -> list[Example]:
    """Every template so many times, each time filled anew."""
    chance = random.Random(SEED)
    Faker.seed(SEED)
    return [_example(template, chance) for _ in range(rounds) for template in _lines("pii_templates.txt")]


def clean(rounds: int) -> list[Example]:
    """Texts without personal data."""
    chance = random.Random(SEED)
    lines = [line for _ in range(rounds) for line in _lines("pii_clean.txt")]
    fills: dict[str, Callable[[], str]] = {
        "day": lambda: chance.choice(DAYS),
        "month": lambda: chance.choice(MONTHS),
        "n": lambda: str(chance.randint(2, 99)),
    }
    filled = [_SLOT.sub(lambda slot: fills[slot[1]](), line) for line in lines]
    return [Example(one.removeprefix("~"), (), OTHER if one[0] == "~" else WRITTEN) for one in filled]


def _lines(name: str) -> Iterator[str]:
    for line in (DATA / name).read_text("utf-8").splitlines():
        if not line.startswith("# One") and not line.startswith("# Text"):
            yield line.replace("\\n", "\n")


def _example(template: str, chance: random.Random) -> Example:
    kinds = _SLOT.findall(template)
    locale = chance.choice(LOCALES)
    out: list[str] = []
    spans: list[Span] = []
    at = size = 0
    for slot in _SLOT.finditer(template):
        kind, _, language = slot[1].partition("_") if slot[1] != "address_lines" else (slot[1], "", "")
        own = {"de": "de_DE", "fr": "fr_FR", "es": "es_ES", "it": "it_IT", "nl": "nl_NL", "pt": "pt_BR"}
        value = _value(kind, own.get(language, locale), chance).strip()
        before = template[at : slot.start()]
        size += len(before)
        spans.append(Span(size, size + len(value), TYPES[kind]))
        out += [before, value]
        size += len(value)
        at = slot.end()
    text = "".join(out) + template[at:]
    spans = _joined(text, spans)
    if any("_" in kind and kind != "address_lines" for kind in kinds):
        return Example(text, tuple(spans), OTHER)
    style = chance.random()
    if {span.type for span in spans} <= set(NAMED) and style < 0.14:
        small = style < 0.09
        changed = text.lower() if small else text.upper()
        if len(changed) == len(text):
            return Example(changed, tuple(spans), "small letters" if small else "capitals")
    return Example(text, tuple(spans))


def _joined(text: str, spans: list[Span]) -> list[Span]:
    """A first and a last name beside each other are one."""
    joined: list[Span] = []
    for span in spans:
        before = joined[-1] if joined else None
        if before and before.type == span.type == "PERSON" and text[before.end : span.start] == " ":
            joined[-1] = Span(before.start, span.end, span.type)
        else:
            joined.append(span)
    return joined


@cache
def _faker(locale: str) -> Faker:
    return Faker(locale)


def _value(kind: str, locale: str, chance: random.Random) -> str:
    fake, english = _faker(locale), _faker(ENGLISH)
    match kind:
        case "person":
            middle = f" {chance.choice('ABCDEFGHJKLMNPRST')}." if chance.random() < 0.1 else ""
            return f"{fake.first_name()}{middle} {fake.last_name()}"
        case "first":
            return fake.first_name()
        case "last":
            return fake.last_name()
        case "city":
            return fake.city()
        case "country":
            return english.country()
        case "org":
            return fake.company()
        case "street":
            return fake.street_address().replace("\n", ", ")
        case "place":
            return f"{fake.street_address()}, {fake.city()}".replace("\n", ", ")
        case "address":
            return fake.address().replace("\n", ", ")
        case "address_lines":
            return fake.address()
        case "phone":
            return fake.phone_number()
        case "email":
            return fake.email()
        case "card":
            return _grouped(english.credit_card_number(), chance)
        case "iban":
            return _faker(locale if locale in WITH_IBAN else chance.choice(WITH_IBAN)).iban()
        case "ssn":
            return english.ssn()
        case "ip":
            return english.ipv6() if chance.random() < 0.25 else english.ipv4()
        case "crypto":
            return _bitcoin(chance)
        case "url":
            return english.url()
    raise KeyError(kind)


def _grouped(number: str, chance: random.Random) -> str:
    """A card as people write it."""
    mark = chance.choice(["", " ", "-"])
    return mark.join(number[at : at + 4] for at in range(0, len(number), 4)) if len(number) == 16 else number


def _bitcoin(chance: random.Random) -> str:
    """A pay-to-public-key-hash address with its checksum."""
    body = b"\0" + chance.randbytes(20)
    number = int.from_bytes(body + hashlib.sha256(hashlib.sha256(body).digest()).digest()[:4], "big")
    digits = ""
    while number:
        number, digit = divmod(number, 58)
        digits = _BASE58[digit] + digits
    return "1" + digits
