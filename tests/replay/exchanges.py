"""Recorded exchanges for the replay's tests, and policies that differ in one rule."""

from pathlib import Path

import msgspec

from guard.core.decision import Decision
from guard.core.facts import EngineFacts, Identity, MessageFacts, RequestFacts
from guard.core.taxonomy import group_of, severity_of
from guard.core.usage import Usage
from guard.policy.embedded import EmbeddedPolicy
from guard.policy.serving import InProcess
from guard.ports import PolicyEngine
from guard.replay.case import Case, Seen

ACTIONS = '"actions": {"pii": "redact"}'


def facts(**known: object) -> RequestFacts:
    """A plain chat request, but for what is known."""
    plain = RequestFacts(
        identity=Identity(tenant="acme", key="web", tier="free"),
        model="small-model",
        backend="local",
        dialect="openai.chat",
        stream=True,
        choices=1,
        max_tokens=None,
        messages=(MessageFacts(role="user", chars=40),),
        message_count=1,
        tools=(),
        members=(),
        findings=(),
        engines=(EngineFacts("pattern", "OK"),),
        scores={},
        prompt_chars=40,
        now="2026-03-01T12:00:00Z",
        tokens=10,
    )
    return msgspec.structs.replace(plain, **known)


def case(number: int = 1, told: RequestFacts | None = None, recorded: Decision | None = None, **known: object) -> Case:
    """An exchange that was served, but for what is known."""
    told = told or facts()
    plain = Case(
        exchange=f"01HZ{number:022d}",
        started_ms=1_770_000_000_000 + number * 60_000,
        tenant=told.identity.tenant,
        model=told.model,
        backend=told.backend,
        generation="recorded",
        facts=told,
        recorded=recorded or Decision(),
        usage=Usage(prompt=12, completion=200),
    )
    return msgspec.structs.replace(plain, **known)


def seen(
    type_: str, score: float = 1.0, engine: str = "pattern", threshold: float = 0.0, path: str = "content"
) -> Seen:
    """Something found."""
    return Seen(type_, group_of(type_), severity_of(type_), engine, path, 1, score, threshold)


def policy(folder: Path, rules: str) -> PolicyEngine:
    """The embedded engine on a module of package `guard` with these rules."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "policy.rego").write_text(f"package guard\n\n{rules}\n")
    return InProcess(EmbeddedPolicy(folder))
