"""A decision: what the policy answered, as data."""

from collections.abc import Mapping

import msgspec

from guard.core.action import Action
from guard.core.plan import FailureMode, Plan


class Denial(msgspec.Struct, frozen=True):
    """A reason to refuse the request. `message` is shown to the client; `code` goes to the audit as well."""

    code: str
    message: str


class Decision(msgspec.Struct, frozen=True):
    """The policy's answer to one request.

    `actions` hold for prompt and answer; `prompt_actions` and `answer_actions` lie over them, key by key. `members` are
    the smuggling members that this request may carry. `generation` names the loaded set of policies.
    """

    deny: tuple[Denial, ...] = ()
    actions: Mapping[str, Action] = {}
    prompt_actions: Mapping[str, Action] = {}
    answer_actions: Mapping[str, Action] = {}
    thresholds: Mapping[str, float] = {}
    members: tuple[str, ...] = ()
    hold_chars: int = 16_384
    on_failure: FailureMode = FailureMode.BLOCK
    labels: Mapping[str, str] = {}
    generation: str = ""

    def prompt_plan(self) -> Plan:
        """The plan for the request's own text."""
        return self._plan(self.prompt_actions)

    def answer_plan(self) -> Plan:
        """The plan for what the backend answers."""
        return self._plan(self.answer_actions)

    def _plan(self, over: Mapping[str, Action]) -> Plan:
        return Plan(
            actions={**self.actions, **over},
            thresholds=self.thresholds,
            hold_chars=self.hold_chars,
            on_failure=self.on_failure,
        )
