"""What a tier allows beside the policy: its models, the length of prompts, and the limits of answers.

The stricter of the two always holds. What is counted from one request to the next is the turnstile's.
"""

import msgspec

from guard.core.decision import Decision
from guard.core.tier import Tier, stricter
from guard.errors import ContextTooLong, ModelNotInTier


def need_model(tier: Tier, model: str) -> None:
    """Raises ModelNotInTier."""
    if not tier.serves(model):
        raise ModelNotInTier("This key's tier does not have this model; ask GET /v1/models, or the operator.")


def need_room(tier: Tier, prompt_tokens: int) -> None:
    """Raises ContextTooLong for a prompt of more tokens than the tier allows; `prompt_tokens` is an estimate."""
    most = tier.context_tokens
    if most is not None and prompt_tokens > most:
        raise ContextTooLong(
            f"The prompt has about {prompt_tokens} tokens, and this key's tier allows {most}; send a shorter one."
        )


def within(decision: Decision, tier: Tier) -> Decision:
    """The decision with the limits that keep both the policy's and the tier's.

    Raises ModelNotInTier if it routes to a model that the tier does not have.
    """
    if decision.route is not None and decision.route.model:
        need_model(tier, decision.route.model)
    limits = stricter(decision.limits, tier.limits)
    return decision if limits == decision.limits else msgspec.structs.replace(decision, limits=limits)
