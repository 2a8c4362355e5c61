"""The patterns that streams are read with, and where what is compiled of them is kept between two starts."""

import os
from pathlib import Path

from guard.app.detection import build_engine
from guard.config import Settings
from guard.runtime.telemetry import compile_anew
from guard.scan.engine import PatternEngine
from guard.scan.store import DatabaseStore


def build_patterns(settings: Settings) -> PatternEngine:
    """Ready for streams. What keeps compiled patterns from being kept is logged, and costs seconds only."""
    store = build_store(settings)
    engine = build_engine(settings.recognizers, settings.secrets, store)
    engine.prepare()
    compile_anew(store.faults)
    return engine


def build_store(settings: Settings) -> DatabaseStore:
    """The directory that the settings name, else `guard` in the user's cache directory, if there is such a user."""
    chosen = settings.pattern_cache
    if chosen is None:
        return DatabaseStore()
    return DatabaseStore(Path(chosen) if chosen else _users_cache())


def _users_cache() -> Path | None:
    """By the XDG Base Directory Specification, which takes no relative path."""
    named = os.environ.get("XDG_CACHE_HOME", "")
    if named.startswith("/"):
        return Path(named) / "guard"
    try:
        return Path.home() / ".cache" / "guard"
    except RuntimeError:
        return None
