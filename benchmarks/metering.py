"""What does metering cost? CPU time of the account, the journal, the board and the writer's thread; the backend is
free.

`python -m benchmarks.metering`. For each exchange: an opening, one piece, a closing, Prometheus' counts, and the
writer's thread enters both into the database; and apart from that what a chunk costs that is noted, and what limits and
a budget cost that several processes share in Redis. CPU is the process's own, all its threads, without what a server
spends.
"""

import gc
import json
import tempfile
import time
from pathlib import Path
from typing import Final

import uvloop

from benchmarks.month_worker import RATER, Answer
from guard.audit.fan import LedgerFan
from guard.core.channel import Channel
from guard.core.entry import Opening, Status
from guard.core.facts import Identity
from guard.core.plan import Plan
from guard.core.stream import StreamGuard
from guard.core.tier import Tier
from guard.core.written import Written
from guard.dialects.mark import FORM_ALONE
from guard.metering.counter.redis import RedisCounters, RedisPlace
from guard.metering.ledger.ledger import SqlLedger
from guard.metering.ledger.options import LedgerOptions
from guard.runtime.account import Account
from guard.runtime.allowance import allow
from guard.runtime.metrics.exchange import ExchangeMeter
from guard.runtime.metrics.label import Labels

RESULTS: Final = Path(__file__).with_name("results")
EXCHANGES: Final = 10_000
CHUNKS: Final = 200_000
STREAM_CHUNKS: Final = 1_000
ROUNDS: Final = 3


def opening(number: int) -> Opening:
    return Opening(
        exchange=f"01METER{number:019}",
        tenant="tenant",
        key="key",
        tier="mid",
        dialect="openai.chat",
        model="model",
        backend="stand-in",
        stream=True,
        started_ms=1_790_000_000_000 + number,
    )


def per_exchange(url: str, password: str = "") -> float:
    """Microseconds of one exchange, until it is in the database."""
    with tempfile.TemporaryDirectory() as folder:
        ledger = SqlLedger(LedgerOptions(url, password=password, journal=Path(folder)), RATER)
        ledger.start()
        labels = Labels(("model", "backend", "tier"), 200, FORM_ALONE.is_mark)
        told = LedgerFan(ledger, ExchangeMeter(labels))
        gc.collect()
        began = time.process_time()
        for number in range(EXCHANGES):
            account = Account(told, opening(number), 400, RATER)
            account.ask()
            answer = Answer(number, 100, 1)
            answer.take(last=True)
            account.note(answer)  # type: ignore[arg-type]
            account.first_byte()
            account.ends(Status.COMPLETED)
            account.close(answer)  # type: ignore[arg-type]
        assert ledger.drain(120)
        spent = time.process_time() - began
        ledger.stop(60)
    return spent / EXCHANGES * 1e6


def per_chunk(field: str = "content", keeps: bool = False) -> float:
    """Microseconds of one chunk that is counted by its class and noted, with Guard's own stream machine.

    `keeps`: a tokenizer may come to count it, so that its text is kept; the clock excludes what is counted ahead.
    """
    ledger = SqlLedger(LedgerOptions("sqlite://"), RATER)
    ledger.start()
    account = Account(ledger, opening(0), 400, RATER)
    spent = 0.0
    for _ in range(CHUNKS // STREAM_CHUNKS):
        guard = StreamGuard(Plan(actions={}), written=Written(keeps))
        script = guard._hold(Channel(0, field)).script
        began = time.process_time()
        for _ in range(STREAM_CHUNKS):
            script.add(" word")
            account.note(guard)
        spent += time.process_time() - began
    account.close(None)
    ledger.stop()
    return spent / CHUNKS * 1e6


async def _shared(url: str) -> float:
    """Microseconds of limits by requests, tokens and places in Redis, with what is given back behind an exchange."""
    counters = RedisCounters(RedisPlace(url, timeout_s=30))
    await counters.start()
    tier = Tier("mid", requests_per_min=1 << 30, tokens_per_min=1 << 30, concurrency=1 << 20)
    began = time.process_time()
    for number in range(EXCHANGES):
        allowance = await allow(counters, tier, Identity("tenant", "key", "mid"), f"01METER{number:019}", 500)
        assert allowance is not None
        allowance.settle(400)
    await counters.stop()
    return (time.process_time() - began) / EXCHANGES * 1e6


def shared_limits() -> float:
    """The same, on a private Redis."""
    from tests.redis import RedisServer

    with tempfile.TemporaryDirectory() as folder, RedisServer(Path(folder)) as server:
        return min(uvloop.run(_shared(server.url)) for _ in range(ROUNDS))


def main() -> None:
    """The least of some rounds, on SQLite and on a private PostgreSQL."""
    # The cluster is the tests': one way to find PostgreSQL.
    from tests.postgres import PASSWORD, Cluster

    with tempfile.TemporaryDirectory() as folder:
        files = [f"sqlite:///{folder}/{number}.db" for number in range(ROUNDS)]
        sqlite = min(per_exchange(url) for url in files)
    with Cluster() as cluster:
        postgres = min(per_exchange(cluster.database(f"cost{number}"), PASSWORD) for number in range(ROUNDS))
    kinds = {
        "answer": ("content", False),
        "reasoning": ("reasoning_content", False),
        "tool": ("tool_calls.arguments", False),
        "kept for a tokenizer": ("content", True),
    }
    chunk = {name: round(min(per_chunk(*kind) for _ in range(ROUNDS)), 2) for name, kind in kinds.items()}
    exchange = {"sqlite": sqlite, "postgresql": postgres, "limits in Redis, beside it": shared_limits()}
    told = {"exchange_us": {name: round(us, 1) for name, us in exchange.items()}, "chunk_us": chunk}
    (RESULTS / "metering.json").write_text(json.dumps(told, indent=2) + "\n")
    print(json.dumps(told))


if __name__ == "__main__":
    main()
