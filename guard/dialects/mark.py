"""Which strings of a wire format are names and marks rather than text, by the tight forms that such strings have.

A mark (an id, a model, a role) passes without inspection, so its form leaves no room for a value: no address, no row of
digits, no long run of letters and digits unless it is hexadecimal or stands behind a known prefix. Whatever does not
fit is inspected like any other text, so a form that is too tight costs time and nothing else.
"""

import re
from collections.abc import Callable, Collection
from typing import Final

from guard.core.taxonomy import group_of

_END: Final = "(?![A-Za-z0-9])"
_HEX: Final = (
    r"(?:(?=(?:[0-9]*[a-f]){4})[0-9a-f]{32}|(?![0-9a-f]*[0-9]{13})(?=(?:[0-9]*[a-f]){2})[0-9a-f]{10,64})" + _END
)
_UUID: Final = r"(?=(?:[-0-9]*[A-Fa-f]){2})[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
_TIME: Final = r"1[0-9]{9}(?:[0-9]{3}){0,3}"
"""Unix time in seconds, milliseconds, microseconds or nanoseconds. No payment card begins with a 1."""

_KINDS: Final = (
    "chatcmpl|cmpl|call|toolu|tool|fc|msg|resp|gen|req|audio|embd|emb|file|run|fp|modelperm|snapshot|response|request"
)
_WORD: Final = f"(?>[A-Za-z]{{1,32}}{_END}|[A-Za-z0-9]{{1,15}}{_END}|{_HEX})"
_WORDS: Final = re.compile(
    rf"(?:@[ch]f/)?[$./_~-]{{0,2}}(?:{_WORD}(?:[-_.:/+~=]{{1,2}}{_WORD})*)?[._-]{{0,2}}"
    r"(?:@(?:[0-9]{8}|latest|default))?"
)
_IDENTIFIER: Final = re.compile(
    rf"(?:(?:[A-Za-z]{{1,16}}|[0-9]{{1,2}})[-_]){{0,3}}(?:{_UUID}|{_HEX}|{_TIME})|fp_[0-9a-f]{{10}}"
    rf"|(?:{_KINDS})[-_](?:{_TIME}-)?(?=[A-Z0-9]*[a-z])(?![A-Za-z0-9]*[0-9]{{9}})[A-Za-z0-9]{{1,32}}"
)
_TOKEN: Final = re.compile(r"(?=[A-Z0-9_-]*[a-z])(?=[a-z0-9_-]*[A-Z])(?!.*[A-Z0-9]{16})[A-Za-z0-9_-]{1,25}")
_VALUE: Final = re.compile(
    r"[0-9](?:[-_.:/+~=]{0,2}[0-9]){8}"  # digits enough for a telephone, an account, a card
    r"|[0-9]\.[0-9]+\.[0-9]+\.[0-9]"
    r"|(?<![0-9A-Za-z_:])[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2}"
)
_DATE: Final = re.compile(r"[-@]20[0-9]{2}-?[01][0-9]-?[0-3][0-9](?![0-9])")
"""The day of a model's version; its digits are no part of a longer row."""

_SECRET: Final = re.compile(
    r"sk-[a-zA-Z0-9]|AKIA|ASIA|secret|xox[a-z]|xapp-|gh[oprsu]_|github_pat_|AIza|eyJ|hooks\.slack|(?<![a-z])bc1"
    r"|(?:pass|pw|token|key|auth|cred|conn|api)[A-Za-z0-9_.-]{0,40}[=:]",
    re.IGNORECASE,
)
"""Heads that provider keys have, and names that values are assigned to: what bears one is looked at."""

_MOST_MARK: Final = 192
_URL: Final = "URL"
_HARMLESS: Final = frozenset({"pii.quasi"})
_SECRET_ALONE: Final = frozenset({"secret"})
_REMEMBERED: Final = 4_096
"""Most marks that are remembered: the same few stand in every chunk of every answer."""

_MODEL: Final = re.compile(
    r"(?:@[ch]f/)?(?![A-Za-z0-9_.:/+=~-]*(?:[0-9](?:[-_.]?[0-9]){12}|(?<![A-Z0-9])[A-Z0-9]{16}))"
    r"[A-Za-z0-9_.:/+=~-]{0,256}(?:@(?:[0-9]{8}|latest|default))?"
)
_WORD_ALONE: Final = re.compile(r"[a-z_]{0,20}")
_PADDING: Final = re.compile(r"(?![A-Z0-9]{16,}$)(?!.*[0-9]{9})[A-Za-z0-9]{0,64}")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/]{64,}={0,2}")
_DATA_URL: Final = re.compile(
    r"data:(?:image/(?:png|jpe?g|gif|webp|bmp|tiff|heic|heif|avif|x-icon)|(?:audio|video)/[A-Za-z0-9.+-]{1,40}"
    r"|application/(?:pdf|octet-stream|zip|ogg|msword|vnd\.[a-z0-9.-]{1,80}))(?:;[A-Za-z0-9=.+-]{1,40}){0,3};base64,"
    r"[A-Za-z0-9+/]*={0,2}"
)


def is_mark(text: str) -> bool:
    """Whether a string in a mark's place is one: an identifier, a model's name, a word; no value could look like it."""
    if len(text) > _MOST_MARK or _SECRET.search(text):
        return False
    if _IDENTIFIER.fullmatch(text):
        return True
    return (_WORDS.fullmatch(text) or _TOKEN.fullmatch(text)) is not None and not _VALUE.search(_DATE.sub("@", text))


class Marks:
    """Judges marks by their form, and by what the detectors find in them: a form alone leaves room for short values.

    `types_in` tells the finding types that a string holds; without it the form alone counts. Dates and what looks like
    an address do not count, since names of models and objects hold them; and in an identifier only a secret does: one
    random identifier in a thousand holds digits that could be a telephone's.
    """

    def __init__(self, types_in: Callable[[str], Collection[str]] | None = None) -> None:
        self._types_in = types_in
        self._known: set[str] = set()
        """Some of those that were judged to be marks; never anything else."""

    def is_mark(self, text: str) -> bool:
        """Whether a string in a mark's place is one, and no value."""
        if text in self._known:
            return True
        if not is_mark(text) or self._counts(text):
            return False
        if self._types_in is not None:
            self._remember(text)
        return True

    def _remember(self, text: str) -> None:
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known.add(text)

    def _counts(self, text: str) -> bool:
        """Whether something is found in what has a mark's form, and counts."""
        groups = {group_of(type_) for type_ in self._types_in(text) if type_ != _URL} if self._types_in else set()
        return bool(groups and (groups & _SECRET_ALONE if _IDENTIFIER.fullmatch(text) else groups - _HARMLESS))

    def is_plain_name(self, name: str) -> bool:
        """Whether a member's name is just a name; any other is inspected like a text."""
        return self.is_mark(name)


FORM_ALONE: Final = Marks()
"""For whoever has no detectors."""


def is_model(text: str) -> bool:
    """Whether a request's `model` may be one. Wider than a mark: paths and digests are models' names, too."""
    return _MODEL.fullmatch(text) is not None


def is_inert(text: str) -> bool:
    """Whether a string that stands alone is a plain short lower-case word, which no pattern can match."""
    return _WORD_ALONE.fullmatch(text) is not None


def is_padding(text: str) -> bool:
    """Whether a string is the noise with which an answer's chunks are brought to one length."""
    return _PADDING.fullmatch(text) is not None


def is_media(text: str) -> bool:
    """Whether a string in media's place is encoded media: a `data:` URL of no text, or base64 (RFC 4648, section 4)."""
    return (_DATA_URL if text.startswith("data:") else _BASE64).fullmatch(text) is not None
