"""What Guard itself knows of an exchange's tokens: what was asked and written, and what a tokenizer made of it."""

import msgspec


class Extent(msgspec.Struct, frozen=True):
    """Text of one class: code points, and the pieces that they came in."""

    chars: int = 0
    pieces: int = 0


class Counted(msgspec.Struct, frozen=True):
    """What a tokenizer counted. `prompt` is None if that was not needed.

    `chars` are the code points of the answer that it read, `whole`: they are all of it, of every class.
    """

    prompt: int | None = None
    answer: int = 0
    reasoning: int = 0
    tool: int = 0
    chars: int = 0
    whole: bool = False

    @property
    def completion(self) -> int:
        """Tokens of all classes."""
        return self.answer + self.reasoning + self.tool


class Evidence(msgspec.Struct, frozen=True):
    """What is known of one exchange, beside the backend's own word.

    `prompt` is the prompt's estimate in tokens, 0 if no backend was asked. `answer`, `reasoning` and `tool` are what it
    wrote, of which `untold` came after its last report of usage; `choices` are the answers that have begun, and
    `streamed`: it came as it was written. `cut_at`: the answer was ended after so many tokens, `cut_told`: by the
    backend's own count. `picture_tokens` is what the prompt's pictures count, None if nobody said.
    """

    prompt: int = 0
    answer: Extent = Extent()
    reasoning: Extent = Extent()
    tool: Extent = Extent()
    untold: Extent = Extent()
    choices: int = 1
    streamed: bool = True
    cut_at: int | None = None
    cut_told: bool = False
    picture_tokens: int | None = None
    counted: Counted | None = None

    @property
    def chars(self) -> int:
        """Code points of the answer."""
        return self.answer.chars + self.reasoning.chars + self.tool.chars

    @property
    def pieces(self) -> int:
        """Pieces of the answer."""
        return self.answer.pieces + self.reasoning.pieces + self.tool.pieces
