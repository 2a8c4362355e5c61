"""Counters in Redis or Valkey, for several processes.

A claim is one round trip and one atomic script; one whose answer is lost is undone. What needs no answer goes through
the outbox. A server that has lost its memory grants nothing until it has been told again what was spent.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from itertools import count
from typing import Any, Final, cast

import msgspec
import redis.asyncio as aioredis
import structlog
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from ulid import ULID

from guard.core.counter import Claim, Standing, Taking
from guard.errors import CountersUnavailable, LedgerError
from guard.metering.counter.outbox import FAILURES, TOKEN_MS, Correction, Leaving, Outbox, Undoing
from guard.metering.counter.script import REBUILD, TAKE

_log: Final = structlog.get_logger("guard.counter")
LEASE_MS: Final = 60_000
"""How long a lease is held for a process that is not heard of any more."""
_RENEW_S: Final = LEASE_MS / 3000
_RETRY_S: Final = 0.5
_BATCH: Final = 256
_CONNECTIONS: Final = 32
_STOP_S: Final = 1
_AGAIN_S: Final = 0.1
_AWAY: Final = "The limits can't be counted, since their store does not answer; try again in a moment."
_EMPTY: Final = "The limits' store has lost what it counted and is being told again; try again in a moment."

Recall = Callable[[], Awaitable[Sequence[Claim]]]
"""What was spent of what must not be forgotten, as claims. Raises LedgerError."""


async def nothing() -> Sequence[Claim]:
    """Nothing has to be remembered."""
    return ()


class RedisPlace(msgspec.Struct, frozen=True):
    """Where the counters are. `timeout_s` bounds a claim's round trip; keys begin with `prefix`."""

    url: str
    timeout_s: float = 0.25
    prefix: str = "guard"
    ca_file: str | None = None

    def __repr__(self) -> str:
        return f"RedisPlace(prefix={self.prefix!r})"


class RedisCounters:
    """Implements `ports.Counters`; raises CountersUnavailable where the server does not answer."""

    def __init__(self, place: RedisPlace) -> None:
        self._place = place
        self._client = _client(place)
        self._take = self._client.register_script(TAKE)
        self._rebuild = self._client.register_script(REBUILD)
        self._outbox = Outbox(self._client, place.prefix)
        self._run: Final = str(ULID())
        self._numbers = count()
        self._held: dict[tuple[str, str], None] = {}
        """The leases of this process: (counter, lease)."""
        self._empty = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.recall: Recall = nothing
        """Asked when the server has lost its memory. Set before the start."""

    @property
    def lost(self) -> int:
        """Notes that found no place in the queue."""
        return self._outbox.lost

    async def start(self) -> bool:
        """Starts to send what is queued, to renew leases, and to tell a new server what was spent. Called once.

        Whether the server is there and knows.
        """
        there = await self._rebuilt()
        self._tasks = [asyncio.create_task(work) for work in (self._outbox.send(), self._renew(), self._remember())]
        return there

    async def stop(self) -> None:
        """Sends what waits, within a bound, and closes the connections."""
        await ended(self._tasks)
        try:
            async with asyncio.timeout(_STOP_S):
                await self._outbox.flush()
        except FAILURES as error:
            _log.warning("counters_not_told", notes=len(self._outbox), error=type(error).__name__)
        await self._client.aclose()

    async def take(self, claims: Sequence[Claim], lease: str) -> Taking:
        """All of the claims, or none. Raises CountersUnavailable."""
        token = self._token()
        try:
            async with asyncio.timeout(self._place.timeout_s):
                said = await self._take(keys=self._keys(claims, token), args=_arguments(claims, lease))
        except FAILURES as error:
            self._undo(claims, lease, token)
            raise CountersUnavailable(_AWAY) from error
        except asyncio.CancelledError:
            self._undo(claims, lease, token)
            raise
        taking = _taking(claims, said)
        if taking is None:
            self._empty.set()
            raise CountersUnavailable(_EMPTY)
        if taking.taken:
            self._held.update({(claim.key, lease): None for claim in claims if not claim.window_ms})
        return taking

    def correct(self, claim: Claim, taking: Taking, amount: int) -> None:
        """Queues that the claim came to another amount."""
        if claim.window_ms and amount != claim.amount:
            self._outbox.tell(Correction(claim, amount, self._token(), taking))

    def release(self, claim: Claim, lease: str) -> None:
        """Queues that a lease is given back."""
        self._held.pop((claim.key, lease), None)
        self._outbox.tell(Leaving(claim, lease))

    def note(self, claims: Sequence[Claim], lease: str) -> None:
        """Queues claims that were granted while the server was away. Leases are not among them: they end elsewhere."""
        for claim in claims:
            if claim.window_ms:
                self._outbox.tell(Correction(claim, claim.amount, self._token()))

    async def renew(self) -> None:
        """Renews the leases that this process holds, and the server still knows."""
        held = list(self._held)
        if not held:
            return
        seconds, micros = await self._client.time()
        until = seconds * 1000 + micros // 1000 + LEASE_MS
        for begin in range(0, len(held), _BATCH):
            async with self._client.pipeline(transaction=False) as pipe:
                for key, lease in held[begin : begin + _BATCH]:
                    name = self._key(key)
                    pipe.zadd(name, {lease: until}, xx=True)
                    pipe.pexpire(name, 2 * LEASE_MS)
                await pipe.execute()

    def _undo(self, claims: Sequence[Claim], lease: str, token: str) -> None:
        if any(claim.amount or not claim.window_ms for claim in claims):
            self._outbox.tell(Undoing(tuple(claims), lease, token))

    async def _renew(self) -> None:
        """Tells the server that this process lives."""
        while True:
            await asyncio.sleep(_RENEW_S)
            try:
                await self.renew()
            except FAILURES as error:
                _log.warning("leases_not_renewed", leases=len(self._held), error=type(error).__name__)

    async def _remember(self) -> None:
        """Tells a server without memory what was spent, whenever there is one."""
        while True:
            await self._empty.wait()
            self._empty.clear()
            await self._rebuilt()
            if self._empty.is_set():
                await asyncio.sleep(_RETRY_S)

    async def _rebuilt(self) -> bool:
        """Tries to, once."""
        try:
            if await self._client.exists(self._key("epoch")):
                return True
            claims = await self.recall()
            if await self._tell_spent(claims):
                _log.warning("counters_rebuilt", counters=len(claims))
        except (*FAILURES, LedgerError) as error:
            _log.warning("counters_not_rebuilt", error=type(error).__name__)
            self._empty.set()
            return False
        return True

    async def _tell_spent(self, claims: Sequence[Claim]) -> bool:
        arguments: list[str | int] = [str(ULID())]
        for claim in claims:
            arguments += [claim.amount, claim.window_ms, claim.slot_ms]
        keys = [self._key("epoch"), *(self._key(claim.key) for claim in claims)]
        return bool(await self._rebuild(keys=keys, args=arguments))

    def _token(self) -> str:
        return f"{self._run}:{next(self._numbers)}"

    def _key(self, name: str) -> str:
        return f"{self._place.prefix}:{name}"

    def _keys(self, claims: Iterable[Claim], token: str) -> list[str]:
        return [self._key("epoch"), self._key(f"token:{token}"), *(self._key(claim.key) for claim in claims)]


async def ended(tasks: Sequence["asyncio.Task[None]"]) -> None:
    """Cancels them until they have ended: the client takes a cancellation for its own time-out now and then."""
    running: Iterable[asyncio.Task[None]] = tasks
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=_AGAIN_S)


def _client(place: RedisPlace) -> "aioredis.Redis":
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
    return aioredis.Redis.from_pool(pool)


def _arguments(claims: Sequence[Claim], lease: str) -> list[str | int]:
    arguments: list[str | int] = [lease, LEASE_MS, TOKEN_MS]
    for claim in claims:
        arguments += [claim.amount, claim.limit, claim.window_ms, claim.slot_ms]
    return arguments


def _taking(claims: Sequence[Claim], said: object) -> Taking | None:
    """None if the server has no memory."""
    taken, now, rows, epoch = cast(tuple[int, int, list[list[int]], str], said)
    if taken < 0:
        return None
    standings = (
        Standing(int(used), claim.limit, int(reset), int(wait))
        for claim, (used, reset, wait) in zip(claims, rows, strict=True)
    )
    return Taking(bool(taken), int(now), tuple(standings), epoch=epoch)
