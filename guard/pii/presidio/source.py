"""Where recognizers come from: Presidio's own classes, a user's YAML files, installed plug-ins.

Only recognizers of patterns and deny-lists are taken; those that run a model or call a service are not Guard's to run.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Final

import presidio_analyzer.predefined_recognizers as predefined
import tldextract
from presidio_analyzer import EntityRecognizer, PatternRecognizer

from guard.errors import ConfigError

GROUP: Final = "guard.recognizers"
"""The entry point group of plug-ins."""


@cache
def classes() -> Mapping[str, type[PatternRecognizer]]:
    """Presidio's recognizers of patterns, by the name of their class."""
    found = (value for value in vars(predefined).values() if isinstance(value, type))
    kinds = sorted((kind for kind in found if issubclass(kind, PatternRecognizer)), key=lambda kind: kind.__name__)
    return {kind.__name__: kind for kind in kinds}


def is_of_another_kind(name: str) -> bool:
    """Whether Presidio has it, and it is not one of patterns."""
    kind = getattr(predefined, name, None)
    return isinstance(kind, type) and issubclass(kind, EntityRecognizer) and name not in classes()


def country(kind: type[PatternRecognizer]) -> str | None:
    """The country that it belongs to, as Presidio writes it (`us`, `uk`); None for all countries."""
    code: str | None = kind.COUNTRY_CODE
    return code


def countries() -> frozenset[str]:
    """Every country that some recognizer belongs to."""
    return frozenset(code for kind in classes().values() if (code := country(kind)) is not None)


def plugged(name: str) -> Iterator[PatternRecognizer]:
    """The recognizers of one installed plug-in. Raises ConfigError."""
    known = {point.name: point for point in entry_points(group=GROUP)}
    if name not in known:
        have = ", ".join(sorted(known)) or "none"
        raise ConfigError(f"recognizers.plugins: {name} is not installed (there are: {have}); install it or remove it")
    yield from _instances(known[name])


def _instances(point: EntryPoint) -> Iterator[PatternRecognizer]:
    """A plug-in is a class, a recognizer, several of them, or a function that makes some."""
    try:
        given = point.load()
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"recognizers.plugins: {point.name} can't be imported ({error}); mend or remove it") from None
    if callable(given):
        given = given()
    for one in given if isinstance(given, Iterable) else (given,):
        made = one() if isinstance(one, type) else one
        if not isinstance(made, PatternRecognizer):
            raise ConfigError(
                f"recognizers.plugins: {point.name} gives a {type(made).__name__}, which is no PatternRecognizer; "
                "give recognizers of patterns or deny-lists"
            )
        yield made


def pin_suffix_list() -> None:
    """Public suffixes are those that `tldextract` comes with: left to itself it would fetch the list of today.

    Presidio's e-mail validator asks the library's one extractor, which can't be handed in, so that one is replaced.
    """
    tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
