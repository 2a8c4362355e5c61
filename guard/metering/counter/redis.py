"""Counters in Redis or Valkey, for several processes.

A claim is one round trip and one atomic script. What needs no answer (corrections, leases given back) is queued and
sent in batches by a task, so that the end of an exchange waits for nobody; while the server is away, it
waits in the queue.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Any, Final, cast

import msgspec
import redis.asyncio as aioredis
import structlog
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from guard.core.counter import Claim, Standing, Taking
from guard.errors import CountersUnavailable
from guard.metering.counter.script import CORRECT, TAKE

_log: Final = structlog.get_logger("guard.counter")
LEASE_MS: Final = 60_000
"""How long a lease is held for a process that is not heard of any more."""
_RENEW_S: Final = LEASE_MS / 3000
_RETRY_S: Final = 0.5
_BATCH: Final = 256
_CONNECTIONS: Final = 32
_MOST_QUEUED: Final = 100_000
FAILURES: Final = (RedisError, OSError, TimeoutError)


class RedisPlace(msgspec.Struct, frozen=True):
    """Where the counters are. `timeout_s` bounds a claim's round trip; keys begin with `prefix`."""

    url: str
    timeout_s: float = 0.25
    prefix: str = "guard"
    ca_file: str | None = None

    def __repr__(self) -> str:
        return f"RedisPlace(prefix={self.prefix!r})"


class _Note(msgspec.Struct, frozen=True):
    """What the server has yet to be told: a correction, a lease given back, or a claim granted here."""

    claim: Claim
    lease: str = ""
    delta: int = 0
    at_ms: int = 0


class RedisCounters:
    """Implements `ports.Counters`; raises CountersUnavailable where the server does not answer."""

    def __init__(self, place: RedisPlace) -> None:
        self._place = place
        trust: dict[str, Any] = {"ssl_ca_certs": place.ca_file} if place.ca_file is not None else {}
        pool = aioredis.BlockingConnectionPool.from_url(
            place.url,
            max_connections=_CONNECTIONS,
            timeout=place.timeout_s,
            socket_timeout=place.timeout_s,
            socket_connect_timeout=place.timeout_s,
            decode_responses=True,
            retry=Retry(NoBackoff(), 0),
            **trust,
        )
        self._client = aioredis.Redis.from_pool(pool)
        self._take = self._client.register_script(TAKE)
        self._correct = self._client.register_script(CORRECT)
        self._queue: deque[_Note] = deque()
        self._news = asyncio.Event()
        self._held: dict[tuple[str, str], None] = {}
        """The leases of this process: (counter, lease)."""
        self._tasks: list[asyncio.Task[None]] = []
        self.lost = 0
        """Notes that found no place in the queue."""

    def start(self) -> None:
        """Starts to send what is queued, and to renew leases. Called once, on the event loop."""
        self._tasks = [asyncio.create_task(self._send()), asyncio.create_task(self._renew())]

    async def stop(self) -> None:
        """Sends what waits, within a bound, and closes the connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        try:
            async with asyncio.timeout(1):
                while self._queue:
                    await self._flush()
        except FAILURES as error:
            _log.warning("counters_not_told", notes=len(self._queue), error=type(error).__name__)
        await self._client.aclose()

    async def take(self, claims: Sequence[Claim], lease: str) -> Taking:
        """All of the claims, or none. Raises CountersUnavailable."""
        try:
            async with asyncio.timeout(self._place.timeout_s):
                said = await self._take(keys=self._keys(claims), args=_arguments(claims, lease))
        except FAILURES as error:
            raise CountersUnavailable(
                "The limits can't be counted, since their store does not answer; try again in a moment."
            ) from error
        taking = _taking(claims, said)
        if taking.taken:
            self._held.update({(claim.key, lease): None for claim in claims if not claim.window_ms})
        return taking

    def correct(self, claim: Claim, taking: Taking, amount: int) -> None:
        """Queues that the claim came to another amount."""
        if claim.window_ms and amount != claim.amount:
            self._tell(_Note(claim, delta=amount - claim.amount, at_ms=taking.at_ms))

    def release(self, claim: Claim, lease: str) -> None:
        """Queues that a lease is given back."""
        self._held.pop((claim.key, lease), None)
        self._tell(_Note(claim, lease))

    def note(self, claims: Sequence[Claim], lease: str) -> None:
        """Queues claims that were granted while the server was away. Leases are not among them: they end elsewhere."""
        for claim in claims:
            if claim.window_ms:
                self._tell(_Note(claim, delta=claim.amount))

    def _tell(self, note: _Note) -> None:
        if len(self._queue) >= _MOST_QUEUED:
            self.lost += 1
            return
        self._queue.append(note)
        self._news.set()

    async def _send(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            try:
                while self._queue:
                    await self._flush()
            except FAILURES:
                self._news.set()
                await asyncio.sleep(_RETRY_S)

    async def _flush(self) -> None:
        """Sends one batch."""
        await self._ping()
        batch = [self._queue.popleft() for _ in range(min(_BATCH, len(self._queue)))]
        try:
            await self._execute(batch)
        except FAILURES:
            # The server may have heard it: what adds is sent again, what takes off is not: it never counts less.
            self._queue.extendleft(note for note in reversed(batch) if note.delta >= 0)
            raise

    async def _ping(self) -> None:
        await self._client.ping()

    async def _execute(self, batch: Sequence[_Note]) -> None:
        async with self._client.pipeline(transaction=False) as pipe:
            for note in batch:
                key = self._key(note.claim)
                if note.claim.window_ms:
                    claim = note.claim
                    await self._correct(
                        keys=[key], args=[note.delta, note.at_ms, claim.window_ms, claim.slot_ms], client=pipe
                    )
                else:
                    pipe.zrem(key, note.lease)
            await pipe.execute()

    async def _renew(self) -> None:
        """Tells the server that this process lives."""
        while True:
            await asyncio.sleep(_RENEW_S)
            try:
                await self.renew()
            except FAILURES as error:
                _log.warning("leases_not_renewed", leases=len(self._held), error=type(error).__name__)

    async def renew(self) -> None:
        """Renews the leases that this process holds."""
        held = list(self._held)
        if not held:
            return
        seconds, micros = await self._client.time()
        until = seconds * 1000 + micros // 1000 + LEASE_MS
        for begin in range(0, len(held), _BATCH):
            async with self._client.pipeline(transaction=False) as pipe:
                for key, lease in held[begin : begin + _BATCH]:
                    if (key, lease) in self._held:
                        name = f"{self._place.prefix}:{key}"
                        pipe.zadd(name, {lease: until})
                        pipe.pexpire(name, 2 * LEASE_MS)
                await pipe.execute()

    def _key(self, claim: Claim) -> str:
        return f"{self._place.prefix}:{claim.key}"

    def _keys(self, claims: Sequence[Claim]) -> list[str]:
        return [self._key(claim) for claim in claims]


def _arguments(claims: Sequence[Claim], lease: str) -> list[str | int]:
    arguments: list[str | int] = [lease, LEASE_MS]
    for claim in claims:
        arguments += [claim.amount, claim.limit, claim.window_ms, claim.slot_ms]
    return arguments


def _taking(claims: Sequence[Claim], said: object) -> Taking:
    taken, now, rows = cast(tuple[int, int, list[list[int]]], said)
    standings = (
        Standing(int(used), claim.limit, int(reset), int(wait))
        for claim, (used, reset, wait) in zip(claims, rows, strict=True)
    )
    return Taking(bool(taken), int(now), tuple(standings))
