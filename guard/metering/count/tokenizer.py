"""One model's tokenizer, for counting alone: a `tokenizer.json` as Hugging Face's library writes it.

It can't see chat templates: what stands around messages is reckoned elsewhere.
"""

from typing import Final

from tokenizers import Tokenizer

SLICE_CHARS: Final = 65_536
"""Longer texts are counted in slices, of which each takes some tens of milliseconds."""


class ModelTokenizer:
    """Any thread may use it."""

    def __init__(self, tokenizer_json: bytes) -> None:
        """Raises ValueError for what is none."""
        tokenizer = Tokenizer.from_buffer(tokenizer_json)
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self._tokenizer = tokenizer

    def count(self, text: str) -> int:
        """Tokens in a text, without those that a model's own form puts around it. Blocks."""
        # Lone surrogates are no text to the library.
        sound = text if text.isascii() else text.encode("utf-8", "replace").decode()
        tokens = at = 0
        while at < len(sound):
            end = _cut(sound, at)
            # Only the batch call lets other threads run meanwhile; of one text it takes no further threads.
            encoded = self._tokenizer.encode_batch_fast([sound[at:end]], add_special_tokens=False)
            tokens += len(encoded[0])
            at = end
        return tokens


def _cut(text: str, at: int) -> int:
    """Where a slice ends: before a space, which tokens begin with, if there is one."""
    end = at + SLICE_CHARS
    if end >= len(text):
        return len(text)
    space = text.rfind(" ", at + 1, end)
    return space if space > 0 else end
