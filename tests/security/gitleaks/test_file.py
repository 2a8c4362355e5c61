"""A user's rules in gitleaks' format find what they find there; what can't be honoured is said."""

from pathlib import Path

import pytest

from guard.core.channel import Channel
from guard.errors import ConfigError
from guard.scan.engine import PatternEngine
from guard.scan.store import DatabaseStore
from guard.security.gitleaks.file import Loaded, read_gitleaks
from tests.security.secret.example import made

RULES = Path(__file__).parent / "rules.toml"
ACME = made("acme_{l40}")
HEX = made("{h32}")

FOUND = (
    ("acme-token", f'token = "{ACME}"', ACME),
    ("acme-token", ACME, ACME),
    ("acme-token", f"{ACME}\nnext", ACME),
    ("beacon-key", f'my_BEACON_key = "{HEX}"', HEX),
    ("beacon-key", f"beacon: {HEX}", HEX),
    ("second-group", "user-ABCDEFGH1234", "ABCDEFGH1234"),
    ("near-keyword", "the orchid key is q" + "0123456789" * 2, "q" + "0123456789" * 2),
    ("case-in-the-middle", "KEY-abcDEFabcDEF", "KEY-abcDEFabcDEF"),
)

NONE = (
    "acme_" + "a" * 40,
    f"{ACME}x",
    f"test_beacon: {HEX}",
    f"beakon: {HEX}",
    "the tulip key is q" + "0123456789" * 2,
    "key-abcdefabcdef",
    "secret_abcdefgh",
    "placeholder user-placeholder",
)


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    return read_gitleaks(RULES)


@pytest.fixture(scope="module")
def engine(loaded: Loaded, store: DatabaseStore) -> PatternEngine:
    return PatternEngine(loaded.patterns, store=store)


def _found(engine: PatternEngine, pieces: list[str]) -> list[tuple[str, str]]:
    text = "".join(pieces)
    scanner = engine.open(Channel(choice=0, field="content"))
    verdicts = [scanner.feed(piece, number == len(pieces) - 1) for number, piece in enumerate(pieces)]
    scanner.close()
    return [(f.rule, text[f.start : f.end]) for verdict in verdicts for f in verdict.findings]


@pytest.mark.parametrize(("rule", "text", "secret"), FOUND)
def test_a_rule_finds_its_secret_whole_and_letter_by_letter(
    engine: PatternEngine, rule: str, text: str, secret: str
) -> None:
    assert _found(engine, [text]) == [(rule, secret)]
    assert _found(engine, list(text)) == [(rule, secret)]


@pytest.mark.parametrize("text", NONE)
def test_what_a_rule_or_a_list_leaves_alone_is_left_alone(engine: PatternEngine, text: str) -> None:
    assert _found(engine, [text]) == []


def test_types_are_named_after_the_rules(loaded: Loaded) -> None:
    assert loaded.patterns[0].type == "SECRET_ACME_TOKEN"


def test_what_is_not_honoured_is_said(loaded: Loaded) -> None:
    said = " ".join(loaded.left_out)
    assert all(part in said for part in ("of-a-path", "without-an-end", "paths and commits"))
    assert not any(pattern.rule in ("of-a-path", "without-an-end") for pattern in loaded.patterns)


@pytest.mark.parametrize(
    ("content", "cure"), [("not toml [", "TOML"), ("title = 'x'", "rules"), ("[[rules]]\nregex = 'a'", "id")]
)
def test_a_file_that_is_none_is_refused_with_the_cure(tmp_path: Path, content: str, cure: str) -> None:
    path = tmp_path / "rules.toml"
    path.write_text(content)
    with pytest.raises(ConfigError, match=cure):
        read_gitleaks(path)
