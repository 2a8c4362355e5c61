"""From one of Presidio's recognizers to patterns of the automaton."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec
from presidio_analyzer import PatternRecognizer

from guard.core.taxonomy import PSEUDONYM
from guard.pii.presidio.context import Context
from guard.pii.presidio.rating import rater
from guard.scan.pattern import Judge, Pattern
from guard.scan.relax import relax


class Rewriting(msgspec.Struct, frozen=True):
    """What the automaton reads in place of a recognizer's own expression. `regex` empty: that one still confirms.

    `run` is a class's inside: the body takes a whole run of such characters, which spares looking at each of its ends.
    """

    body: str
    regex: str = ""
    run: str = ""


_TYPE: Final = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
_HOST: Final = r"[A-Za-z0-9.\-]+[.][A-Za-z0-9\-]{2,63}(?:/[^\s()<>\x22']*)?"
_LOCAL: Final = r"!#$%&'*+\-/=?\^_`{|}~.0-9A-Za-z\xaa"
_PAN: Final = r"0-9A-Za-z_\xaa@#$%\^?~\-"

REWRITTEN: Final[Mapping[tuple[str, str], Rewriting]] = MappingProxyType(
    {
        # Looks for a letter and four digits in all of the text to come: what is meant is the match itself.
        ("InPanRecognizer", "PAN (Low)"): Rewriting(
            body=f"[{_PAN}]*[0-9]{{4}}[{_PAN}]*",
            regex=r"\b((?=[\w@#$%^?~-]*?[a-zA-Z])(?=[\w@#$%^?~-]*?[0-9]{4})[\w@#$%^?~-]{10})\b",
            run=_PAN,
        ),
        # Any word of six letters would lead to it: the digit that it looks for is asked of the automaton, too.
        ("UsHealthInsuranceMemberIdRecognizer", "Health insurance member ID (weak)"): Rewriting(
            body=r"[A-Za-z][A-Za-z\-]*[0-9][0-9A-Za-z\-]*",
        ),
        ("EmailRecognizer", "Email (Medium)"): Rewriting(body=rf"[{_LOCAL}]+@[0-9A-Za-z_\xaa.\-]+", run=_LOCAL),
        # Which letter may stand for which digit of which date takes megabytes of automaton.
        ("ItFiscalCodeRecognizer", "Fiscal Code"): Rewriting(
            body=r"[A-Za-z]{6,}[0-9L-Vl-v]{2}[A-Za-z][0-9L-Vl-v]{2}[A-MZa-mz][0-9L-Vl-v]{3}[A-Za-z]",
            run="A-Za-z",
        ),
        # Any two letters within a word would have to wait for their digits.
        ("MedicalLicenseRecognizer", "USA DEA Certificate Number (weak)"): Rewriting(
            body="[A-Za-z]+[0-9]{7,8}", run="A-Za-z"
        ),
        # Thousands of names of domains, four times over, are left to the expression itself.
        ("UrlRecognizer", "Standard Url"): Rewriting(body=rf"[Hh][Tt][Tt][Pp][Ss]?://{_HOST}"),
        ("UrlRecognizer", "Non schema URL"): Rewriting(body=_HOST, run=r"A-Za-z0-9.\-"),
        ("UrlRecognizer", "Quoted URL"): Rewriting(body=rf"[\x22'][Hh][Tt][Tt][Pp][Ss]?://{_HOST}[\x22']"),
        ("UrlRecognizer", "Quoted Non-schema URL"): Rewriting(body=rf"[\x22']{_HOST}[\x22']"),
    }
)
"""By the recognizer's class and the pattern's name. Each takes at least what the expression takes."""


def patterns_of(recognizer: PatternRecognizer, threshold: float) -> tuple[Pattern, ...]:
    """Its patterns. Raises ValueError that names pattern and cure."""
    context = Context(recognizer.context or ())
    return tuple(_pattern(recognizer, index, context, threshold) for index in range(len(recognizer.patterns)))


def _pattern(recognizer: PatternRecognizer, index: int, context: Context, threshold: float) -> Pattern:
    given = recognizer.patterns[index]
    rewriting = REWRITTEN.get((type(recognizer).__name__, given.name), Rewriting(""))
    try:
        relaxed = relax(rewriting.regex or given.regex, int(recognizer.global_regex_flags or 0), rewriting.body)
    except ValueError as error:
        raise ValueError(f"pattern {given.name!r} of {recognizer.name}: {error}") from None
    entity = _entity(recognizer)
    return Pattern(
        type=entity,
        rule=recognizer.name,
        body=relaxed.body,
        not_after=rewriting.run or relaxed.not_after,
        waits=relaxed.waits,
        score=given.score,
        judge=Judge(
            exact=relaxed.exact,
            flags=relaxed.flags,
            rate=rater(recognizer, given.score, context),
            threshold=_threshold(recognizer, entity, threshold),
            behind=relaxed.behind,
            letters=relaxed.letters,
            risky=relaxed.risky,
        ),
    )


def _entity(recognizer: PatternRecognizer) -> str:
    """The type that it finds: a word that policies and placeholders can name, and none of Guard's own."""
    entity: str = recognizer.supported_entities[0]
    if not _TYPE.fullmatch(entity) or entity.startswith("HIDDEN_") or entity == PSEUDONYM:
        raise ValueError(f"{recognizer.name} finds {entity!r}, which can't be a type; name it like EMPLOYEE_ID")
    return entity


def _threshold(recognizer: PatternRecognizer, entity: str, default: float) -> float:
    """The recognizer's own threshold, if it has one."""
    own: Mapping[str, float] = recognizer.score_thresholds or {}
    return own.get(entity, own.get("default", default))
