"""Who looks at one answer: the engines, the policy's word on findings, and its ruling on tool calls."""

from collections.abc import Awaitable, Callable
from typing import Final

from guard.core.channel import Channel
from guard.core.facts import RequestFacts
from guard.core.finding import Finding
from guard.core.plan import Plan
from guard.core.point_decision import AnswerDecision
from guard.core.prompt import Prompt
from guard.ports import PolicyEngine, Vault
from guard.runtime.consult import Consult
from guard.runtime.conversation import SYSTEM_ROLES
from guard.runtime.facts import answer_facts
from guard.runtime.inspection import Engines
from guard.runtime.parts import Parts
from guard.runtime.tool.desk import ToolDesk
from guard.runtime.tool.scene import ToolScene

_RESPONSE: Final = "response"
_TOOL: Final = "tool"
"""Entry points of a policy."""


def engines_of(parts: Parts, prompt: Prompt, vault: Vault) -> Engines:
    """The engines; with a system prompt also a rule that keeps it from being told."""
    spoken = zip(prompt.frame.slots, prompt.roles, strict=True) if prompt.roles else ()
    rule = parts.leak(tuple(slot.text for slot, role in spoken if role in SYSTEM_ROLES))
    own = tuple(engine for engine in (rule, vault.engine) if engine is not None)
    return Engines((*parts.engines.inline, *own), parts.engines.deferred) if own else parts.engines


def consult_of(policy: PolicyEngine, request: RequestFacts | None, plan: Plan) -> Consult | None:
    """Who asks the policy about findings in the answer; None if it has no rules for them."""
    if request is None or _RESPONSE not in policy.points:
        return None

    def ask(finding: Finding, channel: Channel, chars: int) -> Awaitable[AnswerDecision]:
        return policy.response(answer_facts(request, finding, channel, chars))

    return Consult(ask, plan)


def desk_of(
    parts: Parts, policy: PolicyEngine, scene: ToolScene, is_mark: Callable[[str], bool], exchange: str
) -> ToolDesk | None:
    """Who rules on tool calls; None if the policy has no rules for them."""
    return ToolDesk(policy, scene, exchange, is_mark, parts.approvals) if _TOOL in policy.points else None
