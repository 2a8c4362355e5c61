"""The page about detectors lists every rule with its type and score, and no other."""

import re
from pathlib import Path

from tests.pii.corpus import ALL_PATTERNS

PAGE = Path(__file__).parents[2] / "docs" / "detectors.md"
ROW = re.compile(r"^\| `([A-Z0-9_]+)` \|(?: `[a-z.]+` \|)? `([a-z0-9_]+)` \(([0-9.]+)\) \|", re.MULTILINE)


def test_the_page_and_the_tables_agree() -> None:
    listed = {(type_, rule, float(score)) for type_, rule, score in ROW.findall(PAGE.read_text(encoding="utf-8"))}
    assert listed == {(pattern.type, pattern.rule, pattern.score) for pattern in ALL_PATTERNS}
