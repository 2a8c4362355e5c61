"""A request's facts to vary, and directories of policies written on the spot."""

from collections.abc import Callable
from pathlib import Path

import pytest

from guard.core.facts import EngineFacts, Identity, MessageFacts, RequestFacts
from guard.policy.pack import copy

Write = Callable[[dict[str, str]], Path]


@pytest.fixture
def facts() -> RequestFacts:
    return RequestFacts(
        identity=Identity(tenant="acme", key="web", tier="free"),
        model="small-model",
        backend="local",
        dialect="openai.chat",
        stream=True,
        choices=1,
        max_tokens=256,
        messages=(MessageFacts(role="system", chars=40), MessageFacts(role="user", chars=120, media=1)),
        message_count=2,
        tools=("search",),
        members=(),
        findings=(),
        engines=(EngineFacts(name="pattern", status="OK"),),
        scores={},
        prompt_chars=160,
        now="2026-03-01T12:00:00Z",
    )


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes files into one directory of policies and returns it."""

    def write_files(files: dict[str, str]) -> Path:
        for name, text in files.items():
            path = tmp_path / "policies" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return tmp_path / "policies"

    return write_files


@pytest.fixture
def starter() -> Path:
    return Path(__file__).parents[2] / "policies"


@pytest.fixture
def lean(starter: Path, tmp_path: Path) -> Path:
    """The starter policy with one pack: for what compiles every test, which takes its time for all of them."""
    copy(starter, "agents", tmp_path / "lean")
    return tmp_path / "lean"
