"""An inquiry: texts that engines and policy are asked about, without a backend. It costs no tokens but Guard's own.

It has an account like an exchange, so that whoever reads the ledger sees who had how much read.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from guard.core.entry import Opening, Status
from guard.core.facts import Identity
from guard.errors import GuardError
from guard.ports import Ledger, Rater
from guard.runtime.account import Account


class Inquiries:
    """Opens accounts of inquiries. `rater` says which price book holds, by which they cost nothing."""

    def __init__(self, ledger: Ledger, rater: Rater | None = None) -> None:
        self._ledger = ledger
        self._rater = rater

    @contextmanager
    def account(self, exchange: str, who: Identity, dialect: str, model: str = "") -> Iterator[Account]:
        """The account of one inquiry, which is closed however it ends. Raises LedgerBehind."""
        opening = Opening(
            exchange=exchange,
            tenant=who.tenant,
            key=who.key,
            tier=who.tier,
            dialect=dialect,
            model=model,
            backend="",
            stream=False,
            started_ms=time.time_ns() // 1_000_000,
        )
        account = Account(self._ledger, opening, 0, self._rater)
        try:
            yield account
            account.ends(Status.COMPLETED)
        except GuardError as error:
            account.ends(Status.FAILED, error.code)
            raise
        finally:
            account.close(None)
