"""The request's own text: inspected first, so that the policy has its facts, then acted on by the plan.

The same machine as a stream's guards it; here every channel is complete from the start.
"""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

import msgspec

from guard.core.action import Action
from guard.core.command import Release
from guard.core.event import EngineStatus, FrameSeen, Inspected
from guard.core.facts import EngineFacts, FindingFacts
from guard.core.finding import Finding
from guard.core.plan import Plan
from guard.core.stream import StreamGuard
from guard.core.taxonomy import group_of, severity_of
from guard.errors import InvariantError
from guard.ports import Engine, Prompt

MEMBER: Final = "POLICY_MEMBER"
_INDEX: Final = re.compile(r"\[\d+\]")


class Outcome(msgspec.Struct, frozen=True):
    """What the plan makes of a prompt: the strongest action, the finding types, and the texts as they may travel.

    `texts` is None when they travel as they came.
    """

    action: Action
    types: tuple[str, ...]
    texts: tuple[str, ...] | None

    def __repr__(self) -> str:
        return f"Outcome(action={self.action!r}, types={self.types!r})"


class PromptCheck:
    """Inspects one prompt at construction. Raises EngineError: a prompt without its verdict does not travel."""

    def __init__(self, prompt: Prompt, engine: Engine) -> None:
        self._prompt = prompt
        self._engine = engine.name
        self._verdicts = [self._inspect(engine, index) for index in range(len(prompt.frame.slots))]

    def engines(self) -> tuple[EngineFacts, ...]:
        """The engines' status, for the policy."""
        return (EngineFacts(self._engine, EngineStatus.OK.value),)

    def findings(self) -> tuple[FindingFacts, ...]:
        """What was found, counted by type and place."""
        counts: Counter[tuple[str, str]] = Counter()
        scores: dict[tuple[str, str], float] = {}
        for verdict in self._verdicts:
            path = _INDEX.sub("[]", verdict.channel.field)
            for finding in verdict.findings:
                if not finding.continues:
                    counts[finding.type, path] += 1
                    scores[finding.type, path] = max(scores.get((finding.type, path), 0.0), finding.score)
        return tuple(
            FindingFacts(type_, group_of(type_), severity_of(type_), count, scores[type_, path], self._engine, path)
            for (type_, path), count in counts.items()
        )

    def all_findings(self) -> tuple[Finding, ...]:
        """Each finding, in the order of the texts."""
        return tuple(finding for verdict in self._verdicts for finding in verdict.findings)

    def apply(self, plan: Plan, allowed_members: Sequence[str]) -> Outcome:
        """Acts on what was found. A member that smuggles and is not allowed by name is a finding of its own."""
        guard = StreamGuard(plan)
        released = list(guard.handle(FrameSeen(self._prompt.frame)))
        for verdict in self._verdicts:
            released.extend(guard.handle(verdict))
        types = {finding.type: None for finding in guard.findings}
        strongest = guard.strongest
        refused = [m for m in self._prompt.members if not _allowed(m, allowed_members)]
        if refused and (action := plan.action(Finding(MEMBER, 0, 0))) is not Action.ALLOW:
            types[MEMBER] = None
            # There is no text to mask in a member: what is not merely flagged is refused.
            strongest = max(strongest, Action.FLAG if action is Action.FLAG else Action.BLOCK)
        release = next((command for command in released if isinstance(command, Release)), None)
        if release is None and strongest is not Action.BLOCK:
            raise InvariantError("A prompt was neither released nor blocked, so it does not travel.")
        return Outcome(strongest, tuple(types), release.texts if release is not None else None)

    def _inspect(self, engine: Engine, index: int) -> Inspected:
        slot = self._prompt.frame.slots[index]
        memory = engine.open(slot.channel)
        try:
            return memory.feed(slot.text, True)
        finally:
            memory.close()


def _allowed(member: str, allowed: Sequence[str]) -> bool:
    return any(member == name or member.startswith(f"{name}.") for name in allowed)
