"""The short way of most chunks does what the long way does, whatever came before: over random stories."""

from hypothesis import given, settings
from hypothesis import strategies as st

from guard.core.action import Action
from guard.core.channel import Channel
from guard.core.command import Command, Inspect
from guard.core.event import EngineStatus as Status
from guard.core.event import Event, Inspected, Judged, Lull, StageFailed
from guard.core.finding import Finding
from guard.core.plan import FailureMode, Plan
from guard.core.stream import StreamGuard
from tests.core.playbook import CONTENT, DONE, SECOND, bare, finish, said, text, texts

ENGINES = ("pattern", "names")
TYPES = ("REDACTED", "BLOCKED", "FLAGGED")
ACTIONS = {"REDACTED": Action.REDACT, "BLOCKED": Action.BLOCK, "FLAGGED": Action.FLAG}
WORDS = st.sampled_from(["a", "ab", " abc", "abcd ", " ", "de fg"])


class Story:
    """Two machines that are told the same, one of them by the short way."""

    def __init__(self, engines: int, restores: bool) -> None:
        plan = Plan(ACTIONS, hold_chars=10_000, on_failure=FailureMode.RELEASE, engines=ENGINES[:engines])
        self.short, self.long = StreamGuard(plan, restores=restores), StreamGuard(plan, restores=restores)
        self.engines = engines
        self.known: set[Channel] = set()
        self.received = {CONTENT: 0, SECOND: 0}
        self.judged = dict.fromkeys(((channel, engine) for channel in self.received for engine in ENGINES), 0)

    def tell(self, event: Event) -> None:
        self.same(self.short.handle(event), self.long.handle(event))

    def same(self, short: "list[Command] | object", long: "list[Command] | object") -> None:
        assert self.lines(short) == self.lines(long)
        for fact in ("straddling", "withheld_chars", "generated_chars", "deltas", "choices", "complete", "findings"):
            assert getattr(self.short, fact) == getattr(self.long, fact), fact

    def lines(self, commands: object) -> list[str]:
        return said([one for one in commands if not isinstance(one, Inspect)])  # type: ignore[attr-defined]

    def verdict(self, data: st.DataObject, channel: Channel, engine: str) -> Inspected:
        """Further than the one before, with findings that begin behind that one."""
        before, received = self.judged[channel, engine], self.received[channel]
        upto = data.draw(st.sampled_from([received, data.draw(st.integers(before, received))]))
        self.judged[channel, engine] = upto
        found = []
        if before < upto and data.draw(st.integers(0, 2)) == 0:
            start = data.draw(st.integers(before, upto - 1))
            found.append(Finding(data.draw(st.sampled_from(TYPES)), start, data.draw(st.integers(start + 1, received))))
        return Inspected(channel, engine, upto, tuple(found))

    def lone(self, data: st.DataObject, channel: Channel) -> None:
        """A frame of one text, with the verdict that an engine has at once."""
        frame = text(data.draw(WORDS), channel=channel, splittable=data.draw(st.booleans()))
        self.received[channel] += len(frame.frame.slots[0].text)
        verdict = self.verdict(data, channel, "pattern")
        if channel in self.known:
            seen = [*self.long.handle(frame), *self.long.handle(verdict)]
            self.same(self.short.handle(Judged(frame.frame, verdict)), seen)
        else:
            self.known.add(channel)
            self.tell(frame)
            self.tell(verdict)

    def pair(self, data: st.DataObject) -> None:
        """A frame of two choices' texts, each with its verdict."""
        first, second = data.draw(WORDS), data.draw(WORDS)
        self.received[CONTENT] += len(first)
        self.received[SECOND] += len(second)
        self.known |= {CONTENT, SECOND}
        self.tell(texts(c0=first, c1=second))
        for channel in (CONTENT, SECOND):
            self.tell(self.verdict(data, channel, "pattern"))


@settings(max_examples=400)
@given(data=st.data())
def test_the_short_way_does_what_the_long_way_does(data: st.DataObject) -> None:
    story = Story(data.draw(st.sampled_from([1, 2])), data.draw(st.booleans()))
    steps = st.sampled_from(["lone", "lone", "lone", "other", "pair", "names", "names", "lull", "bare", "lost", "end"])
    for step in data.draw(st.lists(steps, min_size=8, max_size=30)):
        if step in ("lone", "other"):
            story.lone(data, CONTENT if step == "lone" else SECOND)
        elif step == "pair":
            story.pair(data)
        elif step == "names" and story.engines == 2:
            channel = data.draw(st.sampled_from([CONTENT, SECOND]))
            story.tell(story.verdict(data, channel, "names"))
        elif step == "lull":
            story.tell(Lull())
        elif step == "bare":
            story.tell(bare(b"more"))
        elif step == "lost" and story.engines == 2:
            story.tell(StageFailed("names", Status.ERROR))
        elif step == "end" and data.draw(st.integers(0, 3)) == 0:
            story.tell(finish(data.draw(st.sampled_from([0, 1]))))
    story.tell(DONE)
    for channel in (CONTENT, SECOND):
        for engine in ENGINES[: story.engines]:
            story.tell(Inspected(channel, engine, story.received[channel]))


def test_a_block_that_another_engine_asked_for_takes_effect_on_the_short_way() -> None:
    guard = StreamGuard(Plan(ACTIONS, engines=ENGINES))
    guard.handle(Judged(text("ask Ada now ").frame, Inspected(CONTENT, "pattern", 4)))
    assert said(guard.handle(Inspected(CONTENT, "names", 12, (Finding("BLOCKED", 8, 11),)))) == []
    guard.handle(Inspected(CONTENT, "names", 18))
    told = guard.handle(Judged(text("or not").frame, Inspected(CONTENT, "pattern", 18)))
    assert said(told) == ["release ask Ada now  as ['ask Ada ']", "halt blocked", "settle"]
