"""What a backend wrote, by the class of its tokens: running counts, and the text where somebody will count its tokens.

A model's thoughts come in a field of their own or, from servers without a reasoning parser, at the head of the answer
and between tags. It can't see tokens: a piece is one chunk's text of one channel, and stands for at least one.
"""

from typing import Final

from guard.core.channel import Channel

TAGS: Final = (("<think>", "</think>"), ("[THINK]", "[/THINK]"))
"""Between what models write their thoughts: most of them, and Mistral's."""
_REASONING: Final = frozenset({"reasoning", "reasoning_content"})
_ANSWER: Final = frozenset({"audio.transcript", "content", "refusal", "text"})
_TAGGED: Final = frozenset({"content", "text"})
_UNKNOWN: Final = ("$.delta.", "$.message.")
"""How fields begin that the dialect does not know and that are parts of the answer all the same."""
_REPEATS: Final = "reasoning_details"
"""A member that repeats the reasoning in another form (OpenRouter)."""
_MOST_PARTS: Final = 256


class Share:
    """Text of one class: code points, and the pieces that they came in."""

    __slots__ = ("chars", "pieces")

    def __init__(self) -> None:
        self.chars = 0
        self.pieces = 0

    def move(self, other: "Share", chars: int, pieces: int) -> None:
        """So much of it turns out to be of another class."""
        self.chars -= chars
        self.pieces -= pieces
        other.chars += chars
        other.pieces += pieces


class Kept:
    """One text that waits to be counted, joined now and then: many small strings are large."""

    __slots__ = ("chars", "parts", "read", "tokens")

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.chars = 0
        """Of what waits."""
        self.tokens = 0
        """Of what has been counted and is no longer here."""
        self.read = 0
        """Code points of that."""

    def add(self, text: str) -> None:
        """Takes text to the end."""
        self.parts.append(text)
        self.chars += len(text)
        if len(self.parts) > _MOST_PARTS:
            self.parts = ["".join(self.parts)]

    def take(self) -> str:
        """What waits, which waits no longer."""
        text = "".join(self.parts)
        self.parts = []
        self.chars = 0
        return text


class Script:
    """One channel's part in what was written. `kept` is its text, None if nobody wants it."""

    __slots__ = ("_whole", "counts", "kept", "share")

    def __init__(self, share: Share, whole: Share, kept: Kept | None, counts: bool = True) -> None:
        """`whole` is that of all classes. `counts`: it is text of the answer, and no repetition of it."""
        self.share = share
        self._whole = whole
        self.kept = kept
        self.counts = counts

    def add(self, text: str) -> None:
        """Once per chunk: takes what came."""
        size, share, whole = len(text), self.share, self._whole
        share.chars += size
        share.pieces += 1
        whole.chars += size
        whole.pieces += 1
        if self.kept is not None:
            self.kept.add(text)


class TaggedScript(Script):
    """A channel whose text may begin with thoughts between tags.

    Chat templates may write the opening tag themselves, at the prompt's end: a closing tag alone means that all before
    it was thought.
    """

    __slots__ = ("_all", "_chars", "_head", "_pieces", "_tags", "_tail", "_written")

    def __init__(self, written: "Written", kept: Kept | None) -> None:
        super().__init__(written.answer, written.whole, kept)
        self._written = written
        self._head: str | None = ""
        """The first text, while it may yet become an opening tag."""
        self._tags = tuple(close for _, close in TAGS)
        """The closing tags that may come; none once one has."""
        self._tail = ""
        """The last text, if it may be the beginning of a closing tag."""
        self._chars = self._pieces = 0

    def add(self, text: str) -> None:
        """Once per chunk: takes what came, and looks for tags."""
        size, share, whole = len(text), self.share, self._whole
        share.chars += size
        share.pieces += 1
        whole.chars += size
        whole.pieces += 1
        if self.kept is not None:
            self.kept.add(text)
        if self._tags:
            self._chars += size
            self._pieces += 1
            if self._head is not None:
                self._begin(self._head + text)
            elif self._tail or "<" in text or "[" in text:
                self._seek(self._tail + text)

    def _begin(self, text: str) -> None:
        """Looks for an opening tag at the head."""
        head = self._head = text.lstrip()
        for opens, closes in TAGS:
            if head.startswith(opens):
                self._tags = (closes,)
                self._think()
        if len(self._tags) > 1 and any(opens.startswith(head) for opens, _ in TAGS):
            return
        self._head = None
        self._seek(head)

    def _seek(self, text: str) -> None:
        """Looks for a closing tag in the last text."""
        for closes in self._tags:
            at = text.find(closes)
            if at >= 0:
                self._answer(len(text) - at - len(closes))
                return
        longest = max(map(len, self._tags)) - 1
        tail = text[-longest:]
        self._tail = tail if "<" in tail or "[" in tail else ""

    def _think(self) -> None:
        """What came by now is thought, and so is what follows."""
        if self.share is self._written.answer:
            self.share.move(self._written.reasoning, self._chars, self._pieces)
            self.share = self._written.reasoning
            if self.kept is not None:
                self._written.rethink(self.kept)

    def _answer(self, rest: int) -> None:
        """The thoughts are over; the last `rest` characters are the answer's first."""
        self._think()
        self.share.move(self._written.answer, rest, 0)
        self.share = self._written.answer
        self._tags, self._tail = (), ""
        if self.kept is not None:
            self.kept = self._written.answered(self.kept, rest)


class Written:
    """All that a backend wrote in one answer."""

    __slots__ = ("_aside", "answer", "keeps", "kept", "reasoning", "tool", "whole")

    def __init__(self, keeps: bool = False) -> None:
        """`keeps`: texts are kept until they are counted."""
        self.answer = Share()
        self.reasoning = Share()
        self.tool = Share()
        self.whole = Share()
        """All of them together."""
        self._aside = Share()
        self.keeps = keeps
        self.kept: dict[Kept, str] = {}
        """The texts that wait to be counted, and the class of each."""

    @property
    def chars(self) -> int:
        """Code points of all classes."""
        return self.whole.chars

    @property
    def pieces(self) -> int:
        """Pieces of all classes."""
        return self.whole.pieces

    def open(self, channel: Channel) -> Script:
        """A channel begins."""
        kind = _class_of(channel)
        if not kind:
            return Script(self._aside, self._aside, None, counts=False)
        kept = self._keep(kind) if self.keeps else None
        if channel.field in _TAGGED:
            return TaggedScript(self, kept)
        return Script({"answer": self.answer, "reasoning": self.reasoning, "tool": self.tool}[kind], self.whole, kept)

    def rethink(self, kept: Kept) -> None:
        """A text turns out to be thoughts."""
        self.kept[kept] = "reasoning"

    def answered(self, thoughts: Kept, rest: int) -> Kept:
        """Thoughts are over; their last `rest` characters are the answer's."""
        kept = self._keep("answer")
        text = thoughts.take()
        if len(text) > rest:
            thoughts.add(text[: len(text) - rest])
        if rest:
            kept.add(text[-rest:])
        return kept

    def _keep(self, kind: str) -> Kept:
        kept = Kept()
        self.kept[kept] = kind
        return kept


def _class_of(channel: Channel) -> str:
    """What tokens its text is; empty for text that is none: log-probabilities, a server's own words."""
    field = channel.field
    if channel.choice < 0:
        return ""
    if field in _REASONING:
        return "reasoning"
    if field.startswith(("tool_calls.", "function_call.")):
        return "tool"
    if field in _ANSWER or (field.startswith(_UNKNOWN) and _REPEATS not in field):
        return "answer"
    return ""
