"""The service's routes over known classifiers and the starter policies, called without sockets."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from litestar import Litestar

from guard.core.facts import Identity
from guard.core.grant import Key
from guard.ingress.error import HANDLERS
from guard.ingress.openai import Door
from guard.ingress.openapi import openapi_route
from guard.ingress.service import check_route, moderation_route
from guard.metering.counter.memory import MemoryCounters
from guard.metering.price.book import Book
from guard.metering.price.rating import BookRater
from guard.metering.tier.book import TierBook
from guard.pii.pseudonym.keyring import Keyring
from guard.pii.pseudonym.vault import Vaults
from guard.policy.embedded import EmbeddedPolicy
from guard.policy.serving import FixedPolicies, InProcess
from guard.runtime.admission import Admission
from guard.runtime.inquiry import Inquiries
from guard.runtime.trial import Trial
from guard.scan.engine import PatternEngine
from tests.runtime.world import Ledger
from tests.security.window_model import THRESHOLD, Lexicon, text_classifier

POLICIES = Path(__file__).parents[2] / "policies"
SECRET = "client-secret"
KEY = Key(hashlib.sha256(SECRET.encode()).hexdigest(), Identity("acme", "app1", "free"))
BOTH = ("injection", "unsafe")


@cache
def starter_policy() -> EmbeddedPolicy:
    """Read once: it remembers no request."""
    return EmbeddedPolicy(POLICIES)


@asynccontextmanager
async def service(
    engine: PatternEngine,
    *,
    runner: Lexicon | None = None,
    names: Sequence[str] = BOTH,
    keys: Sequence[Key] = (),
    body_bytes: int = 1 << 20,
    exchanges: int = 8,
    patience_s: float = 20.0,
    ledger: Ledger | None = None,
    tiers: TierBook | None = None,
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of it."""
    vaults = Vaults(Keyring(b"a secret of the tests"))
    inquiries = Inquiries(ledger or Ledger(), BookRater(Book("v1", ())), tiers, MemoryCounters())
    door = Door(Admission(keys, exchanges), body_bytes)
    async with text_classifier(runner or Lexicon(), names, patience_s=patience_s) as classifier:
        app = Litestar(
            route_handlers=[
                check_route(
                    door, Trial((engine,), classifier, FixedPolicies(InProcess(starter_policy())), vaults), inquiries
                ),
                moderation_route(door, classifier, THRESHOLD, inquiries),
                openapi_route(),
            ],
            exception_handlers=HANDLERS,
            openapi_config=None,
        )
        transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://guard", timeout=60) as client:
            yield client


def failed(answer: httpx.Response) -> tuple[int, str, str]:
    """Status, code and message of an error in OpenAI's form, which names its exchange."""
    error: dict[str, Any] = answer.json()["error"]
    assert answer.headers["content-type"] == "application/json"
    assert error["exchange"] == answer.headers["x-guard-exchange"]
    assert {"message", "type", "param", "code"} <= set(error)
    return answer.status_code, error["code"], error["message"]
