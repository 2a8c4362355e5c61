"""How a streamed answer flows: read, inspect, write. Once per chunk: whatever is done here is done for every token.

When every engine answers at once one task does it all. When verdicts come later there are two: one reads and lets the
engines see, the other writes what their verdicts free. Neither reads on while the client does not take what is there.
Where one task is enough there are two from the moment on that the policy is asked about a tool call: that may take a
person's time, and meanwhile the client's connection is kept alive.
"""

import asyncio
from collections.abc import Awaitable, Callable

from guard.core.event import Lull
from guard.ports import BackendAnswer
from guard.runtime.inspection import Inspection
from guard.runtime.intake import Intake
from guard.runtime.pace import Pace
from guard.runtime.patience import Patience

Write = Callable[[bytes], Awaitable[None]]


class Flow:
    """One answer's flow to a client. `lull_s` is how long safe words wait for the rest of their frame."""

    def __init__(
        self,
        answer: BackendAnswer,
        intake: Intake,
        inspection: Inspection,
        write: Write,
        patience: Patience,
        lull_s: float,
        pace: Pace,
        pulse: Callable[[], Awaitable[None]],
    ) -> None:
        """`pulse` keeps the client's connection alive."""
        self._answer = answer
        self._intake = intake
        self._inspection = inspection
        self._write = write
        self._patience = patience
        self._lull_s = lull_s
        self._pace = pace
        self._pulse = pulse
        self._now = asyncio.get_running_loop().time
        self._news = asyncio.Event()
        """Set when the writer has something to do."""
        self._room = asyncio.Event()
        """Set when the reader may read on."""
        self._reading_waits = False
        self._over = False
        """Whether nothing more will be read."""
        self._whole = False
        """Whether the backend ended its answer as the API says."""

    async def run(self) -> None:
        """Lets the answer flow until it ends or is halted. Raises UpstreamError."""
        if not self._inspection.deferred:
            await self._run_inline()
            if not self._inspection.asking:
                await self._finish()
                return
        await self._run_deferred()

    async def _run_inline(self) -> None:
        now, read = self._now, self._answer.read
        inspection, guard, patience = self._inspection, self._inspection.guard, self._patience
        data: bytes | None = None
        while inspection.halt is None and data != b"" and not inspection.asking:
            patience.since = now()
            if self._intake.cut:
                data = b""
            elif guard.straddling:
                data = await self._read()
            else:
                data = await read()
            if data:
                self._intake.take(data)
            elif data is None:
                inspection.handle(Lull())
            else:
                self._intake.end()
                self._over = self._whole = True
            while inspection.released:
                await self._send()
            if self._pace.limited and not inspection.asking:  # Or what the policy frees meanwhile would lie here.
                await self._pace.keep(guard.deltas)

    async def _run_deferred(self) -> None:
        self._inspection.told = self._hear
        reading = asyncio.create_task(self._take_in())
        try:
            await self._give_out()
        finally:
            reading.cancel()
            await asyncio.wait((reading,))
            if self._inspection.halt is not None:
                self._answer.close()
            broken = None if reading.cancelled() else reading.exception()
        if self._inspection.halt is None and broken is not None:
            raise broken

    def _hear(self) -> None:
        """A verdict has come: wakes the writer if there is something for it to do."""
        inspection = self._inspection
        due = inspection.released or inspection.halt is not None or self._over or self._reading_waits
        if due or inspection.guard.straddling:
            self._news.set()

    async def _take_in(self) -> None:
        """Reads until the backend's end, a halt or an error; the writer learns of it when all else is written."""
        now, read = self._now, self._answer.read
        inspection, patience = self._inspection, self._patience
        try:
            while inspection.halt is None and not self._over:
                if inspection.paused or patience.writing:
                    await self._wait_for_room()
                patience.since = now()
                data = b"" if self._intake.cut else await read()
                if not data:
                    self._intake.end()
                    self._whole = True
                    return
                self._intake.take(data)
                if inspection.released or inspection.halt is not None:
                    self._news.set()
                if self._pace.limited:
                    await self._pace.keep(inspection.guard.deltas)
        finally:
            self._over = True
            self._news.set()

    async def _wait_for_room(self) -> None:
        self._reading_waits = True
        while (self._inspection.paused or self._patience.writing) and self._inspection.halt is None:
            self._room.clear()
            await self._room.wait()
        self._reading_waits = False

    async def _give_out(self) -> None:
        inspection, guard = self._inspection, self._inspection.guard
        while True:
            if inspection.released:
                await self._send()
            elif inspection.halt is not None and not inspection.asking:
                return
            elif self._over and not inspection.waits:
                break
            else:
                await self._wait(guard.straddling)
        await self._finish()

    async def _finish(self) -> None:
        """Everything has its verdict."""
        if self._whole:
            self._intake.finish()
            if self._inspection.released:
                await self._send()

    async def _wait(self, straddling: bool) -> None:
        """Waits for news; with safe words at hand no longer than a lull, and no longer than a client does."""
        self._room.set()
        self._news.clear()
        if not (straddling or self._inspection.asking):
            await self._news.wait()
            return
        try:
            async with asyncio.timeout(self._lull_s if straddling else self._patience.pulse_s):
                await self._news.wait()
        except TimeoutError:
            if straddling:
                self._inspection.handle(Lull())
            else:
                await self._keep_alive()

    async def _keep_alive(self) -> None:
        """While the policy, or a person, thinks about a tool call. Such waits have their own bound."""
        patience = self._patience
        patience.writing, patience.since = True, self._now()
        await self._pulse()
        patience.writing, patience.since = False, self._now()

    async def _send(self) -> None:
        patience = self._patience
        patience.writing, patience.since = True, self._now()
        await self._write(self._inspection.take())
        patience.writing = False

    async def _read(self) -> bytes | None:
        """The next bytes, None if none come for a moment while safe text waits."""
        try:
            async with asyncio.timeout(self._lull_s):
                return await self._answer.read()
        except TimeoutError:
            return None
