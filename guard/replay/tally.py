"""What a simulation counts while it runs. Exchanges that come in the warm-up are served and not counted."""

from array import array
from collections import Counter

from guard.replay.load import Ask


class Tally:
    """Seconds, tokens and counts."""

    def __init__(self) -> None:
        self.offered = 0
        self.served = 0
        self.refused: Counter[str] = Counter()
        """By the error's code: `too_busy`, `tier_limit`."""
        self.failed: Counter[str] = Counter()
        """By the error's code: `engine_busy`, `engine_timeout`, `backend_timeout`."""
        self.loop_wait = array("d")
        self.verdict = array("d")
        """From a prompt's way to the models until their verdict."""
        self.backend_wait = array("d")
        self.first = array("d")
        self.added = array("d")
        """What of the first token's time was not the backend's."""
        self.total = array("d")
        self.token = array("d")
        """How long each token was with Guard."""
        self.prompt_tokens = 0
        self.answer_tokens = 0
        self.tokens_of: Counter[tuple[str, bool]] = Counter()
        """Tokens by model; True: of answers."""
        self.refused_of: Counter[str] = Counter()
        """Refused exchanges by tenant."""

    def refuse(self, ask: Ask, code: str) -> None:
        """Guard does not take it."""
        self.refused[code] += 1
        self.refused_of[ask.tenant] += 1

    def serve(self, ask: Ask) -> None:
        """Its last token is with the client."""
        self.served += 1
        self.prompt_tokens += ask.prompt_tokens
        self.answer_tokens += ask.answer_tokens
        self.tokens_of[ask.model, False] += ask.prompt_tokens
        self.tokens_of[ask.model, True] += ask.answer_tokens
