"""Names in whole texts: prompts, documents, tool results. Each text is paid for once.

Words are read in overlapping windows, of which those without a word that could be a name are left out. Verdicts are
remembered by a keyed hash, so a conversation's earlier turns are not read again.
"""

import asyncio
import bisect
from collections.abc import Sequence
from typing import Final

import msgspec

from guard.core.assessment import SlotText, TextVerdict
from guard.core.event import EngineStatus
from guard.core.finding import Finding
from guard.errors import EngineBusy, EngineError, EngineTimeout
from guard.inference.remembered import Remembered
from guard.inference.token import MOST_CHARS, MOST_WINDOWS
from guard.pii.names.gate import Gate, Lists
from guard.pii.names.label import Labeller, Part
from guard.pii.names.run import RunReader
from guard.pii.names.span import Decoder
from guard.pii.names.word import Word, words_of

_REMEMBERED: Final = 16_384
"""Texts whose names are remembered."""
_RIGHT_WORDS: Final = 2
"""Words that end a run of words that could be a name; the model reads whole windows all the same."""
_SOON_CHARS: Final = 2_048
"""Longer texts are cut on a thread of their own: the event loop has streams to serve."""


class WholeNames:
    """Implements `ports.TextEngine`."""

    def __init__(self, name: str, labeller: Labeller, decoder: Decoder, lists: Lists | None, patience_s: float) -> None:
        """Without `lists` there is no gate: every word is read. `patience_s` bounds the wait for one text's verdict."""
        self.name = name
        self.types = decoder.types
        self._labeller = labeller
        self._decoder = decoder
        self._lists = lists
        self._patience_s = patience_s
        self._remembered = Remembered[tuple[Finding, ...]](_REMEMBERED)

    async def inspect(self, texts: Sequence[SlotText]) -> Sequence[TextVerdict]:
        """One verdict for each text. See `ports.TextEngine`."""
        return await asyncio.gather(*(self._verdict(text) for text in texts))

    async def find(self, text: str, json: bool = False) -> Sequence[Finding]:
        """The names in a text. Raises EngineError."""
        return (await self._found(text, json)).findings

    async def _found(self, text: str, json: bool) -> TextVerdict:
        kind = f"json={json}"
        known = self._remembered.get(kind, text)
        if known is not None:
            return TextVerdict(known)
        verdict = await self._read(text, json)
        self._remembered.put(kind, text, verdict.findings)
        return verdict

    async def _verdict(self, text: SlotText) -> TextVerdict:
        try:
            return await self._found(text.text, text.json)
        except EngineError as error:
            timed_out = isinstance(error, EngineTimeout)
            return TextVerdict(status=EngineStatus.TIMEOUT if timed_out else EngineStatus.ERROR)

    async def _read(self, text: str, json: bool) -> TextVerdict:
        if len(text) > MOST_CHARS:
            raise EngineBusy(f"a text is longer than {MOST_CHARS} characters, which is more than is read for names")
        deadline = asyncio.get_running_loop().time() + self._patience_s
        soon = len(text) <= _SOON_CHARS
        cut = self._cut(text, json) if soon else await asyncio.to_thread(self._cut, text, json)
        if not cut.parts:
            return TextVerdict()
        if len(cut.parts) > MOST_WINDOWS:
            raise EngineBusy(f"a text has more than {MOST_WINDOWS} windows to be read for names; send it in parts")
        labels = await self._labeller.label(len(cut.words), cut.parts, deadline)
        return TextVerdict(tuple(self._decoder.findings(cut.words, labels)), tokens=self._labeller.tokens(cut.parts))

    def _cut(self, text: str, json: bool) -> "_Cut":
        words = words_of(text, json)
        if self._lists is None:
            return _Cut(words, self._labeller.parts(words))
        reader = RunReader(Gate(self._lists, wide=True), 0, _RIGHT_WORDS)
        asked = [one for one in reader.feed(words, len(text), True) if one.words]
        places = [(one.words[one.first].start, one.words[one.last - 1].end) for one in asked]
        return _Cut(words, [part for part in self._labeller.parts(words) if _holds(part, places)] if places else [])


class _Cut(msgspec.Struct):
    """A text's words, and the windows that the model reads."""

    words: list[Word]
    parts: list[Part]

    def __repr__(self) -> str:
        return f"_Cut(words=<{len(self.words)}>, parts=<{len(self.parts)}>)"


def _holds(part: Part, places: Sequence[tuple[int, int]]) -> bool:
    """Whether one of these places, which are in order and apart, is in the part at least in part."""
    at = bisect.bisect_right(places, part.window.start, key=lambda place: place[1])
    return at < len(places) and places[at][0] < part.window.end
