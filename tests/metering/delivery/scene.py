"""Feeds over a real ledger and a real receiver, with pauses short enough for tests."""

import sqlite3
from contextlib import closing as closed
from pathlib import Path

import msgspec

from guard.metering.delivery.outbox import Outbox
from guard.upstream.client import open_transport
from guard.upstream.usage_feed import FeedAddress, UsageFeed

KEY = b"0123456789abcdef01234567"


BRISK = FeedAddress(
    url="", key=KEY, token="token-of-the-tests", source="guard", subject="tenant",
    look_s=0.01, pause_s=0.01, most_pause_s=0.05, turn_s=0.02, timeout_s=0.3,
)  # fmt: skip


def feed(url: str, outbox: Outbox, batch: int = 7, timeout_s: float = 0.3) -> UsageFeed:
    address = msgspec.structs.replace(BRISK, url=url, batch=batch, timeout_s=timeout_s)
    return UsageFeed(address, outbox, open_transport(None))


def outbox(database: Path, sink: str = "default", history: bool = True) -> Outbox:
    return Outbox(f"sqlite:///{database}", "", sink, history)


def finals(database: Path) -> list[tuple[str, str, int]]:
    """Id, shard and number of every final entry, in the ledger's order."""
    with closed(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
        rows = db.execute("SELECT id, shard, seq FROM entry WHERE state <> 'reserved' ORDER BY shard, seq")
        return [(str(id_), str(shard), int(seq)) for id_, shard, seq in rows]
