"""A trial: what engines and policy make of one text, without a backend. For `guard check`."""

import time

import msgspec

from guard.core.action import Action
from guard.core.channel import Channel
from guard.core.facts import Identity, MessageFacts, RequestFacts
from guard.core.frame import Frame, Slot
from guard.core.taxonomy import group_of, severity_of
from guard.ports import Engine, PolicyEngine, Prompt
from guard.runtime.prompt_check import PromptCheck

_TRIAL = Identity(tenant="default", key="trial", tier="default")


class CheckedFinding(msgspec.Struct, frozen=True):
    """A finding and what the policy does about it. Offsets are code points."""

    type: str
    group: str
    score: float
    severity: int
    start: int
    end: int
    action: str
    engine: str
    rule: str


class CheckReport(msgspec.Struct, frozen=True):
    """The whole trial. `released` is the text as it would travel on, None if it would not."""

    findings: tuple[CheckedFinding, ...]
    decision: str
    released: str | None
    generation: str
    engines: tuple[tuple[str, str], ...]

    def __repr__(self) -> str:
        return f"CheckReport(decision={self.decision!r}, findings=<{len(self.findings)}>)"


def check(text: str, engine: Engine, policy: PolicyEngine) -> CheckReport:
    """Inspects a text as a user's prompt and decides on it. Raises EngineError, PolicyError."""
    prompt = _prompt(text)
    checked = PromptCheck(prompt, engine)
    decision = policy.request(_facts(prompt, checked))
    plan = decision.prompt_plan()
    outcome = checked.apply(plan, decision.members)
    stopped = outcome.action is Action.BLOCK or bool(decision.deny)
    texts = (text,) if outcome.texts is None else outcome.texts
    return CheckReport(
        findings=tuple(
            CheckedFinding(
                type=f.type,
                group=group_of(f.type),
                score=f.score,
                severity=severity_of(f.type),
                start=f.start,
                end=f.end,
                action=plan.action(f).word,
                engine=f.engine,
                rule=f.rule,
            )
            for f in checked.all_findings()
        ),
        decision="deny" if decision.deny else outcome.action.word,
        released=None if stopped else "".join(texts),
        generation=decision.generation,
        engines=tuple((fact.name, fact.status) for fact in checked.engines()),
    )


def _prompt(text: str) -> Prompt:
    slots = (Slot(Channel(0, "$.messages[0].content"), text, 0, 0),) if text else ()
    message = MessageFacts("user", len(text))
    return Prompt(Frame(b"", slots, last=True), "trial", False, 1, None, (message,), (), ())


def _facts(prompt: Prompt, checked: PromptCheck) -> RequestFacts:
    return RequestFacts(
        identity=_TRIAL,
        model=prompt.model,
        backend="trial",
        dialect="openai.chat",
        stream=False,
        choices=1,
        max_tokens=None,
        messages=prompt.messages,
        message_count=len(prompt.messages),
        tools=(),
        members=(),
        findings=checked.findings(),
        engines=checked.engines(),
        prompt_chars=prompt.messages[0].chars,
        now=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    )
