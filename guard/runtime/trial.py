"""A trial: what engines and policy make of texts, without a backend. For `guard check` and for the check service."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from guard.core.action import Action
from guard.core.channel import Channel
from guard.core.decision import Decision
from guard.core.discreet import Discreet
from guard.core.facts import ClientFacts, Identity, MessageFacts
from guard.core.frame import Frame, Slot
from guard.core.plan import Plan
from guard.core.prompt import Prompt
from guard.core.style import Style
from guard.core.taxonomy import group_of, severity_of
from guard.errors import EngineError
from guard.ports import Classifier, Engine, Policies, TextEngine, Vault, Vaults
from guard.runtime.facts import Asker, request_facts
from guard.runtime.prompt_check import Outcome, PromptCheck

TRIAL: Final = Identity(tenant="default", key="trial", tier="default")
"""Who asks at the command line."""

_ROUTE: Final = "/v1/guard/check"


class TrialText(Discreet, frozen=True):
    """A text, who speaks in it (a role of the API), and which channel it would flow in."""

    text: str
    role: str = "user"
    channel: str = "content"


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
    """The trial of one text.

    `scores` are the classifiers', whatever the threshold. `released` is the text as it would travel on, None if it
    would not. `engines` are their status. `decision` is an action's word, or `deny`. `tokens` are what models read.
    """

    findings: tuple[CheckedFinding, ...]
    scores: Mapping[str, float]
    decision: str
    released: str | None
    generation: str
    engines: tuple[tuple[str, str], ...]
    tokens: int = 0

    def __repr__(self) -> str:
        return f"CheckReport(decision={self.decision!r}, findings=<{len(self.findings)}>)"


class Trial:
    """Inspects texts as a request's (or, in the role `assistant`, as an answer's) and decides on each."""

    def __init__(
        self,
        engines: Sequence[Engine],
        classifier: Classifier | None,
        policies: Policies,
        vaults: Vaults,
        names: TextEngine | None = None,
    ) -> None:
        self._engines = engines
        self._classifier = classifier
        self._names = names
        self._policies = policies
        self._vaults = vaults

    async def check(self, texts: Sequence[TrialText], who: Identity = TRIAL) -> Sequence[CheckReport]:
        """One report for each text, in order. Raises PolicyError, and EngineError of an inline engine."""
        return await asyncio.gather(*(self._check(text, who) for text in texts))

    async def _check(self, given: TrialText, who: Identity) -> CheckReport:
        prompt = _prompt(given)
        checked = PromptCheck(prompt, self._engines)
        if self._classifier is not None:
            await checked.classify(self._classifier)
        if self._names is not None:
            await checked.read(self._names)
        policy = self._policies.engine(who)
        facts = request_facts(Asker(who, ClientFacts(), "openai.chat", _ROUTE, "trial"), prompt, checked, policy.reads)
        decision = await policy.request(facts)
        vault = self._vaults.open(who, (given.text,), given.text, checked.lookalikes)
        return _report(given, checked, decision, vault)


def _report(given: TrialText, checked: PromptCheck, decision: Decision, vault: Vault) -> CheckReport:
    plan = _final(decision.answer_plan() if given.role == "assistant" else decision.prompt_plan())
    try:
        outcome = checked.apply(plan, decision.members, vault.hide)
    except EngineError:
        # What an engine has not seen does not travel; its status says which one it was.
        outcome = Outcome(Action.BLOCK, (), None)
    # Nobody is asked for an approval here: what needs one must not look harmless.
    denied = bool(decision.deny) or decision.require_approval is not None
    stopped = outcome.action is Action.BLOCK or denied
    texts = (given.text,) if outcome.texts is None else outcome.texts
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
            if plan.counts(f)
        ),
        scores=checked.scores(),
        decision="deny" if denied else outcome.action.word,
        released=None if stopped else "".join(texts),
        generation=decision.generation,
        engines=tuple((name, status.value) for name, status in checked.statuses().items()),
        tokens=checked.tokens,
    )


def _final(plan: Plan) -> Plan:
    """The plan with masks in place of pseudonyms: without an exchange nobody could turn them back."""
    styles = {scope: Style.MASK if style.comes_back else style for scope, style in plan.styles.items()}
    return msgspec.structs.replace(plan, styles=styles)


def _prompt(given: TrialText) -> Prompt:
    field = f"$.messages[0].{given.channel}"
    slots = (Slot(Channel(0, field), given.text, 0, 0),)
    message = MessageFacts(given.role, len(given.text))
    return Prompt(
        Frame(b"", slots, last=True), "trial", False, 1, None, (message,), (), (), roles=(given.role,), message_of=(0,)
    )
