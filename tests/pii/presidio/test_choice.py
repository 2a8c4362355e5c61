"""Which recognizers run is configuration: a default, names, countries, files, plug-ins. The rest is refused."""

from importlib.metadata import EntryPoint
from pathlib import Path

import presidio_analyzer
import pytest
from presidio_analyzer import Pattern, PatternRecognizer

from guard.core.taxonomy import GROUPS, group_of
from guard.errors import ConfigError
from guard.pii.presidio import source
from guard.pii.presidio.choice import DEFAULT, OURS, Choice, chosen_names, chosen_patterns
from guard.pii.presidio.source import classes
from guard.scan.engine import PatternEngine
from tests.pii.presidio.oracle import findings, found

OWN = """
recognizers:
  - name: Ticket recognizer
    supported_language: en
    supported_entity: TICKET
    patterns: [{name: ticket, regex: '\\bT-\\d{4}\\b', score: 0.3}]
    context: [ticket]
  - name: Titles recognizer
    supported_entity: TITLE
    supported_languages: [{language: en}, {language: de, context: [titel]}]
    deny_list: [Mr., "Frau M\u00fcller", Dr]
  - {name: SpacyRecognizer, type: predefined}
  - {name: NhsRecognizer, type: predefined, supported_languages: [en], enabled: false}
  - {name: SgFinRecognizer, type: predefined, supported_languages: [en], score_thresholds: {default: 0.6}}
"""


def test_the_default_is_known_and_none_of_it_is_guard_s_own() -> None:
    assert set(classes()) > DEFAULT
    assert not DEFAULT & OURS
    assert chosen_names(Choice()) == DEFAULT


def test_all_are_all_and_every_type_has_a_group() -> None:
    assert chosen_names(Choice(presidio=("all",))) == set(classes())
    types = {kind().supported_entities[0] for kind in classes().values()}
    assert {one for one in types if group_of(one) not in GROUPS} == set()


def test_a_country_adds_its_recognizers_and_a_name_takes_one_away() -> None:
    names = chosen_names(Choice(presidio=("UuidRecognizer",), countries=("pl", "th"), without=("ThTninRecognizer",)))
    assert names == {"UuidRecognizer", "PlPeselRecognizer"}


def test_a_user_s_file_works_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(OWN, encoding="utf-8")
    patterns = chosen_patterns(Choice(presidio=(), files=(str(path),)))
    assert [pattern.type for pattern in patterns] == ["SG_NRIC_FIN", "SG_NRIC_FIN", "TICKET", "TITLE"]
    engine = PatternEngine(patterns)
    text = "Ticket T-1234 for Mr. Smith, Frau M\u00fcller and Frau M\u00f6ller; T-1234 or T-12345"
    assert found(engine, text) == {
        ("TICKET", 7, 13, 0.3 + 0.35),
        ("TITLE", 18, 21, 1.0),
        ("TITLE", 29, 40, 1.0),
        ("TICKET", 58, 64, 0.3),
    }
    assert [one.threshold for one in findings(engine, ["nric S2740116C"])] == [0.6]


@pytest.mark.parametrize("name", ["default_recognizers.yaml", "example_recognizers.yaml"])
def test_presidio_s_own_files_work_as_they_are(name: str) -> None:
    path = Path(presidio_analyzer.__file__).parent / "conf" / name
    assert chosen_patterns(Choice(presidio=(), files=(str(path),)))


class Room(PatternRecognizer):
    """A plug-in, as an operator would write it."""

    def __init__(self) -> None:
        super().__init__("ROOM", patterns=[Pattern("room", r"\bR\d{3}(?!-)", 0.5)])

    def validate_result(self, pattern_text: str) -> bool:
        if pattern_text == "R999":
            raise ValueError("no room")
        return pattern_text != "R000"


NOT_A_RECOGNIZER = object()


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    points = [
        EntryPoint("rooms", f"{__name__}:Room", source.GROUP),
        EntryPoint("wrong", f"{__name__}:NOT_A_RECOGNIZER", source.GROUP),
        EntryPoint("lost", f"{__name__}:NOWHERE", source.GROUP),
    ]
    monkeypatch.setattr(source, "entry_points", lambda group: points)


def test_a_plug_in_s_recognizer_works_as_it_is(installed: None) -> None:
    engine = PatternEngine(chosen_patterns(Choice(presidio=(), plugins=("rooms",))))
    assert found(engine, "R123 R000 R124-") == {("ROOM", 0, 4, 1.0)}


def test_a_validator_that_fails_hides_nothing(installed: None) -> None:
    engine = PatternEngine(chosen_patterns(Choice(presidio=(), plugins=("rooms",))))
    assert found(engine, "R999 ") == {("ROOM", 0, 4, 0.5)}


@pytest.mark.parametrize(
    ("choice", "cure"),
    [
        (Choice(presidio=("NhsRecogniser",)), "did you mean NhsRecognizer"),
        (Choice(presidio=("SpacyRecognizer",)), "none of Presidio's recognizers of patterns"),
        (Choice(without=("Nothing",)), "recognizers.without: Nothing is none"),
        (Choice(countries=("xx",)), "xx has no recognizer; use au, ca"),
        (Choice(plugins=("missing",)), r"missing is not installed \(there are: lost, rooms, wrong\)"),
        (Choice(plugins=("wrong",)), "wrong gives a object, which is no PatternRecognizer"),
        (Choice(plugins=("lost",)), "lost can't be imported"),
    ],
)
def test_what_there_is_not_is_refused_with_the_cure(installed: None, choice: Choice, cure: str) -> None:
    with pytest.raises(ConfigError, match=cure):
        chosen_patterns(choice)


@pytest.mark.parametrize(
    ("text", "cure"),
    [
        (
            "recognizers: [{name: A, supported_entity: X, patterns: [{name: p, regex: 'k: .*', score: 1}]}]",
            "'p' of A: it re",
        ),
        (
            "recognizers: [{name: A, supported_entity: X, patterns: [{name: p, regex: '(', score: 1}]}]",
            "Presidio refuses",
        ),
        ("recognizers: [{name: A, supported_entity: a b, deny_list: [x]}]", "name it like EMPLOYEE_ID"),
        ("recognizers: [{name: A, supported_entity: PSEUDONYM, deny_list: [x]}]", "name it like EMPLOYEE_ID"),
        ("recognizers: [{name: Nope, type: predefined}]", "Nope is none of Presidio's recognizers"),
        ("recognizers: [{supported_entity: X}]", "without a name"),
        ("patterns: []", "begin it with 'recognizers:'"),
        ("recognizers: [", "is not YAML"),
    ],
)
def test_a_file_that_can_t_be_taken_is_refused_with_its_name_and_the_cure(tmp_path: Path, text: str, cure: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=cure) as caught:
        chosen_patterns(Choice(presidio=(), files=(str(path),)))
    assert "bad.yaml" in str(caught.value)
