"""Surrogates for names of people, places, companies and streets, in the language that the value looks to be in.

Names come from Faker's lists, which are loaded, and Faker itself, when the first such surrogate is asked for. The
language is guessed: by script, or else by the first of the lists that knows a word of the value; English if none does.
"""

import unicodedata
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from faker import Faker

_BY_SCRIPT: Final = (
    ("HIRAGANA", "ja_JP"),
    ("KATAKANA", "ja_JP"),
    ("CJK", "zh_CN"),
    ("HANGUL", "ko_KR"),
    ("CYRILLIC", "ru_RU"),
    ("GREEK", "el_GR"),
    ("ARABIC", "ar_SA"),
    ("HEBREW", "he_IL"),
    ("DEVANAGARI", "hi_IN"),
    ("THAI", "th_TH"),
)
_BY_NAME: Final = ("en_US", "de_DE", "fr_FR", "es_ES", "it_IT", "pt_BR", "nl_NL", "pl_PL", "sv_SE", "tr_TR", "cs_CZ")
_HANDLES: Final = ("alex", "casey", "chris", "drew", "jamie", "jordan", "kim", "lee", "morgan", "pat", "robin", "sam")


def person(value: str, number: int) -> str:
    """A first and a last name; one of them for a value of one word."""
    fake = _fake(_locale(value), number)
    if len(value.split()) == 1 and value.isascii():
        return str(fake.last_name())
    return f"{fake.first_name()} {fake.last_name()}" if value.isascii() or " " in value else str(fake.name())


def place(value: str, number: int) -> str:
    """A town."""
    return str(_fake(_locale(value), number).city())


def organisation(value: str, number: int) -> str:
    """A company."""
    return str(_fake(_locale(value), number).company())


def address(value: str, number: int) -> str:
    """A street and a number, with a town if the value has more than one part."""
    fake = _fake(_locale(value), number)
    parts = [fake.street_address(), fake.city()] if "," in value or "\n" in value else [fake.street_address()]
    return ", ".join(" ".join(str(part).split()) for part in parts)


@lru_cache(1)
def common_words() -> frozenset[str]:
    """English words of every day, in small letters: a name that is one would be found all over an answer."""
    return frozenset(files("guard.pii.names").joinpath("common.txt").read_text("utf-8").split())


def handle(number: int) -> str:
    """The beginning of a user's name."""
    return _HANDLES[number % len(_HANDLES)]


def _fake(locale: str, number: int) -> "Faker":
    fake = _faker(locale)
    fake.seed_instance(number)
    return fake


@lru_cache(len(_BY_NAME) + len(_BY_SCRIPT))
def _faker(locale: str) -> "Faker":
    from faker import Faker

    return Faker(locale)


@lru_cache(len(_BY_NAME))
def _names(locale: str) -> frozenset[str]:
    """First and last names that a locale's list knows."""
    people = [provider for provider in _faker(locale).get_providers() if ".person." in type(provider).__module__]
    return frozenset(name for p in people for kind in ("first_names", "last_names") for name in getattr(p, kind, ()))


def _locale(value: str) -> str:
    for char in value:
        if not char.isascii() and char.isalpha():
            name = unicodedata.name(char, "")
            found = next((locale for script, locale in _BY_SCRIPT if name.startswith(script)), None)
            if found is not None:
                return found
    words = [word.strip(".,") for word in value.split()]
    return next((locale for locale in _BY_NAME if any(word in _names(locale) for word in words)), "en_US")
