"""An inquiry: texts that engines and policy are asked about, without a backend. It costs no tokens but Guard's own.

It has an account like an exchange, so that whoever reads the ledger sees who had how much read, and counts as a request
of its caller's tier: models' time is everybody's.
"""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from guard.core.entry import Opening, Status
from guard.core.facts import Identity
from guard.errors import GuardError
from guard.metering.tier.book import TierBook
from guard.ports import Counters, Ledger, Rater, Tiers
from guard.runtime.account import Account
from guard.runtime.allowance import allow


class Inquiry:
    """One of them. `limits` are headers that tell how its caller's limits stand."""

    def __init__(self, exchange: str) -> None:
        self.exchange = exchange
        self.limits: tuple[tuple[str, str], ...] = ()


class Inquiries:
    """Lets inquiries in, and accounts for them."""

    def __init__(
        self, ledger: Ledger, rater: Rater | None = None, tiers: Tiers | None = None, counters: Counters | None = None
    ) -> None:
        """`rater` says which price book holds, by which they cost nothing; `counters` count what tiers limit."""
        self._ledger = ledger
        self._rater = rater
        self._tiers: Tiers = tiers or TierBook()
        self._counters = counters

    @asynccontextmanager
    async def account(self, inquiry: Inquiry, who: Identity, dialect: str, model: str = "") -> AsyncIterator[Account]:
        """The account of one inquiry, which is closed however it ends.

        Raises LedgerBehind, Forbidden, RateLimited, CountersUnavailable.
        """
        account = self._open(inquiry.exchange, who, dialect, model)
        allowance = None
        try:
            allowance = await allow(self._counters, self._tiers.of(who), who, inquiry.exchange, 0)
            if allowance is not None:
                inquiry.limits = allowance.headers
                if allowance.refusal is not None:
                    raise allowance.refusal
            yield account
            account.ends(Status.COMPLETED)
        except GuardError as error:
            account.ends(Status.FAILED, error.code)
            raise
        finally:
            account.close(None)
            if allowance is not None:
                allowance.settle(0)

    def _open(self, exchange: str, who: Identity, dialect: str, model: str) -> Account:
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
        return Account(self._ledger, opening, 0, self._rater)
