"""What a counters' server has yet to be told: corrections, claims granted elsewhere, leases given back, claims undone.

The end of an exchange waits for nobody: notes are queued, and a task sends them in batches. While the server is away
they wait here, within a bound. A batch whose answer is lost is sent again; the server knows tokens that it has heard.
"""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from typing import Any, Final

import msgspec
import redis.asyncio as aioredis
from redis.exceptions import RedisError

from guard.core.counter import Claim, Taking
from guard.metering.counter.script import CORRECT, UNDO

TOKEN_MS: Final = 120_000
"""How long the server remembers a token."""
_SURE_S: Final = TOKEN_MS / 2000
_RETRY_S: Final = 0.5
_BATCH: Final = 256
_MOST_QUEUED: Final = 100_000
FAILURES: Final = (RedisError, OSError, TimeoutError)


class Correction(msgspec.Struct, frozen=True):
    """A claim came to `amount`. `taking` None: it was granted while the server was away."""

    claim: Claim
    amount: int
    token: str
    taking: Taking | None = None

    @property
    def delta(self) -> int:
        """What is to be added; less than 0 to be given back."""
        return self.amount if self.taking is None else self.amount - self.claim.amount


class Leaving(msgspec.Struct, frozen=True):
    """A lease is given back."""

    claim: Claim
    lease: str


class Undoing(msgspec.Struct, frozen=True):
    """Claims whose answer was lost are to be taken back."""

    claims: tuple[Claim, ...]
    lease: str
    token: str


Note = Correction | Leaving | Undoing


class Outbox:
    """Notes on their way to a server."""

    def __init__(self, client: "aioredis.Redis", prefix: str) -> None:
        self._client = client
        self._prefix = prefix
        self._correct = client.register_script(CORRECT)
        self._undo = client.register_script(UNDO)
        self._queue: deque[tuple[Note, float]] = deque()
        """With the time at which it was sent first, 0 if it was not."""
        self._news = asyncio.Event()
        self.lost = 0
        """Notes that found no place."""

    def __len__(self) -> int:
        return len(self._queue)

    def tell(self, note: Note) -> None:
        """Queues it."""
        if len(self._queue) >= _MOST_QUEUED:
            self.lost += 1
            return
        self._queue.append((note, 0.0))
        self._news.set()

    async def send(self) -> None:
        """Sends what is queued, until it is cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                await self.flush()
            except FAILURES:
                self._news.set()
                await asyncio.sleep(_RETRY_S)

    async def flush(self) -> None:
        """Sends all that is queued. Raises one of `FAILURES`; then what was not heard waits again."""
        while self._queue:
            await self._client.ping()
            batch = [self._queue.popleft() for _ in range(min(_BATCH, len(self._queue)))]
            try:
                await self._execute([note for note, _ in batch])
            except (*FAILURES, asyncio.CancelledError):
                self._again(batch)
                raise

    def _again(self, batch: Sequence[tuple[Note, float]]) -> None:
        """Long behind the first attempt the server has forgotten the token: then what gives back is left out, so that
        it never counts less than it should."""
        now = time.monotonic()
        for note, first_s in reversed(batch):
            known = not first_s or now - first_s < _SURE_S
            if known or not isinstance(note, Correction) or note.delta > 0:
                self._queue.appendleft((note, first_s or now))

    async def _execute(self, batch: Sequence[Note]) -> None:
        async with self._client.pipeline(transaction=False) as pipe:
            for note in batch:
                await self._add(pipe, note)
            await pipe.execute()

    async def _add(self, pipe: Any, note: Note) -> None:
        if isinstance(note, Leaving):
            pipe.zrem(self._key(note.claim.key), note.lease)
        elif isinstance(note, Undoing):
            keys = [self._key(f"token:{note.token}"), *(self._key(claim.key) for claim in note.claims)]
            arguments: list[str | int] = [note.lease, TOKEN_MS]
            for claim in note.claims:
                arguments += [claim.amount, claim.window_ms, claim.slot_ms]
            await self._undo(keys=keys, args=arguments, client=pipe)
        else:
            claim, taking = note.claim, note.taking
            at_ms, epoch = (0, "") if taking is None else (taking.at_ms, taking.epoch)
            keys = [self._key(claim.key), self._key(f"token:{note.token}"), self._key("epoch")]
            window = claim.window_ms, claim.slot_ms
            await self._correct(keys=keys, args=[TOKEN_MS, note.delta, at_ms, *window, epoch, note.amount], client=pipe)

    def _key(self, name: str) -> str:
        return f"{self._prefix}:{name}"
