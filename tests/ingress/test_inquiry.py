"""A check is accounted for: who asked, what it came to, what models read; at no cost, for no backend was asked."""

import pytest

from guard.core.entry import Closing, Opening, Status
from guard.core.tier import Tier
from guard.core.usage import Usage
from guard.metering.tier.book import TierBook
from guard.scan.engine import PatternEngine
from tests.ingress.service import KEY, SECRET, service
from tests.ingress.test_check import MAIL
from tests.runtime.world import Ledger
from tests.security.window_model import Lexicon


async def asked(
    engine: PatternEngine, path: str, given: object, runner: Lexicon | None = None
) -> tuple[Opening, Closing]:
    ledger = Ledger()
    headers = {"authorization": f"Bearer {SECRET}"}
    async with service(engine, keys=(KEY,), ledger=ledger, runner=runner) as client:
        answer = await client.post(path, json={"input": given}, headers=headers)
    (opening,), (closing,) = ledger.openings, ledger.closings
    assert opening.exchange == closing.exchange == answer.headers["x-guard-exchange"]
    return opening, closing


@pytest.mark.parametrize(
    ("path", "dialect", "model"),
    [("/v1/guard/check", "guard.check", ""), ("/v1/moderations", "openai.moderations", "guard-unsafe")],
)
async def test_a_call_has_an_account(engine: PatternEngine, path: str, dialect: str, model: str) -> None:
    runner = Lexicon()
    opening, closing = await asked(engine, path, ["calm odd", "odd odd odd"], runner)

    assert (opening.tenant, opening.key, opening.tier) == ("acme", "app1", "free")
    assert (opening.dialect, opening.model, opening.backend) == (dialect, model, "")
    assert (closing.status, closing.reason) == (Status.COMPLETED, "")
    assert closing.guard_tokens == sum(2 + len(window) for window in runner.windows) > 0
    assert (closing.usage, closing.cost_nanousd) == (Usage(prompt=0, completion=0), 0)


@pytest.mark.parametrize(
    ("texts", "decision", "types"),
    [
        (["calm"], "allow", ()),
        (["calm", MAIL], "redact", ("EMAIL_ADDRESS",)),
        ([MAIL, "calm attack"], "block", ("EMAIL_ADDRESS", "INJECTION_OVERRIDE")),
    ],
)
async def test_the_strongest_decision_is_kept(
    engine: PatternEngine, texts: list[str], decision: str, types: tuple[str, ...]
) -> None:
    _, closing = await asked(engine, "/v1/guard/check", texts)

    assert closing.decision == decision
    assert set(types) <= set(closing.findings)


@pytest.mark.parametrize("path", ["/v1/guard/check", "/v1/moderations"])
async def test_a_call_that_fails_is_closed_with_its_error(engine: PatternEngine, path: str) -> None:
    _, closing = await asked(engine, path, [])

    assert closing.status is Status.FAILED
    assert closing.reason == "malformed_request"


async def test_checks_and_moderations_count_as_requests_of_the_tier(engine: PatternEngine) -> None:
    ledger, tiers = Ledger(), TierBook([Tier("free", requests_per_min=2)])
    headers = {"authorization": f"Bearer {SECRET}"}
    async with service(engine, keys=(KEY,), ledger=ledger, tiers=tiers) as client:
        paths = ["/v1/guard/check", "/v1/moderations", "/v1/guard/check"]
        answers = [await client.post(path, json={"input": "calm"}, headers=headers) for path in paths]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["x-ratelimit-remaining-requests"] for answer in answers] == ["1", "0", "0"]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert [closing.reason for closing in ledger.closings] == ["", "", "rate_limit_exceeded"]


async def test_a_check_gives_its_place_back(engine: PatternEngine) -> None:
    tiers = TierBook([Tier("free", concurrency=1)])
    headers = {"authorization": f"Bearer {SECRET}"}
    bodies: list[dict[str, str]] = [{"input": "calm"}, {}, {"input": "calm"}]
    async with service(engine, keys=(KEY,), tiers=tiers) as client:
        answers = [await client.post("/v1/guard/check", json=body, headers=headers) for body in bodies]

    assert [answer.status_code for answer in answers] == [200, 400, 200]
