"""What an exchange asks of budgets, and what a budget means for its answer."""

from collections.abc import Collection
from typing import Final

import msgspec

from guard.core.budget import BudgetClaim
from guard.core.decision import TokenLimits
from guard.core.facts import BudgetFacts, Identity
from guard.core.prompt import Prompt
from guard.core.usage import Usage
from guard.ports import Purse
from guard.runtime.answer_limit import AnswerLimit

BUDGET: Final = "budget"
MAX_TOKENS: Final = "max_tokens"
_NO_ANSWER: Final = "openai.embeddings"
_BYTES_PER_TOKEN: Final = 3
_MESSAGE: Final = 8
"""What a chat template writes around a message."""
_TEMPLATE: Final = 32
"""What it writes of its own."""
_MEDIA: Final = 1536
"""What a picture, or another part that is no text, is taken for."""


class _FreePurse:
    """Nothing is reserved."""

    answer_tokens: int | None = None
    name = ""
    reserved_tokens = reserved_nanousd = 0

    def settle(self, usage: Usage, cost_nanousd: int | None) -> None:
        """Nothing to settle."""

    def release(self) -> None:
        """Nothing to give back."""


class NoBudgets:
    """Implements `ports.Budgets` where there are none."""

    async def reserve(self, claim: BudgetClaim) -> Purse:
        """Nothing."""
        return _FreePurse()

    async def left(self, identity: Identity) -> BudgetFacts:
        """No bound."""
        return BudgetFacts()


NO_BUDGETS: Final = NoBudgets()


def prompt_bound(prompt: Prompt) -> int:
    """About the most tokens that a prompt may have: three bytes of UTF-8 for each, and what stands around the texts.

    English has four or five characters to a token, Chinese about one, which is three bytes; rows of digits and
    characters at random have fewer, so that it is no proof.
    """
    size = sum(len(slot.text) if slot.text.isascii() else len(slot.text.encode()) for slot in prompt.frame.slots)
    around = _TEMPLATE + _MESSAGE * len(prompt.messages) + _MEDIA * sum(part.count for part in prompt.media)
    return -(-(size + prompt.aside_chars) // _BYTES_PER_TOKEN) + around


def answer_bounds(prompt: Prompt, limits: TokenLimits, dialect: str) -> tuple[int | None, int]:
    """The most that all answers may have together, None if nothing bounds them; and the least that makes sense."""
    if dialect == _NO_ANSWER:
        return 0, 0
    each = [bound for bound in (prompt.max_tokens, limits.max_tokens) if bound is not None]
    written = written_choices(prompt)
    return (min(each) * written if each else None), written


def written_choices(prompt: Prompt) -> int:
    """How many answers the backend writes: with `best_of` more than the client gets."""
    best, choices = prompt.parameters.get("best_of"), prompt.parameters.get("n")
    if not isinstance(best, int) or isinstance(best, bool):
        return prompt.choices
    shown = choices if isinstance(choices, int) and choices > 0 else 1
    return max(prompt.choices, prompt.choices // shown * best)


def within_purse(limits: TokenLimits, purse: Purse, prompt: Prompt, dialect: str) -> TokenLimits:
    """The limits with what the purse grants: choices share it. Unchanged where the client asks for no more."""
    if purse.answer_tokens is None or dialect == _NO_ANSWER:
        return limits
    share = purse.answer_tokens // written_choices(prompt)
    each = [bound for bound in (prompt.max_tokens, limits.max_tokens) if bound is not None]
    if each and min(each) <= share:
        return limits
    return msgspec.structs.replace(limits, max_tokens=share)


def answer_limit(limits: TokenLimits, purse: Purse | None, prompt: Prompt) -> AnswerLimit | None:
    """What a streamed answer is held to, if the backend heeds no limit. A grant is never more than the limits."""
    if purse is not None and purse.answer_tokens is not None:
        return AnswerLimit(purse.answer_tokens, BUDGET, purse.name)
    each = limits.max_tokens
    return None if each is None else AnswerLimit(each * written_choices(prompt), MAX_TOKENS)


def reads_budget(reads: Collection[str]) -> bool:
    """Whether a policy wants to know what is left."""
    return any(name.split(".", 1)[0] == BUDGET for name in reads)
