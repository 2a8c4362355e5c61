"""A process that writes exchanges and delivers them until it is killed: `sender.py DATABASE RECEIVER RUN`."""

import asyncio
import sys
from pathlib import Path

import structlog
from exchanges import closing, ledger, opening

from tests.metering.delivery.scene import feed, outbox


async def main(database: Path, url: str, run: str) -> None:
    one = ledger(database, flush_ms=5, busy_ms=5_000)
    one.start()
    async with feed(url, outbox(database)).running():
        number = 0
        while True:
            number += 1
            one.open(opening(f"{run}-{number:06}"))
            await asyncio.sleep(0.001)
            if number % 10:  # every tenth is left to the next start
                one.close(closing(f"{run}-{number:06}"))


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))
