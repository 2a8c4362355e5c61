"""Which recognizers run. The default is what is rare in ordinary text; the rest is asked for by name or country."""

import difflib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec
from presidio_analyzer import PatternRecognizer

from guard.errors import ConfigError
from guard.pii.presidio.file import read_recognizers
from guard.pii.presidio.source import classes, countries, country, pin_suffix_list, plugged
from guard.pii.presidio.translation import patterns_of
from guard.scan.pattern import Pattern

DEFAULT: Final = frozenset(
    {
        "DeIdCardRecognizer",
        "DeSocialSecurityRecognizer",
        "DeVatIdRecognizer",
        "EsNieRecognizer",
        "EsNifRecognizer",
        "FiPersonalIdentityCodeRecognizer",
        "InGstinRecognizer",
        "InPanRecognizer",
        "ItFiscalCodeRecognizer",
        "MacAddressRecognizer",
        "SgFinRecognizer",
        "UkDrivingLicenceRecognizer",
        "UkNinoRecognizer",
        "UkPassportRecognizer",
        "UsBankRecognizer",
        "UsClaimNumberRecognizer",
        "UsItinRecognizer",
        "UsMbiRecognizer",
        "UsPassportRecognizer",
        "UsPrescriptionNumberRecognizer",
        "UsPriorAuthorizationNumberRecognizer",
        "UsProviderTaxIdRecognizer",
        "UsReferralNumberRecognizer",
    }
)
"""Those whose values have a form of their own, or count only with their name before them.

Each had at most one false alarm in a million characters of prose, of documentation and of code. A number that a check
digit alone confirms is not among them, for every tenth number passes; nor is what an answer can't do without (links,
dates, identifiers of programs).
"""

OURS: Final = frozenset(
    {
        "CreditCardRecognizer",
        "CryptoRecognizer",
        "EmailRecognizer",
        "IbanRecognizer",
        "IpRecognizer",
        "UsSsnRecognizer",
    }
)
"""Guard has finer patterns of its own for their types: they run only if they are named, or with `all`."""


class Choice(msgspec.Struct, frozen=True):
    """What to run. `presidio` names classes, or is `default` or `all`; the others add to it, `without` takes away.

    A finding counts from `threshold` on, if its recognizer has no threshold of its own.
    """

    presidio: tuple[str, ...] = ("default",)
    countries: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()
    threshold: float = 0.4


def chosen_patterns(choice: Choice) -> tuple[Pattern, ...]:
    """The patterns of every recognizer that is chosen. Raises ConfigError, which names place and cure."""
    pin_suffix_list()
    patterns: list[Pattern] = []
    for place, recognizers in _chosen(choice):
        for recognizer in _merged(recognizers):
            try:
                patterns += patterns_of(recognizer, choice.threshold)
            except ValueError as error:
                raise ConfigError(f"{place}: {error}") from None
    return tuple(patterns)


def chosen_names(choice: Choice) -> frozenset[str]:
    """Presidio's classes that are chosen. Raises ConfigError for a name or a country that there is not."""
    for code in choice.countries:
        if code not in countries():
            raise ConfigError(f"recognizers.countries: {code} has no recognizer; use {', '.join(sorted(countries()))}")
    names: set[str] = set()
    for name in choice.presidio:
        names |= DEFAULT if name == "default" else set(classes()) if name == "all" else {_known("presidio", name)}
    names |= {name for name, kind in classes().items() if country(kind) in choice.countries and name not in OURS}
    return frozenset(names - {_known("without", name) for name in choice.without})


def _chosen(choice: Choice) -> Iterator[tuple[str, Iterable[PatternRecognizer]]]:
    """With the place to name in an error."""
    yield "recognizers.presidio", [classes()[name]() for name in sorted(chosen_names(choice))]
    for file in choice.files:
        yield file, read_recognizers(Path(file))
    for name in choice.plugins:
        yield f"recognizers.plugins: {name}", tuple(plugged(name))


def _known(key: str, name: str) -> str:
    if name in classes():
        return name
    near = difflib.get_close_matches(name, classes(), n=1)
    hint = f"did you mean {near[0]}?" if near else "docs/detectors.md lists them"
    raise ConfigError(f"recognizers.{key}: {name} is none of Presidio's recognizers of patterns; {hint}")


def _merged(recognizers: Iterable[PatternRecognizer]) -> Iterator[PatternRecognizer]:
    """One recognizer where a file has one for each language, with the context words of all."""
    seen: dict[tuple[object, ...], PatternRecognizer] = {}
    for one in recognizers:
        expressions = tuple((pattern.regex, pattern.score) for pattern in one.patterns)
        key = (type(one), one.supported_entities[0], expressions, one.global_regex_flags)
        if key in seen:
            seen[key].context = [*dict.fromkeys([*(seen[key].context or ()), *(one.context or ())])]
        else:
            seen[key] = one
    yield from seen.values()
