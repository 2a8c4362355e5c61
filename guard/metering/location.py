"""Where a ledger lies, as a URL. Pure: it opens nothing.

Three slashes and a relative path, four for an absolute one, two for memory (SQLAlchemy's convention for SQLite URLs).
"""

from pathlib import Path
from typing import Final

_SCHEME: Final = "sqlite://"


def parse_location(url: str) -> Path | None:
    """The database file, or None for one in memory. Raises ValueError with the cure."""
    if not url.startswith(_SCHEME):
        raise ValueError("must be an sqlite URL, like sqlite:///guard.db")
    rest = url.removeprefix(_SCHEME)
    if not rest:
        return None
    if not rest.startswith("/") or rest.endswith("/"):
        raise ValueError("must be sqlite:///relative.db, sqlite:////absolute.db, or sqlite:// in memory")
    if "?" in rest or not rest.isprintable():
        raise ValueError("must be a plain path after sqlite:///; parameters are not taken")
    return Path(rest[1:])


def anchor(url: str, base: Path) -> str:
    """The same ledger with an absolute path, relative ones starting at `base`; an unsound URL as it is."""
    try:
        path = parse_location(url)
    except ValueError:
        return url
    return url if path is None else f"{_SCHEME}/{base / path}"
