"""The policies that serve, and follow their source: a directory, a bundle, a bundle server.

Implements `ports.Policies` over `generation`. Work is done in one thread of its own, so that reading, compiling and
testing never hold up a stream; the event loop only assigns what has come out of it.
"""

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, ParamSpec, TypeVar

import msgspec
import structlog

from guard.core.facts import Identity
from guard.core.policy_status import PolicyStatus
from guard.errors import ConfigError
from guard.policy.bundle.archive import Files
from guard.policy.bundle.feed import Feed, digest
from guard.policy.generation import Generation, Rules, failing, now, prepare
from guard.policy.source import naming
from guard.ports import PolicyEngine

P = ParamSpec("P")
T = TypeVar("T")

_log: Final = structlog.get_logger("guard.policy")


class LivePolicies:
    """Answers with the newest generation that passed. See `ports.Policies`."""

    def __init__(self, feed: Feed, rules: Rules) -> None:
        """Reads and makes ready the first generation, which takes its time.

        Raises ConfigError when nothing may serve: what lies there is refused, and no last good bundle was kept.
        """
        self._feed = feed
        self._rules = rules
        self._refusal: ConfigError | None = None
        """Why what was read last does not serve."""
        self._serving = self._first()
        self._status = PolicyStatus(
            generation=self._serving.engine.generation,
            revision=self._serving.revision,
            since=self._serving.since,
            source=feed.place,
        )
        self._turn = asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="guard-policy")
        self._following: asyncio.Task[None] | None = None

    def engine(self, identity: Identity, exchange: str = "") -> PolicyEngine:
        """The engine of the generation that serves now. It stays usable as long as it is held."""
        return self._serving.engine

    def status(self) -> PolicyStatus:
        """What serves now, and why what lies at the source does not, if so."""
        return self._status

    def start(self) -> None:
        """Begins to follow the source. Called on the event loop."""
        _log.info("policy_serves", generation=self._status.generation, revision=self._status.revision)
        self._show(self._refusal)
        self._following = asyncio.create_task(self._follow(), name="guard-policy")
        self._following.add_done_callback(self._ended)

    async def stop(self) -> None:
        """Ends it. What serves goes on serving."""
        self._feed.close()
        if self._following is not None:
            self._following.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._following
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def reload(self, *, anew: bool = True) -> PolicyStatus:
        """Reads the source and takes what is new; `anew`: also what was refused before. Nothing is raised."""
        async with self._turn:
            try:
                files = await self._aside(self._read, anew)
                if files is not None:
                    await self._judge(files)
            except ConfigError as error:
                self._show(error)
            else:
                self._show(self._refusal)
        return self._status

    async def _follow(self) -> None:
        async for _ in self._feed.changes():
            await self.reload(anew=False)

    def _ended(self, following: asyncio.Task[None]) -> None:
        """A bug of ours ended it: what serves goes on, and the status says that it will not change."""
        if not following.cancelled() and (error := following.exception()) is not None:
            _log.error("policy_watch_failed", error=type(error).__name__)
            self._show(ConfigError("Guard no longer follows the source of policies: a bug; restart it"))

    async def _judge(self, files: Files) -> None:
        self._refusal = None
        if digest(files) == self._serving.content:
            return
        try:
            generation = await self._aside(prepare, files, self._rules, self._feed.place)
        except ConfigError as error:
            self._refusal = error
            return
        self._serve(generation)
        try:
            await self._aside(self._taken)
        except ConfigError as error:
            self._refusal = error

    def _serve(self, generation: Generation) -> None:
        self._serving = generation
        self._status = msgspec.structs.replace(
            self._status,
            generation=generation.engine.generation,
            revision=generation.revision,
            since=now(),
            reloads=self._status.reloads + 1,
        )
        _log.info("policy_serves", generation=self._status.generation, revision=self._status.revision)

    def _show(self, error: ConfigError | None) -> None:
        if error is None:
            self._status = msgspec.structs.replace(self._status, error_code="", error="", error_at="")
            return
        before, self._status = self._status, failing(self._status, error)
        if self._status is not before:
            _log.error("policy_refused", code=error.code, message=error.message, serves=self._status.generation)

    def _first(self) -> Generation:
        # Nothing is replaced yet, and tests take seconds: they are `guard policy test`'s until then.
        rules = msgspec.structs.replace(self._rules, tests=False)
        try:
            generation = prepare(self._read(True) or {}, rules, self._feed.place)
        except ConfigError as error:
            with naming(f"{self._feed.place}, as it was kept"):
                files = self._feed.last_good()
            if files is None:
                raise
            self._refusal = error
            return prepare(files, rules, f"{self._feed.place}, as it was kept")
        self._taken()
        return generation

    def _read(self, anew: bool) -> Files | None:
        with naming(self._feed.place):
            return self._feed.read(anew=anew)

    def _taken(self) -> None:
        with naming(self._feed.place):
            self._feed.taken()

    async def _aside(self, work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Runs work in the thread of these policies."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, partial(work, *arguments, **named))
