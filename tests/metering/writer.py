"""A process that writes into a ledger until it is killed: `writer.py DATABASE EXCHANGE… [limit=BYTES]`.

It prints a line for each step, and goes on when it reads one.
"""

import resource
import signal
import sys
from pathlib import Path

import structlog
from exchanges import closing, opening
from exchanges import ledger as made


def main(database: str, limit: int, exchanges: list[str]) -> None:
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    ledger = made(Path(database), busy_ms=1_000)
    ledger.start()
    if limit:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
        for number in range(2_000):
            ledger.open(opening(f"big{number:06}", model="x" * 250))
        say(f"drained={ledger.drain()} healthy={ledger.healthy()} waiting={ledger.health().waiting}")
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    for exchange in exchanges:
        ledger.open(opening(exchange))
    say(f"drained={ledger.drain()} healthy={ledger.healthy()} lost={ledger.health().lost}")
    ledger.open(opening("unflushed"))
    ledger.close(closing("unflushed"))
    say("waiting")


def say(line: str) -> None:
    print(line, flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3:])
