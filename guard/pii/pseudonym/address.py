"""Whether a place in a text is in an address: whoever follows it would carry out a value that is restored there.

Addresses with a host, those of links and pictures in Markdown and HTML, relative ones too, and the texts of mails. It
can't see addresses that a script builds, and takes some code for an address: there placeholders stay.
"""

import re
from typing import Final

from guard.core.stretch import BEFORE_CHARS

_WHITE: Final = " \t\r\n"
_LATEST: Final = 4
"""How many beginnings of addresses are looked at, from the last one on."""

_SLASH: Final = r"(?:[/\\]|&#0*(?:47|92);?|&#x0*(?:2f|5c);?|&b?sol;)"
_HOST: Final = re.compile(rf"https?(?::|&colon;|&#)|{_SLASH}{{2}}|www\.|mailto:[^?]*\?|&#[^;]*;[^:]*:", re.IGNORECASE)
_CLOSED: Final = re.compile(r"[\"'`][>,;:.)\]}]")
"""A quote that closes something: an address before it is over."""

_BRACKET: Final = re.compile(r"<[ \t]*(?:https?:|[/\\]{2}|www\.)", re.IGNORECASE)
_PAIR: Final = re.compile(r"\([^()]*\)")
_ATTRIBUTE: Final = re.compile(
    r"(?:href|src|srcset|data|poster|background|action|formaction)[ \t\n]{0,3}=[ \t\n]{0,3}[\"']", re.IGNORECASE
)


def within_address(before: str) -> bool:
    """Whether an address has begun in the text in front of a place, as it was received, and goes on there.

    `before` is at most `BEFORE_CHARS`; a word that long is taken for an address.
    """
    word = before[max(before.rfind(sign) for sign in _WHITE) + 1 :]
    if len(word) >= BEFORE_CHARS:
        return True
    closed = [found.end() for found in _CLOSED.finditer(word)]
    if _HOST.search(word, closed[-1] if closed else 0) is not None:
        return True
    return _in_brackets(before[before.rfind("\n") + 1 :]) or _in_markdown(before) or _in_html(before)


def is_address(value: str) -> bool:
    """Whether a value is itself an address, so that what stands right behind it would be a part of it."""
    return "//" in value or value[:4].lower() == "www."


def _in_brackets(line: str) -> bool:
    """In brackets an address may have spaces."""
    begun = [found.end() for found in _BRACKET.finditer(line)]
    return any(line.count("<", at) >= line.count(">", at) for at in begun[-_LATEST:])


def _in_markdown(before: str) -> bool:
    """A placeholder that is all of a link's address is not in one. A picture is fetched without anybody's click."""
    at = len(before)
    for _ in range(_LATEST):
        at = before.rfind("](", 0, at)
        if at < 0:
            return False
        address = before[at + 2 :].lstrip(" \t\n").removeprefix("<").lstrip(" ")
        picture = before.find("\n", max(0, before.rfind("![", 0, at)), at) < 0 <= before.rfind("![", 0, at)
        if (address or picture) and "\n" not in address and ")" not in _PAIR.sub("", _PAIR.sub("", address)):
            return True
    return False


def _in_html(before: str) -> bool:
    tag = before.rfind("<")
    if before.endswith("=") and tag > before.rfind(">") and before[tag + 1].isalpha():
        return True
    begun = [found.end() for found in _ATTRIBUTE.finditer(before)] if "=" in before else []
    return any(before.find(before[at - 1], at) < 0 for at in begun[-_LATEST:])
