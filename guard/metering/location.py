"""Where a ledger lies, as a URL. Pure: it opens nothing.

SQLite: three slashes and a relative path, four for an absolute one, two for memory (SQLAlchemy's convention).
PostgreSQL: as libpq writes it, without a password.
"""

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

_SQLITE: Final = "sqlite://"
_SERVER: Final = "postgresql://"
_CURE: Final = "must be an sqlite URL, like sqlite:///guard.db, or postgresql://user@host:5432/database"


class Location(msgspec.Struct, frozen=True):
    """A SQLite file, a PostgreSQL server by its URL, or, with neither, memory."""

    path: Path | None = None
    server: str = ""


def parse_location(url: str) -> Location:
    """What a URL means. Raises ValueError with the cure."""
    if url.startswith(_SERVER):
        return Location(server=_sound_server(url))
    if not url.startswith(_SQLITE):
        raise ValueError(_CURE)
    rest = url.removeprefix(_SQLITE)
    if not rest:
        return Location()
    if not rest.startswith("/") or rest.endswith("/"):
        raise ValueError("must be sqlite:///relative.db, sqlite:////absolute.db, or sqlite:// in memory")
    if "?" in rest or not rest.isprintable():
        raise ValueError("must be a plain path after sqlite:///; parameters are not taken")
    return Location(path=Path(rest[1:]))


def anchor(url: str, base: Path) -> str:
    """The same ledger with an absolute path, relative ones starting at `base`; an unsound URL as it is."""
    try:
        path = parse_location(url).path
    except ValueError:
        return url
    return url if path is None else f"{_SQLITE}/{base / path}"


def _sound_server(url: str) -> str:
    try:
        parts = urlsplit(url)
        sound = bool(parts.hostname) and parts.path.strip("/") and not parts.fragment and (parts.port or 1)
    except ValueError:
        sound = False
    if not sound or not url.isprintable():
        raise ValueError(_CURE)
    if parts.password is not None or "password" in parts.query:
        raise ValueError("must hold no password; name it in ledger.password, by reference: ${file:…} or ${NAME}")
    return url
