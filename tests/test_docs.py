"""The docs list what the code has: error codes, finding types, dependencies, links."""

import re
import tomllib
from pathlib import Path

import pytest

from guard import errors
from guard.errors import GuardError
from guard.pii.table import PATTERNS as PII
from guard.security.table import PATTERNS as SECURITY

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def _subclasses(of: type[GuardError]) -> set[type[GuardError]]:
    return {of}.union(*(_subclasses(sub) for sub in of.__subclasses__()))


def test_every_error_code_is_listed_with_its_status() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (\d+|–) \|", (ROOT / "docs/errors.md").read_text(), re.MULTILINE))
    ours = {e.code: e.status for e in _subclasses(GuardError) if e.__module__ == errors.__name__}
    assert {*ours, "content_filter"} == set(rows)
    assert {code: rows[code] for code in ours if rows[code] != "–"} == {
        code: str(status) for code, status in ours.items() if rows[code] != "–"
    }


def test_every_finding_type_is_listed() -> None:
    page = (ROOT / "docs/detectors.md").read_text()
    assert {pattern.type for pattern in (*PII, *SECURITY) if f"`{pattern.type}`" not in page} == set()


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    page = (ROOT / "docs/dependencies.md").read_text()
    names = {re.split(r"[<>=]", requirement)[0] for requirement in project["dependencies"]}
    assert {name for name in names if name not in page} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_and_every_named_file_exists(page: Path) -> None:
    text = page.read_text()
    links = re.findall(r"\]\((?!https?:)([^)#]+)", text)
    named = re.findall(r"`((?:tests|guard|docs|benchmarks|policies)/[\w./-]*(?:\.\w+|/))`", text)
    missing = [link for link in links if not (page.parent / link).exists()]
    missing += [name for name in named if not (ROOT / name).exists()]
    assert missing == []


def test_decisions_are_numbered_once_and_without_gaps() -> None:
    pages = sorted((ROOT / "docs/adr").glob("*.md"))
    assert [int(page.name[:4]) for page in pages] == list(range(1, len(pages) + 1))
    assert [page.name for page in pages if not page.read_text().startswith(f"# {int(page.name[:4])}. ")] == []
