"""The key store as a running server sees it: read again within half a second of any change.

SQLite itself tells that another connection has changed the file (`PRAGMA data_version`), which costs a read of its
first page. A store that can't be read for `PATIENCE_S` might have revoked keys that nobody here knows of: from then on
none of its keys is taken.
"""

import asyncio
import os
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import structlog

from guard.core.grant import Grant
from guard.errors import KeyStoreError, KeysUnavailable
from guard.metering.key.store import KeyStore, connect
from guard.metering.key.table import KeyTable

LOOK_S: Final = 0.4
PATIENCE_S: Final = 10.0
_log: Final = structlog.get_logger("guard.key")


class WatchedKeys:
    """The keys of a store while `running`. Implements `ports.Credentials`."""

    def __init__(self, store: KeyStore) -> None:
        """Reads the store, and creates it if there is none. Raises KeyStoreError."""
        self._store = store
        self._turn = asyncio.Lock()
        self._db: sqlite3.Connection | None = None
        self._seen: tuple[object, ...] = ()
        self._table = KeyTable(())
        self._error = ""
        self._read_s = 0.0
        store.prepare()
        self._look()

    async def grant(self, credential: str) -> Grant | None:
        """See `ports.Credentials`. Raises KeysUnavailable."""
        found = self._table.find(credential)
        if found is not None and time.monotonic() - self._read_s > PATIENCE_S:
            raise KeysUnavailable("The key store can't be read, so its keys are not taken; try again later.")
        return found

    async def refresh(self) -> None:
        """Looks now. Nothing is raised: what was read before holds for a while."""
        async with self._turn:
            try:
                await asyncio.to_thread(self._look)
            except KeyStoreError as error:
                self._say(error.message)
            else:
                self._say("")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Follows the store until it is left."""
        async with asyncio.TaskGroup() as group:
            following = group.create_task(self._follow())
            try:
                yield
            finally:
                following.cancel()
        self._close()

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            await self.refresh()

    def _look(self) -> None:
        try:
            seen = self._mark()
            if seen != self._seen:
                self._table = KeyTable(self._store.keys())
                self._seen = seen
        except (sqlite3.Error, OSError) as error:
            self._close()
            raise KeyStoreError(f"The key store can't be read ({type(error).__name__}): check its file.") from None
        self._read_s = time.monotonic()

    def _mark(self) -> tuple[object, ...]:
        """Changes with the store's content, or when another file is put in its place."""
        found = os.stat(self._store.path)
        if self._db is None or self._seen[:2] != (found.st_dev, found.st_ino):
            self._close()
            self._db = connect(self._store.path)
        (version,) = self._db.execute("PRAGMA data_version").fetchone()
        return found.st_dev, found.st_ino, version

    def _close(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None
        self._seen = ()

    def _say(self, error: str) -> None:
        if error and error != self._error:
            _log.error("key_store", problem=error)
        elif self._error and not error:
            _log.info("key_store", problem="")
        self._error = error
