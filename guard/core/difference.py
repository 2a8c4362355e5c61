"""In what two decisions on the same facts differ, as far as it matters to an exchange."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from guard.core.action import Action
from guard.core.decision import Decision, Denial
from guard.core.facts import FindingFacts, RequestFacts
from guard.core.finding import Finding
from guard.core.plan import Plan
from guard.core.point_decision import AdminDecision, AnswerDecision, ToolDecision
from guard.core.record import AnyDecision, AnyFacts
from guard.core.shadow import Difference

_NAME: Final = re.compile(r"[A-Za-z0-9_.*-]{1,64}")
_WHOLE: Final = ("route", "limits", "parameters", "members", "thresholds", "on_failure", "classifiers", "hold_chars")
"""Parts of a request's decision that are compared as they are."""


def differences(facts: AnyFacts, live: AnyDecision | None, candidate: AnyDecision | None) -> tuple[Difference, ...]:
    """What differs; None stands for an engine that gave no decision. Both are on the same entry point."""
    if live is None or candidate is None:
        return () if live is candidate else (Difference("error", "candidate" if candidate is None else "live"),)
    return tuple(_differences(facts, live, candidate))


def _differences(facts: AnyFacts, live: AnyDecision, candidate: AnyDecision) -> Iterator[Difference]:
    if isinstance(live, Decision) and isinstance(candidate, Decision):
        yield from _denials(live.deny, candidate.deny)
        if live.deny or candidate.deny:
            # Nothing else of a decision that denies takes effect.
            return
        found = facts.findings if isinstance(facts, RequestFacts) else ()
        yield from _request(found, live, candidate)
    elif isinstance(live, ToolDecision) and isinstance(candidate, ToolDecision):
        yield from _denials(live.deny, candidate.deny)
        if not (live.deny or candidate.deny):
            yield from _parts(live, candidate, ("require_approval", "redact", "bounds"))
            yield from _labels(live.labels, candidate.labels)
    elif isinstance(live, AnswerDecision) and isinstance(candidate, AnswerDecision):
        if live.action is not candidate.action:
            yield Difference("answer_action", _change(live.action, candidate.action))
        yield from _labels(live.labels, candidate.labels)
    elif isinstance(live, AdminDecision) and isinstance(candidate, AdminDecision):
        before, after = (one.allow and not one.deny for one in (live, candidate))
        if before != after:
            yield Difference("allow", f"{_flag(before)} > {_flag(after)}")


def _request(found: tuple[FindingFacts, ...], live: Decision, candidate: Decision) -> Iterator[Difference]:
    if (live.require_approval is None) != (candidate.require_approval is None):
        yield Difference("require_approval")
    yield from _found(found, live.prompt_plan(), candidate.prompt_plan())
    yield from _planned(live.answer_plan(), candidate.answer_plan())
    yield from _parts(live, candidate, _WHOLE)
    if live.prompt_plan().styles != candidate.prompt_plan().styles or live.answer_plan().styles != (
        candidate.answer_plan().styles
    ):
        yield Difference("styles")
    if live.answer_plan().ahead_chars != candidate.answer_plan().ahead_chars:
        yield Difference("release")
    yield from _labels(live.labels, candidate.labels)


def _denials(live: tuple[Denial, ...], candidate: tuple[Denial, ...]) -> Iterator[Difference]:
    before, after = ({denial.code for denial in some} for some in (live, candidate))
    for code in sorted(before ^ after):
        yield Difference("deny", f"{'-' if code in before else '+'}{_named(code)}")


def _found(found: tuple[FindingFacts, ...], live: Plan, candidate: Plan) -> Iterator[Difference]:
    """What becomes of the findings that there are in the request."""
    seen: dict[Difference, None] = {}
    for one in found:
        finding = Finding(one.type, 0, 0, score=one.score, engine=one.engine)
        before, after = live.action(finding), candidate.action(finding)
        if before is not after:
            seen[Difference("prompt_action", f"{_named(one.type)}: {_change(before, after)}")] = None
    yield from seen


def _planned(live: Plan, candidate: Plan) -> Iterator[Difference]:
    """What would become of findings in the answer."""
    for scope in sorted({*live.actions, *candidate.actions}):
        before, after = live.actions.get(scope), candidate.actions.get(scope)
        if before is not after:
            yield Difference("answer_action", f"{_named(scope)}: {_change(before, after)}")


def _parts(live: object, candidate: object, names: tuple[str, ...]) -> Iterator[Difference]:
    for name in names:
        if getattr(live, name) != getattr(candidate, name):
            yield Difference(name)


def _labels(live: Mapping[str, str], candidate: Mapping[str, str]) -> Iterator[Difference]:
    for name in sorted({*live, *candidate}):
        if live.get(name) != candidate.get(name):
            yield Difference("labels", _named(name))


def _change(before: Action | None, after: Action | None) -> str:
    return " > ".join("unsaid" if action is None else action.word for action in (before, after))


def _flag(value: bool) -> str:
    return "yes" if value else "no"


def _named(word: str) -> str:
    """A word that a policy wrote, if it is one."""
    return word if _NAME.fullmatch(word) else "*"
