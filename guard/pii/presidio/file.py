"""A user's recognizers in one of Presidio's YAML files, made by Presidio's own loader.

Entries of another kind than patterns and deny-lists are left out if they are Presidio's own (a spaCy model's, say), so
that its default file can be named as it is; a country list in the file is kept to. Languages are not told apart.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import yaml
from presidio_analyzer import PatternRecognizer
from presidio_analyzer.recognizer_registry import RecognizerRegistryProvider

from guard.errors import ConfigError
from guard.pii.presidio.source import classes, is_of_another_kind

MAX_BYTES: Final = 1 << 20
_FLAGS: Final = 26
"""Presidio's default: ignore case, `^` and `$` of lines, `.` takes line ends."""

_Entry = dict[str, object]


def read_recognizers(path: Path) -> tuple[PatternRecognizer, ...]:
    """Every recognizer of a file that is not switched off. Raises ConfigError."""
    document = _document(path)
    entries = list(_entries(document, path))
    if not entries:
        return ()
    settings = {
        "recognizers": entries,
        "supported_languages": sorted(
            {*_languages(document), *(one for entry in entries for one in _languages(entry))}
        ),
        "global_regex_flags": document.get("global_regex_flags", _FLAGS),
    }
    try:
        registry = RecognizerRegistryProvider(registry_configuration=settings).create_recognizer_registry()
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ConfigError(f"{path}: Presidio refuses it ({_line(error)}); correct it") from None
    made = tuple(one for one in registry.recognizers if isinstance(one, PatternRecognizer))
    return tuple(one for one in made if _in_countries(one, document))


def _document(path: Path) -> Mapping[str, object]:
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{path}: can't be read ({error.strerror}); name a readable file") from None
    if len(data) > MAX_BYTES:
        raise ConfigError(f"{path}: is larger than {MAX_BYTES} bytes; split it")
    try:
        document = yaml.safe_load(data)
    except (yaml.YAMLError, UnicodeDecodeError):
        raise ConfigError(f"{path}: is not YAML; correct its syntax") from None
    if isinstance(document, dict):
        document = document.get("recognizer_registry", document)  # a file for all of Presidio's analyzer
    if not isinstance(document, dict) or not isinstance(document.get("recognizers"), list):
        raise ConfigError(f"{path}: has no list of recognizers; begin it with 'recognizers:'")
    return document


def _entries(document: Mapping[str, object], path: Path) -> Iterator[_Entry]:
    """The entries that are taken, Presidio's own marked as such."""
    given = document["recognizers"]
    for entry in given if isinstance(given, list) else ():
        entry = {"name": entry, "type": "predefined"} if isinstance(entry, str) else entry
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str):
            raise ConfigError(f"{path}: has a recognizer without a name; give it one")
        name = str(entry.get("class_name") or entry["name"])
        if entry.get("enabled") is False or is_of_another_kind(name):
            continue
        if entry.get("type") == "predefined" and name not in classes():
            raise ConfigError(f"{path}: {name} is none of Presidio's recognizers; correct the name or remove the entry")
        yield entry


def _languages(entry: Mapping[str, object]) -> Iterator[str]:
    one, several = entry.get("supported_language"), entry.get("supported_languages")
    if isinstance(one, str):
        yield one
    for item in several if isinstance(several, list) else ():
        language = item.get("language") if isinstance(item, dict) else item
        if isinstance(language, str):
            yield language
    if one is None and several is None:
        yield "en"


def _in_countries(recognizer: PatternRecognizer, document: Mapping[str, object]) -> bool:
    wanted = document.get("supported_countries")
    code = recognizer.country_code()
    return not isinstance(wanted, list) or code is None or code in {str(one).lower() for one in wanted}


def _line(error: Exception) -> str:
    """The first line of what Presidio says."""
    return str(error).splitlines()[0] if str(error) else type(error).__name__
