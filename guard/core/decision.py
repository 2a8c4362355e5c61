"""A decision on a request: what the policy answered, as data."""

from collections.abc import Mapping

import msgspec

from guard.core.action import Action
from guard.core.facts import Scalar
from guard.core.plan import FailureMode, Plan, ReleaseMode
from guard.core.style import Style


class Denial(msgspec.Struct, frozen=True):
    """A reason to refuse. `message` is shown to the client; `code` goes to the audit as well, `internal` only there."""

    code: str
    message: str
    internal: str = ""


class Route(msgspec.Struct, frozen=True):
    """Where a request goes in place of where its model's name leads; what is empty stays."""

    backend: str = ""
    model: str = ""


class TokenLimits(msgspec.Struct, frozen=True):
    """Most tokens of the answer, of the thinking before it, and how many a second; None for no limit."""

    max_tokens: int | None = None
    tokens_per_s: float | None = None
    thinking_tokens: int | None = None


class Parameters(msgspec.Struct, frozen=True):
    """What becomes of the request's own members.

    `allow`: those that may travel, beside what the API can't do without; others are taken out. None allows all. `force`
    gives members a value, `max` an upper bound where they have a number.
    """

    allow: tuple[str, ...] | None = None
    force: Mapping[str, Scalar] = {}
    max: Mapping[str, float] = {}


class Approval(msgspec.Struct, frozen=True):
    """A person has to agree first. `timeout_s` None: as long as the configuration lets one wait."""

    reason: str = ""
    timeout_s: float | None = None


class Decision(msgspec.Struct, frozen=True):
    """The policy's answer to one request.

    `actions` hold for prompt and answer; `prompt_actions` and `answer_actions` lie over them, key by key. `members` are
    the smuggling members that this request may carry. `styles`, with `prompt_styles` and `answer_styles` over them, say
    how what is redacted is written anew. `release` says whether an answer's text waits for the
    classifiers' verdict, or may run ahead of it by `ahead_chars` characters. `classifiers` are those whose verdict
    counts, None for all there are. `tool_hold_chars` are the characters of tool calls that may await the policy's word
    in one answer. `generation` names the loaded set of policies.
    """

    deny: tuple[Denial, ...] = ()
    actions: Mapping[str, Action] = {}
    prompt_actions: Mapping[str, Action] = {}
    answer_actions: Mapping[str, Action] = {}
    styles: Mapping[str, Style] = {}
    prompt_styles: Mapping[str, Style] = {}
    answer_styles: Mapping[str, Style] = {}
    thresholds: Mapping[str, float] = {}
    members: tuple[str, ...] = ()
    hold_chars: int = 16_384
    tool_hold_chars: int = 262_144
    on_failure: FailureMode = FailureMode.BLOCK
    labels: Mapping[str, str] = {}
    release: ReleaseMode = ReleaseMode.HELD
    ahead_chars: int = 400
    classifiers: tuple[str, ...] | None = None
    route: Route | None = None
    limits: TokenLimits = TokenLimits()
    parameters: Parameters = Parameters()
    require_approval: Approval | None = None
    generation: str = ""

    def prompt_plan(self) -> Plan:
        """The plan for the request's own text."""
        return self._plan(self.prompt_actions, self.prompt_styles)

    def answer_plan(self) -> Plan:
        """The plan for what the backend answers."""
        return self._plan(self.answer_actions, self.answer_styles)

    def _plan(self, actions: Mapping[str, Action], styles: Mapping[str, Style]) -> Plan:
        return Plan(
            actions={**self.actions, **actions},
            styles={**self.styles, **styles},
            thresholds=self.thresholds,
            hold_chars=self.hold_chars,
            tool_hold_chars=self.tool_hold_chars,
            on_failure=self.on_failure,
            classifiers=self.classifiers,
            ahead_chars=self.ahead_chars if self.release is ReleaseMode.OPTIMISTIC else 0,
        )
