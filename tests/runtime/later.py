"""An engine that answers later, when the test says so: for faults and for order."""

from guard.core.channel import Channel
from guard.core.event import EngineStatus, Inspected, StageFailed
from guard.core.finding import Finding
from guard.core.plan import Plan
from guard.errors import EngineBusy
from guard.ports import Tell


class LaterChannel:
    def __init__(self, engine: "Later", channel: Channel, tell: Tell) -> None:
        self.engine = engine
        self.channel = channel
        self.tell = tell
        self.text = ""
        self.told = 0
        self.closed = False
        self.tokens = 0

    @property
    def waiting(self) -> bool:
        return not self.closed and self.told < len(self.text)

    def feed(self, text: str, final: bool) -> None:
        self.text += text
        self.tokens += len(text.split())
        self.engine.fed()

    def close(self) -> None:
        self.closed = True


class Later:
    """Finds `FORBIDDEN` words. Tells nothing until it is told to."""

    name = "later"

    def __init__(self, word: str = "bomb", busy: bool = False, outrun: bool = True) -> None:
        self.word = word
        self.outrun = outrun
        self.busy = busy
        self.channels: list[LaterChannel] = []
        self.at_once = False

    def concerns(self, plan: Plan) -> bool:
        return plan.classifiers != ()

    def open(self, channel: Channel, tell: Tell) -> LaterChannel:
        if self.busy:
            raise EngineBusy("no place")
        self.channels.append(LaterChannel(self, channel, tell))
        return self.channels[-1]

    def fed(self) -> None:
        if self.at_once:
            import asyncio

            asyncio.get_running_loop().call_soon(self.answer)

    def answer(self, upto: int | None = None) -> None:
        """Tells its verdict on everything it has, or on so many characters of each channel."""
        for one in self.channels:
            if one.closed:
                continue
            end = len(one.text) if upto is None else min(upto, len(one.text))
            at = one.text.find(self.word, one.told, end)
            found = (Finding("UNSAFE_WEAPONS", at, at + len(self.word), engine="unsafe"),) if at >= 0 else ()
            one.told = max(one.told, end)
            one.tell(Inspected(one.channel, self.name, end, found))

    def fail(self, status: EngineStatus = EngineStatus.ERROR) -> None:
        for one in self.channels:
            one.closed = True
            one.tell(StageFailed(self.name, status))
