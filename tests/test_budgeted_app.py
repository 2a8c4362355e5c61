"""Guard with budgets in its configuration, as a whole: what the ledger has is recalled, and a spent budget refuses."""

import time
from pathlib import Path

import httpx
import msgspec

from guard.app import build_app
from guard.config import InferenceSettings, demo_settings
from guard.config.budget import BudgetScopeSettings, BudgetSettings
from guard.core.entry import Closing, Opening, Status
from guard.core.usage import Usage, UsageSource
from guard.metering.ledger.ledger import SqlLedger
from guard.metering.ledger.options import LedgerOptions

POLICIES = Path(__file__).parents[1] / "policies"
REQUEST = {"model": "m", "max_tokens": 10, "messages": [{"role": "user", "content": "hello"}]}


def spend(url: str, tokens: int) -> None:
    """Writes an exchange of the caller without a key into the ledger."""
    ledger = SqlLedger(LedgerOptions(url=url))
    ledger.start()
    now = time.time_ns() // 1_000_000
    ledger.open(Opening("01A", "default", "none", "default", "openai.chat", "m", "local", False, now))
    usage = Usage(prompt=0, completion=tokens)
    ledger.close(Closing("01A", Status.COMPLETED, "", usage, UsageSource.PROVIDER, 0, 1.0, 2.0))
    ledger.stop()


async def test_what_was_spent_before_the_start_is_not_spent_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/guard.db"
    each = BudgetSettings(name="tenants", scope=BudgetScopeSettings(tenant="*"), tokens=1000, per="month")
    settings = msgspec.structs.replace(
        demo_settings("http://127.0.0.1:9/v1", POLICIES),
        ledger=url,
        budgets=(each,),
        inference=InferenceSettings(classifiers=()),
    )
    spend(url, 995)

    app = build_app(settings)
    transport = httpx.ASGITransport(app=app)  # type: ignore[arg-type]
    async with app.lifespan(), httpx.AsyncClient(transport=transport, base_url="http://guard") as client:
        answer = await client.post("/v1/chat/completions", json=REQUEST)

    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "budget_exhausted")
    assert "budget tenants " in answer.json()["error"]["message"]
    assert int(answer.headers["retry-after"]) > 0
