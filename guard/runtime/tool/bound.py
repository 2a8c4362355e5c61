"""Bounds on a call's arguments: numbers, choices, paths and hosts, the same for a mail, a bank's transfer and a robot.

What a bound can't judge breaks it. Paths are judged as written, without a look at any file system; hosts as every
browser reads them, so spellings on which readers of URLs disagree (backslashes, control signs) break the bound.
"""

import math
import posixpath
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import unquote, urlsplit

from guard.core.point_decision import Bound
from guard.core.spans import Edit
from guard.runtime.tool.argument import Argument, Arguments, Misplaced, rewritten

_MAIL: Final = re.compile(r"[^@\s/<>\"(),:;\\%!]+@([^@\s/<>\"(),:;\\]+)")
_HOST: Final = re.compile(r"(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_-]{1,63})*")
_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_SCHEMES: Final = frozenset({"", "http", "https", "ws", "wss", "ftp", "ftps", "sftp", "ssh", "git"})
"""Those that lead to the host that they name."""
_UNSAFE_URL: Final = re.compile(r"[\x00-\x20\x7f\\]")
_UNSAFE_PATH: Final = re.compile(r"[\x00-\x1f\x7f]|%u[0-9a-fA-F]{4}")
_MOST_DECODED: Final = 4
"""How often a path may be percent-encoded."""


class Broken(Exception):
    """A value is out of its bounds. `path` is the policy's."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


def bounded(arguments: Arguments, bounds: Mapping[str, Bound]) -> Iterator[Edit]:
    """The edits that bring values into their bounds. Raises Broken."""
    for path, bound in bounds.items():
        for argument in _at(arguments, path):
            if (edit := _edit(argument, path, bound)) is not None:
                yield edit


def _at(arguments: Arguments, path: str) -> Sequence[Argument]:
    try:
        return arguments.at(path)
    except Misplaced:
        raise Broken(path) from None


def _edit(argument: Argument, path: str, bound: Bound) -> Edit | None:
    value = argument.value
    if value is None and bound.one_of is None:
        return None  # No value, as if it were left out.
    moved = _into_range(value, path, bound)
    if bound.one_of is not None and not any(_same(moved, one) for one in bound.one_of):
        raise Broken(path)
    if bound.prefixes is not None and not _is_below(moved, bound.prefixes):
        raise Broken(path)
    if bound.hosts is not None and not _is_among(moved, bound.hosts):
        raise Broken(path)
    return None if moved is value else rewritten(argument, moved)


def _into_range(value: object, path: str, bound: Bound) -> object:
    """The value, or for a number that may be moved the nearest bound."""
    if bound.min is None and bound.max is None:
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Broken(path)
    if isinstance(value, float) and not math.isfinite(value):
        raise Broken(path)
    if bound.min is not None and value < bound.min:
        return _clamped(value, bound.min, path, bound, math.ceil)
    if bound.max is not None and value > bound.max:
        return _clamped(value, bound.max, path, bound, math.floor)
    return value


def _clamped(value: float, limit: float, path: str, bound: Bound, inwards: Callable[[float], int]) -> float:
    """The limit; for a whole number the nearest whole one within, if there is one."""
    if not bound.clamp:
        raise Broken(path)
    whole = inwards(limit)
    fits = (bound.min is None or whole >= bound.min) and (bound.max is None or whole <= bound.max)
    return whole if (isinstance(value, int) or whole == limit) and fits else limit


def _same(value: object, one: object) -> bool:
    """Equal as JSON values: true is not 1."""
    return value == one and isinstance(value, bool) == isinstance(one, bool)


def _is_below(value: object, prefixes: Sequence[str]) -> bool:
    """Whether a path lies at or below one of them, whoever reads it and however."""
    readings = _readings(value) if isinstance(value, str) else frozenset[str]()
    if not readings or any(_UNSAFE_PATH.search(reading) or _climbs(reading) for reading in readings):
        return False
    return all(any(_starts(reading, prefix) for prefix in prefixes) for reading in readings)


def _readings(value: str) -> frozenset[str]:
    """A path as it stands and as readers decode it; none if that has no end, or they disagree."""
    found = {value}
    for _ in range(_MOST_DECODED):
        decoded = unquote(value)
        if decoded == value:
            return frozenset(found | {reading.replace("\\", "/") for reading in found})
        if "\ufffd" in decoded:
            return frozenset()
        found.add(decoded)
        value = decoded
    return frozenset()


def _climbs(path: str) -> bool:
    """Whether a step leads up: also behind a blank or a parameter, and in letters that some systems even out."""
    steps = unicodedata.normalize("NFKC", path).split("/")
    return any(step.partition(";")[0].strip() == ".." for step in steps)


def _starts(path: str, prefix: str) -> bool:
    whole, top = posixpath.normpath(path), posixpath.normpath(prefix)
    # Two slashes at the start may mean another machine.
    return not whole.startswith("//") and (whole == top or whole.startswith(top.rstrip("/") + "/"))


def _is_among(value: object, hosts: Sequence[str]) -> bool:
    host = _host(value) if isinstance(value, str) else None
    return host is not None and any(_covers(allowed.lower().rstrip("."), host) for allowed in hosts)


def _covers(allowed: str, host: str) -> bool:
    return host.endswith(allowed) and len(host) > len(allowed) if allowed.startswith(".") else host == allowed


def _host(value: str) -> str | None:
    """The host of a URL, of an e-mail address, or a bare one; None if readers might disagree."""
    if _UNSAFE_URL.search(value) or not value.isascii():
        return None
    if mail := _MAIL.fullmatch(value):
        return _plain(mail[1])
    try:
        parts = urlsplit(value if _SCHEME.match(value) else f"//{value}")
        host, _ = parts.hostname, parts.port
    except ValueError:
        return None
    plain = "@" not in parts.netloc and parts.scheme.lower() in _SCHEMES
    return _plain(host or "") if plain else None


def _plain(host: str) -> str | None:
    name = host.lower().rstrip(".")
    return name if _HOST.fullmatch(name) else None
