"""The page lists every recognizer with its type, group, country and default, and an example that is found."""

import re
from pathlib import Path

import pytest

from guard.core.taxonomy import group_of
from guard.pii.presidio.choice import DEFAULT, OURS
from guard.pii.presidio.source import classes, country, pin_suffix_list
from guard.pii.presidio.translation import patterns_of
from guard.scan.engine import PatternEngine
from tests.pii.presidio.oracle import findings

PAGE = (Path(__file__).parents[3] / "docs" / "detectors.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(\w+)` \| `([\w.]+)` \| (\w+) \| `(\w+Recognizer)` \| ([\w' ]+) \| `([^`]+)` \|$", re.MULTILINE)
ROWS = ROW.findall(PAGE)


def test_the_page_lists_each_recognizer_once() -> None:
    assert sorted(row[3] for row in ROWS) == list(classes())


@pytest.mark.parametrize(("type_", "group", "land", "name", "default", "example"), ROWS, ids=[row[3] for row in ROWS])
def test_a_row_is_as_the_code_has_it_and_its_example_counts(
    type_: str, group: str, land: str, name: str, default: str, example: str
) -> None:
    kind = classes()[name]
    pin_suffix_list()
    assert kind().supported_entities == [type_]
    assert group == group_of(type_)
    assert land == (country(kind) or "all")
    assert default == ("on" if name in DEFAULT else "Guard's own" if name in OURS else "off")
    found = findings(PatternEngine(patterns_of(kind(), threshold=0.4)), [example])
    assert any(one.score >= one.threshold for one in found)
