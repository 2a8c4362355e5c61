"""The hold of one channel: frames whose text awaits its verdict, and the edits that the verdicts ask for.

It answers how far text is safe and what a stretch of it reads like after the edits. Nothing here knows why a stretch
is safe; that is the engines' business.
"""

import sys
from collections import deque
from collections.abc import Sequence

from guard.core.channel import Channel
from guard.core.finding import Finding
from guard.core.frame import Frame
from guard.core.held import HeldFrame, HeldText
from guard.core.plan import Plan
from guard.core.spans import Cluster, Edit, apply, settle
from guard.core.stretch import BEFORE_CHARS, Stretch, Write, naming
from guard.core.taxonomy import PSEUDONYM
from guard.core.written import Script


class ChannelHold:
    """Everything that is known of one channel's text that has not left yet."""

    __slots__ = (
        "_ahead",
        "_earliest",
        "_parts",
        "_past",
        "_plan",
        "_remembers",
        "_write",
        "channel",
        "closed",
        "delivered",
        "doomed",
        "edits",
        "findings",
        "judged",
        "queue",
        "received",
        "safe",
        "script",
        "tangled",
        "upto",
        "wall",
    )

    def __init__(
        self,
        channel: Channel,
        ahead: dict[str, int],
        plan: Plan,
        write: Write,
        script: Script,
        remembers: bool = False,
    ) -> None:
        """`ahead`: for each engine, how far text may run ahead of its verdict. `write` says what replaces text.

        `script` is where its text is counted.

        `remembers`: what it writes depends on the text in front.
        """
        self.channel = channel
        self.script = script
        self._plan = plan
        self._write = write
        self._remembers = remembers
        self._past = ""
        """The last of what has left, if it is to be remembered: as it was received."""
        self.received = 0
        self.safe = 0
        self.delivered = 0
        """Characters of the backend's that reached the client as they were."""
        self._ahead = ahead
        self.upto = ahead.copy()
        """How far text may go by each engine's verdict."""
        self.findings: list[Finding] = []
        """To be redacted, and not complete yet."""
        self._earliest = sys.maxsize
        """Where the first of them begins: before that nothing needs to be sorted out."""
        self.edits: tuple[Edit, ...] = ()
        self.queue: deque[HeldFrame] = deque()
        self._parts: deque[HeldText] = deque()
        """The texts of those frames that are this channel's."""
        self.tangled = 0
        """How many of those frames are more than one whole text, or have left in part."""
        self.closed = False
        self.doomed = False
        """Whether the engines were told that the channel is over, since it ends at its wall whatever follows."""
        self.wall: int | None = None
        """Where the first finding that blocks begins. The answer ends there, once everything before it is judged."""
        self.judged = 0
        """How far every engine has its verdict."""

    @property
    def waits(self) -> int:
        """At least as many characters as are `held`, and quicker to tell: masked ones count as well."""
        return self.received - self.delivered

    @property
    def held(self) -> int:
        """Characters that wait: for their verdict, or behind a frame that can't leave yet."""
        unsafe = self.received - self.safe
        if len(self.queue) < 2:
            return unsafe
        head = max((part.end for part in self.queue[0].parts if part.hold is self), default=0)
        return max(unsafe, self.received - head)

    @property
    def unfinished(self) -> bool:
        """Whether a frame waits here, or text has run ahead of a verdict."""
        return bool(self.queue) or self.safe < self.received

    @property
    def calm(self) -> bool:
        """Whether nothing is to be changed or blocked in what waits, and each frame of it is one text and no more."""
        return not (self.tangled or self.findings or self.edits) and self.wall is None

    def flow(self, frame: Frame, text: str, engine: str, upto: int) -> Sequence[Frame]:
        """Takes a frame of one text and a verdict that finds nothing; answers with the frames that leave, as they came.

        The short way of most chunks, for a calm hold: the same as `append`, `judge`, and `leave` for each.
        """
        part = HeldText(self, self.received, text)
        self.received = part.end
        self.judge(engine, upto, ())
        if part.end <= self.safe and not self.queue:
            self._pass(text)
            return (frame,)
        self._parts.append(part)
        self.queue.append(HeldFrame(frame, part))
        return self.let_go()

    def let_go(self) -> Sequence[Frame]:
        """The frames that are safe by now leave a calm hold as they came."""
        queue, safe = self.queue, self.safe
        left: list[Frame] = []
        while queue:
            held = queue[0]
            if held.parts[0].end > safe:
                break
            queue.popleft()
            left.append(held.frame)
            self._pass(self._parts.popleft().text)
        return left

    def _pass(self, text: str) -> None:
        """A text leaves as it came."""
        if self._remembers:
            self._remember(text)
        self.delivered += len(text)

    @property
    def splits(self) -> bool:
        """Whether the text at the head of the channel is safe in part, and its frame may be sent in two."""
        if not self.queue or not self.queue[0].frame.splittable:
            return False
        part = self.queue[0].parts[0]
        return part.start < self.safe < part.end

    @property
    def straddles(self) -> bool:
        """Whether that part is more than space."""
        queue = self.queue
        if not queue or not queue[0].frame.splittable:
            return False
        part, safe = queue[0].parts[0], self.safe
        return part.start < safe < part.end and not part.text[: safe - part.start].isspace()

    def ends_with(self, frame: Frame) -> bool:
        """Whether the frame says that the channel is over."""
        return self.channel.choice in frame.finishes or self.channel in frame.closes

    def append(self, text: str) -> HeldText:
        """Takes a slot's text to the end of the channel."""
        part = HeldText(self, self.received, text)
        self.received = part.end
        self._parts.append(part)
        return part

    def enqueue(self, held: HeldFrame) -> None:
        """Lets a frame wait here, once."""
        if not self.queue or self.queue[-1] is not held:
            self.queue.append(held)
            self.tangled += not held.lone

    def dequeue(self, held: HeldFrame) -> None:
        """Lets the first frame go."""
        self.queue.popleft()
        self.tangled -= not held.lone

    def judge(self, engine: str, upto: int, redact: tuple[Finding, ...]) -> None:
        """Takes one engine's verdict on the text before `upto`, and what of it is to be redacted."""
        before = self.judged
        if engine in self.upto:
            self.upto[engine] = upto + self._ahead[engine]
            self.judged = upto if len(self.upto) == 1 else self._least()
        if not (redact or self.findings):  # nearly always
            if self.judged > self.safe:
                self.safe = self.judged
            return
        if redact:
            self.findings.extend(redact)
            self._earliest = min(self._earliest, min(finding.start for finding in redact))
        if redact or self.judged != before:
            self._settle()

    def _settle(self) -> None:
        """Moves the safe point to the least of the engines' verdicts, and never into a finding."""
        upto = self.judged
        if self.findings and upto > self._earliest:
            upto, clusters, left = settle(self.findings, upto)
            self.edits += tuple(edit for cluster in clusters if (edit := self._edit(cluster)) is not None)
            self.findings = list(left)
            self._earliest = min((finding.start for finding in left), default=sys.maxsize)
        self.safe = max(self.safe, upto)

    def _edit(self, cluster: Cluster) -> Edit | None:
        """What becomes of a stretch; None if it stays as it is."""
        named = naming(cluster)
        start, end = cluster[0].start, max(finding.end for finding in cluster)
        text = self._text(start, end)
        style = self._plan.style(named)
        before, after = (self._text_before(start), self._text(end, end + 1)) if self._remembers else ("", "")
        if named.loose and not any(char.isalnum() for char in text):
            # What is left of a guess beside a value is space or a sign.
            return None
        written = self._write(Stretch(start, end, text, cluster, self.channel.is_json, style, before, after))
        if written == text:
            return None
        return Edit(start, end, written, restores=named.type == PSEUDONYM)

    def _text(self, start: int, end: int) -> str:
        """What was received there and has not left."""
        found: list[str] = []
        for part in self._parts:
            if part.start >= end:
                break
            if part.end > start:
                found.append(part.text[max(0, start - part.start) : end - part.start])
        return "".join(found)

    def _text_before(self, start: int) -> str:
        held = self._text(max(0, start - BEFORE_CHARS), start)
        return (self._past + held)[-BEFORE_CHARS:] if len(held) < BEFORE_CHARS else held

    def _remember(self, text: str) -> None:
        self._past += text
        if len(self._past) > 2 * BEFORE_CHARS:
            self._past = self._past[-BEFORE_CHARS:]

    def advance(self) -> None:
        """Without any engine to wait for: everything is judged."""
        self.judged = self._least()
        self._settle()

    def _least(self) -> int:
        """How far every engine lets text go."""
        least = self.received
        for upto in self.upto.values():  # a loop costs half of what min() does, once per chunk and engine
            if upto < least:
                least = upto
        return least

    def give_way(self) -> None:
        """Lets everything that waits leave without its verdict. What was found by now stays found."""
        self.judged = self.received
        self._settle()

    def catch_up(self) -> None:
        """At the channel's end: text may have run ahead of the verdicts, the end mark may not."""
        if any(self._ahead.values()):
            for engine in self.upto:
                self.upto[engine] -= self._ahead[engine]
            self._ahead = dict.fromkeys(self._ahead, 0)
            self.judged = self._least()
            self.safe = min(self.safe, self.judged)

    @property
    def walled(self) -> bool:
        """Whether it ends at its wall and the engines still wait for more of it."""
        return self.wall is not None and not (self.doomed or self.closed)

    def stop_at_wall(self) -> None:
        """Lets nothing behind the wall leave, and no mask that reaches over it."""
        at = self.received if self.wall is None else self.wall
        self.safe = min([self.safe, at, *(edit.start for edit in self.edits if edit.start < at < edit.end)])

    def forgo(self, engine: str) -> None:
        """Waits no longer for an engine."""
        self.upto.pop(engine, None)
        self.advance()

    def leave(self, text: str, start: int) -> str:
        """The text as it leaves. Texts leave in order."""
        end = start + len(text)
        while self._parts and self._parts[0].end <= end:
            self._parts.popleft()
        if self._remembers:
            self._remember(text)
        if not self.edits:
            self.delivered += len(text)
            return text
        self.delivered += len(text) - sum(_overlap(edit, start, end) for edit in self.edits if not edit.restores)
        edited = apply(text, start, self.edits)
        self.edits = tuple(edit for edit in self.edits if edit.end > end)
        return edited


def _overlap(edit: Edit, start: int, end: int) -> int:
    return max(0, min(edit.end, end) - max(edit.start, start))
