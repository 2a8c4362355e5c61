"""The request's own text: inspected first, so that the policy has its facts, then acted on by the plan.

The same machine as a stream's guards it; here every channel is complete from the start.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from guard.core.action import Action
from guard.core.assessment import Assessment, Passage, SlotText
from guard.core.channel import Channel
from guard.core.command import Release
from guard.core.event import EngineStatus, FrameSeen, Inspected
from guard.core.facts import EngineFacts, FindingFacts
from guard.core.finding import Finding
from guard.core.frame import Slot
from guard.core.plan import FailureMode, Plan
from guard.core.prompt import Prompt
from guard.core.record import FindingRecord
from guard.core.stream import StreamGuard
from guard.core.stretch import Write, mask
from guard.core.tally import Tally
from guard.core.taxonomy import PSEUDONYM, group_of, severity_of
from guard.errors import EngineError, EngineTimeout, InvariantError
from guard.ports import Classifier, Engine, TextEngine

MEMBER: Final = "POLICY_MEMBER"
CLASSIFIER: Final = "classifier"
"""The name by which plans wait for the classifiers, whichever there are."""
_DONE: Final = (EngineStatus.OK, EngineStatus.SKIPPED)
_GRAVITY: Final = (EngineStatus.SKIPPED, EngineStatus.OK, EngineStatus.TIMEOUT, EngineStatus.ERROR)
"""Least first: a text that need not be scored takes nothing from one that was."""
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

    def __init__(self, prompt: Prompt, engines: Sequence[Engine]) -> None:
        self._prompt = prompt
        self.lookalikes: list[SlotText] = []
        """Texts that look like pseudonyms, as they were received."""
        self._names: tuple[str, ...] = tuple(engine.name for engine in engines)
        self._statuses = dict.fromkeys(self._names, EngineStatus.OK)
        self._verdicts = [self._inspect(e, index) for index in range(len(prompt.frame.slots)) for e in engines]
        self._assessed: Sequence[Assessment] = ()
        self.tokens = 0
        """What the models read of it."""
        self._types_of: dict[str, tuple[str, ...]] = {}
        """What engines with a model look for, by their names."""
        self._types_by_channel: dict[Channel, set[str]] | None = None
        """What `types_at` knows, once every engine has spoken."""

    async def classify(self, classifier: Classifier) -> None:
        """Lets the classifiers score what was said in the conversation. Raises nothing: see `engines`."""
        slots, roles = self._prompt.frame.slots, self._prompt.roles
        spoken: list[tuple[int, ...]] = [(index,) for index, role in enumerate(roles) if role]
        spoken += [group for group in self._prompt.groups if roles[group[0]]]
        passages = [Passage(" ".join(slots[index].text for index in texts), roles[texts[0]]) for texts in spoken]
        self._assessed = await classifier.assess(passages)
        self.tokens += sum(one.tokens for one in self._assessed)
        # Outside the conversation there is nothing for a classifier to say.
        found: dict[int, list[Finding]] = {index: [] for index in range(len(slots))}
        for texts, assessed in zip(spoken, self._assessed, strict=True):
            for index in texts:
                found[index] += assessed.findings if len(texts) == 1 else _spread(assessed, len(slots[index].text))
        for index, slot in enumerate(slots):
            self._verdicts.append(Inspected(slot.channel, CLASSIFIER, len(slot.text), tuple(found[index])))
        self._names = (*self._names, CLASSIFIER)

    async def read(self, engine: TextEngine) -> None:
        """Lets an engine with a model read what was said in the conversation. Raises nothing: see `engines`."""
        slots, roles = self._prompt.frame.slots, self._prompt.roles
        spoken = [index for index, role in enumerate(roles) if role]
        texts = [SlotText(slots[index].text, slots[index].channel.is_json) for index in spoken]
        read = await engine.inspect(texts)
        self.tokens += sum(one.tokens for one in read)
        found = dict(zip(spoken, read, strict=True))
        for index, slot in enumerate(slots):
            findings = found[index].findings if index in found else ()
            self._verdicts.append(Inspected(slot.channel, engine.name, len(slot.text), findings))
        self._names = (*self._names, engine.name)
        self._statuses[engine.name] = max((one.status for one in read), key=_GRAVITY.index, default=EngineStatus.OK)
        self._types_of[engine.name] = engine.types

    def statuses(self) -> Mapping[str, EngineStatus]:
        """The engines' status on the whole prompt: the gravest that any of its texts has."""
        found = self._statuses.copy()
        for assessment in self._assessed:
            for name, status in assessment.status.items():
                found[name] = max(found.get(name, status), status, key=_GRAVITY.index)
        return found

    def engines(self) -> tuple[EngineFacts, ...]:
        """The engines' status, for the policy."""
        return tuple(EngineFacts(name, status.value) for name, status in self.statuses().items())

    def scores(self) -> Mapping[str, float]:
        """The classifiers' highest scores."""
        highest: dict[str, float] = {}
        for assessment in self._assessed:
            for name, score in assessment.scores.items():
                highest[name] = max(highest.get(name, 0.0), score)
        return highest

    def findings(self) -> tuple[FindingFacts, ...]:
        """What was found and reaches its engine's own threshold, counted by type and place."""
        counts: Counter[tuple[str, str, str]] = Counter()
        scores: dict[tuple[str, str, str], float] = {}
        for verdict in self._verdicts:
            path = _INDEX.sub("[]", verdict.channel.field)
            for finding in verdict.findings:
                if not finding.continues and finding.score >= finding.threshold:
                    key = finding.type, finding.engine, path
                    counts[key] += 1
                    scores[key] = max(scores.get(key, 0.0), finding.score)
        return tuple(
            FindingFacts(type_, group_of(type_), severity_of(type_), count, scores[type_, engine, path], engine, path)
            for (type_, engine, path), count in counts.items()
        )

    def types_at(self, slot: int) -> frozenset[str]:
        """The types that were found in one text."""
        if self._types_by_channel is None:
            self._types_by_channel = {}
            for verdict in self._verdicts:
                counted = {finding.type for finding in verdict.findings if finding.score >= finding.threshold}
                self._types_by_channel.setdefault(verdict.channel, set()).update(counted)
        return frozenset(self._types_by_channel.get(self._prompt.frame.slots[slot].channel, ()))

    def found(self) -> tuple[FindingRecord, ...]:
        """All that was found, whatever its score, counted by type and place."""
        tally = Tally()
        for verdict in self._verdicts:
            path = _INDEX.sub("[]", verdict.channel.field)
            for finding in verdict.findings:
                tally.add(finding, path)
        return tally.records("prompt")

    def all_findings(self) -> tuple[Finding, ...]:
        """Each finding, in the order of the texts."""
        return tuple(finding for verdict in self._verdicts for finding in verdict.findings)

    def apply(self, plan: Plan, allowed_members: Sequence[str], write: Write = mask) -> Outcome:
        """Acts on what was found; `write` says what stands in place of what is redacted.

        A member that smuggles and is not allowed by name is a finding of its own.

        Raises EngineError when a classifier that counts has no verdict and the plan does not say to go on without it.
        """
        self._need_verdicts(plan)
        guard = StreamGuard(msgspec.structs.replace(plan, engines=self._names), write)
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

    def _need_verdicts(self, plan: Plan) -> None:
        if plan.on_failure is FailureMode.RELEASE:
            return
        for name, status in self.statuses().items():
            if status in _DONE or not self._counts(name, plan):
                continue
            if status is EngineStatus.TIMEOUT:
                raise EngineTimeout("A model was too slow for this prompt, so it does not travel; try again.")
            raise EngineError("A model failed on this prompt, so it does not travel; try again.")

    def _counts(self, name: str, plan: Plan) -> bool:
        """Whether the plan does anything about what an engine finds."""
        if name in self._types_of:
            return any(plan.action(Finding(type_, 0, 0)) is not Action.ALLOW for type_ in self._types_of[name])
        return plan.classifiers is None or name in plan.classifiers

    def _inspect(self, engine: Engine, index: int) -> Inspected:
        slot = self._prompt.frame.slots[index]
        memory = engine.open(slot.channel)
        try:
            verdict = memory.feed(slot.text, True)
        finally:
            memory.close()
        return self._whole(verdict, slot) if verdict.findings else verdict

    def _whole(self, verdict: Inspected, slot: Slot) -> Inspected:
        """With the pieces of each value joined, and without what only looks like a pseudonym."""
        found: list[Finding] = []
        for finding in verdict.findings:
            if finding.type == PSEUDONYM:
                self.lookalikes.append(SlotText(slot.text[finding.start : finding.end], slot.channel.is_json))
            elif finding.continues and found and found[-1].end == finding.start and found[-1].type == finding.type:
                found[-1] = msgspec.structs.replace(found[-1], end=finding.end)
            else:
                found.append(finding)
        return msgspec.structs.replace(verdict, findings=tuple(found))


def _spread(assessed: Assessment, size: int) -> list[Finding]:
    """What was found in several texts together is found in the whole of each."""
    return [msgspec.structs.replace(finding, start=0, end=size) for finding in assessed.findings if size]


def _allowed(member: str, allowed: Sequence[str]) -> bool:
    return any(member == name or member.startswith(f"{name}.") for name in allowed)
