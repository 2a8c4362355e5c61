"""What an exchange may come to at most, and how long an answer some amount is enough for. Pure."""

from guard.core.budget import BudgetClaim
from guard.core.usage import Usage
from guard.errors import Unpriced
from guard.metering.budget.budget import Unit
from guard.ports import Rater


class Bill:
    """One claim's amounts. Money is reckoned by the dearest class that the tokens may turn out to be of."""

    def __init__(self, claim: BudgetClaim, rater: Rater | None) -> None:
        self._claim = claim
        self._rater = rater

    def amount(self, unit: Unit, answer_tokens: int, hard: bool = True) -> int:
        """What the prompt and an answer of so many tokens come to.

        Raises Unpriced for a hard budget; a soft one in dollars reserves nothing for what has no price.
        """
        if unit is Unit.TOKENS:
            return self._claim.prompt_tokens + answer_tokens
        if not hard and self._cost(Usage(prompt=0), Usage(completion=0)) is None:
            return 0
        return max(self._priced(prompt, answer) for prompt in self._prompts() for answer in _answers(answer_tokens))

    def affordable(self, unit: Unit, left: int, most: int) -> int:
        """The longest answer, up to `most` tokens, that `left` is enough for; -1 if not even the prompt fits."""
        if self.amount(unit, most) <= left:
            return most
        if self.amount(unit, 0) > left:
            return -1
        low, high = 0, most
        while high - low > 1:
            middle = (low + high) // 2
            if self.amount(unit, middle) <= left:
                low = middle
            else:
                high = middle
        return low

    def _priced(self, prompt: Usage, answer: Usage) -> int:
        cost = self._cost(prompt, answer)
        if cost is None:
            raise Unpriced("This model has no price, so no budget in dollars can bound it: ask the operator for one.")
        return cost

    def _cost(self, prompt: Usage, answer: Usage) -> int | None:
        if self._rater is None:
            return None
        claim = self._claim
        usage = Usage(
            prompt=prompt.prompt,
            audio=prompt.audio,
            image=prompt.image,
            completion=answer.completion,
            reasoning=answer.reasoning,
            tool=answer.tool,
        )
        return self._rater.rate(claim.model, claim.identity.tier, usage, claim.at_ms, claim.pictures).cost_nanousd

    def _prompts(self) -> tuple[Usage, ...]:
        tokens = self._claim.prompt_tokens
        if not self._claim.media:
            return (Usage(prompt=tokens),)
        return Usage(prompt=tokens), Usage(prompt=tokens, audio=tokens), Usage(prompt=tokens, image=tokens)


def _answers(tokens: int) -> tuple[Usage, ...]:
    return Usage(completion=tokens), Usage(completion=tokens, reasoning=tokens), Usage(completion=tokens, tool=tokens)
