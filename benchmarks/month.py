"""A month of traffic on the ledger: does it hold what the backend counted, once each, whatever is killed and when?

`python -m benchmarks.month [EXCHANGES] [KILLS]` runs it on SQLite and on a real PostgreSQL and writes
`results/month-*.json`. Processes serve exchanges (completed, aborted, blocked, failed, asked again with the same
idempotency key) and are killed with SIGKILL at random moments, also while they start; the next one goes on. Whoever is
killed between two instructions may have taken a piece that the backend does not know to be taken: such a piece may be
counted or not, and is told. Some answers begin with thoughts and tool calls, which must be told apart to the token.
Each exchange claims a budget in a real Redis, which must never hold less than the ledger: what it holds more
(`unsettled_tokens`) are reservations of those that were killed.
"""

import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final, cast

import msgspec
import redis
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from sqlalchemy import text

from benchmarks.month_worker import CELLS, OPENED, Counts, Task, class_of, exchange_id, prompt_tokens
from guard.metering.ledger.chain import Signer
from guard.metering.ledger.engine import reading_engine
from guard.metering.ledger.options import LedgerOptions
from guard.metering.ledger.reader import LedgerReader
from guard.metering.ledger.verify import Fault
from guard.metering.location import parse_location
from tests.redis import RedisServer

RESULTS: Final = Path(__file__).with_name("results")
_POLL_S: Final = 0.001
_FINAL: Final = (
    "SELECT exchange, prompt_tokens, completion_tokens, cost_nanousd, reasoning_tokens, tool_tokens "
    "FROM entry WHERE state <> 'reserved'"
)


class Outcome(msgspec.Struct, frozen=True):
    """What the ledger holds beside what the backend counted. `open` tokens: taken or not when a process was killed."""

    exchanges: int
    killed: int
    estimated: int
    attempts: int
    prompt: int
    completion: int
    told_prompt: int
    told_completion: int
    reasoning: int
    tool: int
    open_tokens: int
    wrong: tuple[str, ...]
    entries: int
    faults: tuple[Fault, ...]
    signed: bool
    budget_tokens: int
    unsettled_tokens: int
    seconds: float


def run(url: str, password: str, folder: Path, exchanges: int, kills: int, seed: int) -> Outcome:
    """Serves the month, and compares. `folder` gets the journals, the backend's count and the budgets' Redis."""
    began = time.monotonic()
    key = _key()
    options = LedgerOptions(
        url=url,
        password=password,
        journal=folder / "journal",
        flush_ms=20,
        segment_bytes=1 << 20,
        slots=256,
        signing_key=key,
        head_entries=5_000,
    )
    counts = Counts(folder / "counts", exchanges)
    with RedisServer(folder) as budgets:
        task = Task(options, str(folder / "counts"), exchanges, 0, 6, budgets.url)
        killed = _serve(task, counts, kills, random.Random(seed))
        seconds = time.monotonic() - began
        return _compare(url, password, key, counts.cells, exchanges, killed, _budget_tokens(budgets.url), seconds)


def _budget_tokens(url: str) -> int:
    """What the budgets' counters hold."""
    with redis.Redis.from_url(url, decode_responses=True) as client:
        held = (client.hvals(key) for key in client.scan_iter("guard:budget:*"))
        return sum(int(amount) for amounts in held for amount in cast(list[str], amounts))


def _serve(task: Task, counts: Counts, kills: int, draw: random.Random) -> int:
    exchanges = task.count
    moments = sorted(draw.sample(range(exchanges), kills))
    first = 0
    for moment in moments:
        worker = _start(msgspec.structs.replace(task, first=first))
        early = time.monotonic() + draw.random() if draw.random() < 0.2 else float("inf")
        while not counts.cells[moment * CELLS + OPENED] and time.monotonic() < early and worker.poll() is None:
            time.sleep(_POLL_S)
        worker.send_signal(signal.SIGKILL)
        assert worker.wait() in (0, -signal.SIGKILL), "a worker failed by itself"
        while first < exchanges and counts.cells[first * CELLS + OPENED]:
            first += 1
    assert _start(msgspec.structs.replace(task, first=first)).wait() == 0
    return len(moments)


def _start(task: Task) -> "subprocess.Popen[bytes]":
    worker = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.month_worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        cwd=Path(__file__).parent.parent,
    )
    assert worker.stdin is not None
    worker.stdin.write(msgspec.json.encode(task, enc_hook=str) + b"\n")
    worker.stdin.close()
    return worker


def _compare(
    url: str, password: str, key: str, cells: memoryview, exchanges: int, killed: int, budget: int, seconds: float
) -> Outcome:
    location = parse_location(url)
    rows: dict[str, tuple[int, int, int, int, int]] = {}
    wrong: list[str] = []
    with reading_engine(location, password).begin() as db:
        for exchange, *counts, thought, called in db.execution_options(yield_per=10_000).execute(text(_FINAL)):
            if exchange in rows:
                wrong.append(f"{exchange} is counted twice")
            prompt, completion, cost = counts
            rows[exchange] = prompt, completion, cost, thought or 0, called or 0
        estimated = db.execute(text("SELECT count(*) FROM entry WHERE state = 'estimated'")).scalar_one()
        attempts = db.execute(text("SELECT count(*) FROM entry WHERE attempt > 1 AND state <> 'reserved'")).scalar_one()
    sums, open_tokens, thoughts, calls = [0, 0, 0, 0], 0, 0, 0
    for number in range(exchanges):
        opened, asked, sent, taken = cells[number * CELLS : number * CELLS + CELLS]
        prompt, completion, cost, *parts = rows.pop(exchange_id(number), (0, 0, 0, 0, 0))
        least, most = (prompt_tokens(number) if asked else 0), (prompt_tokens(number) if asked or opened == 1 else 0)
        sound = prompt in (least, most) and taken <= completion <= sent and cost == 2 * prompt + 8 * completion
        # Only who was killed may be between two counts; whoever reached no backend has a prompt of none.
        if not sound:
            told = f"{exchange_id(number)}: {prompt}+{completion} at {cost}, not {least}..{most}+{taken}..{sent}"
            wrong.append(told)
        classes = [class_of(number, piece) for piece in range(1, completion + 1)]
        if sent == taken and parts != [classes.count(1), classes.count(2)]:
            wrong.append(f"{exchange_id(number)}: {parts} of {completion} are thoughts and calls")
        thoughts, calls = thoughts + parts[0], calls + parts[1]
        open_tokens += sent - taken
        sums = [old + new for old, new in zip(sums, (prompt, completion, least, sent), strict=True)]
    unsettled = budget - sums[0] - sums[1]
    if unsettled < 0:
        wrong.append(f"the budgets hold {-unsettled} tokens less than the ledger")
    wrong += [f"{exchange} is unknown to the backend" for exchange in rows]
    reader = LedgerReader(url, password)
    verdict = reader.verify(Signer(key).check)
    reader.close()
    return Outcome(
        exchanges, killed, estimated, attempts, *sums, thoughts, calls, open_tokens, tuple(wrong[:20]), verdict.entries,
        verdict.faults, verdict.signed == verdict.heads > 0, budget, unsettled, round(seconds, 1),
    )  # fmt: skip


def _key() -> str:
    key = Ed25519PrivateKey.generate()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def main(exchanges: int, kills: int, only: str = "") -> None:
    # The cluster is the tests': one way to find PostgreSQL.
    from tests.postgres import PASSWORD, Cluster

    for name in ("sqlite", "postgresql"):
        if only not in ("", name):
            continue
        with tempfile.TemporaryDirectory() as folder:
            if name == "sqlite":
                outcome = run(f"sqlite:///{folder}/guard.db", "", Path(folder), exchanges, kills, 6)
            else:
                with Cluster() as cluster:
                    outcome = run(cluster.database("month"), PASSWORD, Path(folder), exchanges, kills, 6)
        told = msgspec.to_builtins(outcome)
        (RESULTS / f"month-{name}.json").write_text(json.dumps(told, indent=2) + "\n")
        print(name, json.dumps(told))


if __name__ == "__main__":
    main(
        int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000,
        int(sys.argv[2]) if len(sys.argv) > 2 else 40,
        *sys.argv[3:],
    )
