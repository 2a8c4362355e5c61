"""Final token counts of an exchange: what the backend reported, completed with an estimate. Pure.

The provider's numbers win, a zero among them as well. It can't see text or tokenizers.
"""

from typing import Final

from guard.core.usage import Usage, UsageSource

CHARS_PER_TOKEN: Final = 4
_MOST: Final = 1 << 53
"""JSON's largest safe integer; a larger count, or a negative one, is nonsense and taken for absent."""


def estimate(chars: int, deltas: int) -> int:
    """Tokens in a text of `chars` code points that came in `deltas` pieces (0 for text that did not stream).

    A backend sends at least one token a piece, and English runs at some four characters a token
    (https://help.openai.com/en/articles/4936856); the larger of the two counts.
    """
    return max(deltas, -(-chars // CHARS_PER_TOKEN))


def merge(reported: Usage | None, estimated: Usage) -> tuple[Usage, UsageSource]:
    """The counts to settle, and where they come from.

    A member that the backend did not report is taken from `estimated`, and stays None when that has none either.
    `PROVIDER` if nothing of prompt and completion had to be estimated; an estimate of zero (no text at all) is exact.
    """
    reported = reported or Usage()
    usage = Usage(
        prompt=_pick(reported.prompt, estimated.prompt),
        cached=_pick(reported.cached, estimated.cached),
        completion=_pick(reported.completion, estimated.completion),
        reasoning=_pick(reported.reasoning, estimated.reasoning),
    )
    sure = all(
        _sound(told) or not guess
        for told, guess in ((reported.prompt, estimated.prompt), (reported.completion, estimated.completion))
    )
    known = _sound(reported.prompt) or _sound(reported.completion)
    return usage, UsageSource.PROVIDER if sure and known else UsageSource.ESTIMATED


def _pick(told: int | None, guess: int | None) -> int | None:
    return told if _sound(told) else guess


def _sound(count: int | None) -> bool:
    return count is not None and 0 <= count <= _MOST
