"""Senders are killed at random moments while the receiver misbehaves: each final entry counts once all the same."""

import asyncio
import os
import random
import subprocess
import sys
from pathlib import Path

from exchanges import ledger

from guard.metering.ledger.reader import LedgerReader
from tests.metering.delivery.receiver import Receiver
from tests.metering.delivery.scene import feed, finals, outbox

SENDER = Path(__file__).with_name("sender.py")
ROOT = Path(__file__).parents[3]
KILLS = 5
SEED = 1


def start(database: Path, receiver: Receiver, run: str) -> subprocess.Popen[bytes]:
    places = os.pathsep.join([str(ROOT), str(SENDER.parents[1])])
    command = [sys.executable, str(SENDER), str(database), receiver.url, run]
    return subprocess.Popen(command, stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": places})


async def test_killed_senders_lose_nothing_and_count_nothing_twice(tmp_path: Path) -> None:
    draw, database = random.Random(SEED), tmp_path / "guard.db"
    with Receiver(mishaps=0.2, seed=SEED) as receiver:
        running = [start(database, receiver, "a"), start(database, receiver, "b")]
        for number in range(KILLS):
            await asyncio.to_thread(receiver.wait, len(receiver.kept) + draw.randint(1, 60))
            victim = running.pop(draw.randrange(len(running)))
            victim.kill()
            victim.wait()
            running.append(start(database, receiver, str(number)))
        for each in running:
            each.kill()
            each.wait()
        last = ledger(database, busy_ms=5_000)
        last.start()  # enters what they left
        async with feed(receiver.url, outbox(database)).running():
            await asyncio.to_thread(receiver.wait, len(finals(database)))
        last.stop()
    wanted = finals(database)
    assert sorted(receiver.kept) == sorted(id_ for id_, _, _ in wanted)
    assert receiver.changed == []
    assert {"settled", "estimated"} == {event["data"]["state"] for event in receiver.kept.values()}
    place = {id_: (shard, seq) for id_, shard, seq in wanted}
    for shard in {shard for _, shard, _ in wanted}:
        came = [place[id_][1] for id_ in receiver.order if place[id_][0] == shard]
        assert came == sorted(came)
    reader = LedgerReader(f"sqlite:///{database}")
    assert reader.verify(None).faults == ()
    reader.close()
