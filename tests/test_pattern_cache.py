"""Where the application keeps compiled patterns: what the configuration says, else the user's cache directory."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from guard.app import patterns
from guard.app.patterns import build_store
from guard.config import load, standalone_settings
from guard.scan.database import STREAM, Expression, Source
from guard.scan.engine import PatternEngine
from guard.scan.pattern import Pattern
from tests.configuration import MINIMAL, written

WORD = Pattern("WORD", "word", "abc")
SOURCE = Source(STREAM, (Expression(b"a", 0, False, "a"),))


@pytest.mark.parametrize(
    ("line", "environment", "place"),
    [
        ("", {"XDG_CACHE_HOME": "{}/xdg"}, "xdg/guard"),
        ("", {"HOME": "{}/home"}, "home/.cache/guard"),
        ("", {"HOME": "{}/home", "XDG_CACHE_HOME": "relative"}, "home/.cache/guard"),
        ("pattern_cache: here", {"XDG_CACHE_HOME": "{}/xdg"}, "here"),
        ("pattern_cache: null", {"XDG_CACHE_HOME": "{}/xdg"}, None),
    ],
)
def test_compiled_patterns_are_kept_where_the_configuration_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, environment: dict[str, str], place: str | None
) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value.format(tmp_path))
    store = build_store(load(written(tmp_path, MINIMAL + line), {}))
    store.database(SOURCE)
    found = [file.parent.relative_to(tmp_path) for file in tmp_path.rglob("*.hsdb")]
    assert found == ([Path(place)] if place else [])
    assert store.faults == []


def test_a_directory_that_others_may_write_is_told_at_the_start_and_not_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "place"
    place.mkdir()
    place.chmod(0o777)
    monkeypatch.setattr(patterns, "build_engine", lambda *given: PatternEngine([WORD], store=given[-1]))
    engine = patterns.build_patterns(replace(standalone_settings(tmp_path), pattern_cache=str(place)))
    assert engine.types("abc") == {"WORD"}
    assert capsys.readouterr().out.count("chmod go-w") == 1
    assert list(place.iterdir()) == []
