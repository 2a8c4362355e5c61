"""A gitleaks configuration: its rules as patterns, and what of it can't be honoured.

Rules keep their id, as rule and as type (`aws-access-token` is `SECRET_AWS_ACCESS_TOKEN`). Rules about paths, lists of
paths and commits, and what it extends are left out, and said to be.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import regex

from guard.errors import ConfigError
from guard.scan.pattern import Judge, Pattern, Rater
from guard.scan.received import Before
from guard.security.gitleaks.allow import Allow, allowances
from guard.security.gitleaks.expression import translated
from guard.security.secret.randomness import entropy

MAX_BYTES: Final = 4 << 20
SCORE: Final = 0.9
_FRONT: Final = re.compile(r"[\w.\-]{1,50}\Z")
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.\-]{0,80}")


class Loaded(msgspec.Struct, frozen=True):
    """The patterns of one file, and a sentence on each thing that is not honoured."""

    patterns: tuple[Pattern, ...]
    left_out: tuple[str, ...]


def read_gitleaks(path: Path) -> Loaded:
    """Raises ConfigError for a file that is none of gitleaks'."""
    document = _document(path)
    left_out = list(_about_the_file(document))
    try:
        everywhere = allowances(_lists(document))
    except ValueError as error:
        raise ConfigError(f"{path}: {error}; correct it") from None
    patterns: list[Pattern] = []
    for rule in document["rules"]:
        name = str(rule.get("id", ""))
        if not _ID.fullmatch(name):
            raise ConfigError(f"{path}: a rule has no id of letters, digits and dashes; give it one")
        try:
            patterns.append(_pattern(name, rule, everywhere))
        except ValueError as error:
            left_out.append(f"rule {name}: {error}")
    return Loaded(tuple(patterns), tuple(left_out))


def _document(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise ConfigError(f"{path}: is larger than {MAX_BYTES} bytes; split it")
        document = tomllib.loads(data.decode())
    except OSError as error:
        raise ConfigError(f"{path}: can't be read ({error.strerror}); name a readable file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise ConfigError(f"{path}: is not TOML; correct its syntax") from None
    rules = document.get("rules")
    if not isinstance(rules, list) or not rules or not all(isinstance(rule, dict) for rule in rules):
        raise ConfigError(f"{path}: has no [[rules]]; add one, or name a configuration of gitleaks")
    return document


def _about_the_file(document: Mapping[str, Any]) -> Iterator[str]:
    if "extend" in document:
        yield "extend: what it extends is not read; name that file as well"
    lists = [*_lists(document), *(one for rule in document["rules"] for one in _lists(rule))]
    if any(one.get("paths") or one.get("commits") for one in lists):
        yield "allowlists: paths and commits mean nothing for a prompt"


def _lists(given: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Allow-lists under their new name and under the old one; those for other rules of the file aside."""
    lists = [given[key] for key in ("allowlist",) if isinstance(given.get(key), dict)]
    lists += [one for one in given.get("allowlists") or () if isinstance(one, dict)]
    return [one for one in lists if not one.get("targetRules")]


def _pattern(name: str, rule: Mapping[str, Any], everywhere: Sequence[Allow]) -> Pattern:
    """Raises ValueError for what can't be held."""
    if rule.get("path"):
        raise ValueError("it asks for a path, which a prompt has none of")
    source = rule.get("regex")
    if not isinstance(source, str) or not source:
        raise ValueError("it has no expression")
    expression = translated(source)
    relaxed = expression.relaxed
    return Pattern(
        type=f"SECRET_{re.sub('[^A-Z0-9]', '_', name.upper())}",
        rule=name,
        body=expression.body,
        rest=expression.rest,
        not_after=relaxed.not_after,
        score=SCORE,
        judge=Judge(
            exact=relaxed.exact,
            flags=relaxed.flags,
            rate=_rater(rule, relaxed.exact, relaxed.flags, (*allowances(_lists(rule)), *everywhere)),
        ),
    )


def _with_name(before: str, match: str) -> str:
    """The match as gitleaks has it: with the front of the name, which is not waited for here."""
    front = _FRONT.search(before)
    return (front[0] if front else "") + match


def _rater(rule: Mapping[str, Any], exact: str, flags: int, lists: Sequence[Allow]) -> Rater:
    """The secret in a match, if it is varied enough, a keyword is near, and no list allows it."""
    compiled = regex.compile(exact, flags)
    wanted, least = int(rule.get("secretGroup") or 0), float(rule.get("entropy") or 0)
    keywords = tuple(str(word).lower() for word in rule.get("keywords") or ())

    def rate(text: str, before: Before) -> tuple[int, int, float] | None:
        match = compiled.match(text)
        if match is None:
            return None
        group = wanted or next((n for n in range(1, compiled.groups + 1) if match[n]), 0)
        start, end = match.span(group)
        secret = text[start:end]
        if start >= end or (least and entropy(secret) <= least):
            return None
        near = f"{before.text} {text}".lower()
        if keywords and not any(word in near for word in keywords):
            return None
        line = before.text.rpartition("\n")[2] + text
        if any(one.takes(secret, _with_name(before.text, text), line) for one in lists):
            return None
        return start, end, SCORE

    return rate
