"""Text into windows of token ids, off the event loop. A slice is tokenised at a time, so that long texts let others by.

Text that names special tokens ("[SEP]") is ordinary text here. A text that is too long is refused, never cut: nothing
passes unseen. What the vocabulary can't spell (a word of more than 100 letters) becomes one unknown token, which no
model can read.
"""

import asyncio
import string
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import numpy as np
from tokenizers import Tokenizer

from guard.core.discreet import Discreet
from guard.errors import ConfigError, EngineBusy, EngineError
from guard.inference.runner import Ids

MOST_CHARS: Final = 1 << 20
MOST_WINDOWS: Final = 4_096
"""For one text. Longer ones are refused with EngineBusy."""

SLICE_CHARS: Final = 8_192
_LOOK_BACK: Final = 1_024
_BORDERS: Final = frozenset(" \t\n\r" + string.punctuation)
"""A token never reaches across these. Other spaces are left out: the tokenizer drops some of them and joins words."""

_LONE: Final = dict.fromkeys(range(0xD800, 0xE000), 0xFFFD)
_LONG: Final = "a text is longer than {} {}, which is more than is scored; send it in parts"


class Window(Discreet, frozen=True, eq=False):
    """A stretch of a text, from `start` to `end`, as a model reads it: `ids` with a special token at either end."""

    ids: Ids
    start: int
    end: int

    @property
    def body(self) -> Ids:
        """The ids without the special tokens."""
        return self.ids[1:-1]

    def __repr__(self) -> str:
        return f"Window(ids=<{len(self.ids)} items>, start={self.start}, end={self.end})"


class Tokens:
    """One model's tokenizer. Any thread may use it."""

    def __init__(self, tokenizer_json: bytes, max_tokens: int, stride_tokens: int) -> None:
        """`max_tokens` counts a window's special tokens too, `stride_tokens` is the overlap. Raises ConfigError."""
        try:
            tokenizer = Tokenizer.from_buffer(tokenizer_json)
        except ValueError:
            raise ConfigError("models: a tokenizer.json can't be read; fetch the models anew") from None
        begin, end = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
        if begin is None or end is None:
            raise ConfigError("models: a tokenizer has no [CLS] and [SEP]; use the one that the model was trained with")
        tokenizer.no_truncation()
        tokenizer.no_padding()
        tokenizer.encode_special_tokens = True
        self._tokenizer = tokenizer
        self._begin, self._end = int(begin), int(end)
        self.unknown: Final[int] = int(tokenizer.token_to_id("[UNK]") or 0)
        """What stands for a word that the vocabulary can't spell."""
        self.body: Final = max_tokens - 2
        """Tokens of a window without its special ones."""
        self.step: Final = self.body - stride_tokens
        """Tokens from one window's begin to the next one's."""

    def windows(self, text: str) -> tuple[Window, ...]:
        """The windows of a text, in its order; none if it has no tokens. Raises EngineBusy when it is too long."""
        reading = Reading(self, text)
        while reading.more:
            reading.read()
        return tuple(reading.windows)

    def words(self, word: str) -> tuple[int, ...]:
        """The ids of a few words, without special tokens."""
        return tuple(self._tokenizer.encode(sound(word), add_special_tokens=False).ids)

    def tokens(self, text: str) -> tuple[Ids, Ids]:
        """A slice's ids, and where each token begins and ends in it."""
        # Only the batch call lets other threads run meanwhile.
        encoding = self._tokenizer.encode_batch([text], add_special_tokens=False)[0]
        return np.array(encoding.ids, dtype=np.int64), np.array(encoding.offsets, dtype=np.int64).reshape(-1, 2)

    def window(self, ids: Ids, spans: Ids) -> Window:
        """The window that begins with these tokens."""
        body = ids[: self.body]
        return Window(self._framed(body), int(spans[0, 0]), int(spans[len(body) - 1, 1]))

    def framed(self, ids: Sequence[int], start: int, end: int) -> Window:
        """A window of words' ids, `start` to `end` in their text. They fit if they are no more than `body`."""
        return Window(self._framed(np.array(ids, dtype=np.int64)), start, end)

    def _framed(self, body: Ids) -> Ids:
        framed = np.empty(len(body) + 2, dtype=np.int64)
        framed[0], framed[1:-1], framed[-1] = self._begin, body, self._end
        return framed


class Reading:
    """One text on its way to windows, a slice at a time."""

    def __init__(self, tokens: Tokens, text: str) -> None:
        """Raises EngineBusy when the text is too long."""
        if len(text) > MOST_CHARS:
            raise EngineBusy(_LONG.format(MOST_CHARS, "characters"))
        self.windows: list[Window] = []
        self._tokens = tokens
        self._text = sound(text)
        self._at = 0
        self._ids: Ids = np.empty(0, dtype=np.int64)
        """Tokens from where the next window begins."""
        self._spans: Ids = np.empty((0, 2), dtype=np.int64)

    @property
    def more(self) -> bool:
        """Whether text is left."""
        return self._at < len(self._text)

    def read(self) -> None:
        """Tokenises the next slice and adds its windows. Blocks for some milliseconds. Raises EngineBusy."""
        end = border(self._text, self._at, self._at + SLICE_CHARS)
        ids, spans = self._tokens.tokens(self._text[self._at : end])
        self._ids = np.concatenate((self._ids, ids))
        self._spans = np.concatenate((self._spans, spans + self._at))
        self._at = end
        while len(self._ids) > self._tokens.body or (len(self._ids) and not self.more):
            self._cut()

    def _cut(self) -> None:
        if len(self.windows) == MOST_WINDOWS:
            raise EngineBusy(_LONG.format(MOST_WINDOWS, "windows"))
        self.windows.append(self._tokens.window(self._ids, self._spans))
        last = len(self._ids) <= self._tokens.body
        step = len(self._ids) if last else self._tokens.step
        self._ids, self._spans = self._ids[step:], self._spans[step:]


class Tokeniser:
    """The threads that texts are tokenised on: construct, use, `stop`. Slices take turns: a short text waits little."""

    def __init__(self, threads: int = 1, most_chars: int = 16 * MOST_CHARS) -> None:
        """`most_chars` bounds the texts that are being tokenised or wait for it, all together."""
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="guard-token")
        self._most = most_chars
        self._stopped = False
        self.chars = 0
        """How much is being tokenised or waits for it."""

    async def windows(self, tokens: Tokens, text: str) -> tuple[Window, ...]:
        """`Tokens.windows` off the event loop; cancelling it stops at the next slice.

        Raises EngineBusy when too much waits or the text is too long, EngineError once stopped.
        """
        if self.chars + len(text) > self._most:
            raise EngineBusy("more text waits to be tokenised than is taken; try again in a moment")
        self.chars += len(text)
        try:
            reading = Reading(tokens, text)
            while reading.more:
                await self._turn(reading)
            return tuple(reading.windows)
        finally:
            self.chars -= len(text)

    async def _turn(self, reading: Reading) -> None:
        if self._stopped:
            raise EngineError("the tokenizer has been stopped")
        await asyncio.get_running_loop().run_in_executor(self._threads, reading.read)

    def stop(self) -> None:
        """Ends the threads; texts that wait fail with EngineError."""
        self._stopped = True
        self._threads.shutdown(wait=False)


def sound(text: str) -> str:
    """The text with lone surrogates as U+FFFD, which tokenizers take; offsets stay."""
    return text if text.isascii() else text.translate(_LONE)


def border(text: str, begin: int, end: int) -> int:
    """The last place after `begin` and up to `end` where a cut divides no word, or `end` if none is near."""
    if end >= len(text):
        return len(text)
    for at in range(end, max(begin, end - _LOOK_BACK), -1):
        if text[at - 1] in _BORDERS:
            return at
    return end
