"""The page is one that Prometheus reads, in either of its formats, and docs/metrics.md lists what is on it."""

import re
from pathlib import Path

import msgspec
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_open
from prometheus_client.parser import text_string_to_metric_families as read_plain

from guard.core.audit_figures import WriterFigures
from guard.core.budget import BudgetFigures
from guard.core.energy_figures import EnergyFigures, PoolFigures
from guard.core.entry import Status
from guard.core.facts import Identity
from guard.core.grant import Key
from guard.core.policy_status import PolicyStatus
from guard.core.record import Timings
from guard.core.server_figures import ServerFigures
from guard.dialects.mark import FORM_ALONE
from guard.errors import Unauthorized
from guard.inference.batcher import BatchReport
from guard.metering.ledger.ledger import LedgerHealth
from guard.runtime.admission import Admission
from guard.runtime.answers import Answers
from guard.runtime.metrics.exchange import ExchangeMeter
from guard.runtime.metrics.exposition import OPEN, PLAIN, Exposition
from guard.runtime.metrics.label import Labels
from guard.runtime.metrics.machine import energy_families, model_families
from guard.runtime.metrics.service import Services
from guard.runtime.metrics.stage import StageMeter
from guard.runtime.model_figures import ModelGauge
from guard.runtime.turnstile import Turnstile
from tests.metering.exchanges import closing, opening

PAGE = (Path(__file__).parents[3] / "docs/metrics.md").read_text()
POOL = PoolFigures("h100", "dcgm", "v1", 10, {"stale": 3}, 9_000, 2_000, 7_000, 70, 310.0, 60.0, 1, "")
OUTCOMES = {"delivered": 4, "failures": 1, "given_up": 0, "dropped": 0}


class Held:
    withheld_chars = 42


async def services() -> Services:
    answers, admission = Answers(), Admission((Key("0" * 64, Identity("acme", "app1", "mid")),), 8)
    with pytest.raises(Unauthorized):
        await admission.identify("")
    answers.add(Held())
    return Services(
        admission=admission,
        answers=answers,
        turnstile=Turnstile({"gpu": 2}),
        ledger=lambda: LedgerHealth(healthy=False, waiting=5, lost=1, error="x"),
        problems=lambda: ("ledger",),
        parts=("ledger", "policy"),
        policies=lambda: PolicyStatus(generation="g1", revision="r1", since="", source="", reloads=2, refused=1),
        approvals=lambda: {"waiting": 3, "approved": 7},
        writers=lambda: (WriterFigures("stdout", 9, 2, 1, ""),),
        budgets=lambda: (BudgetFigures("b", "tenant=acme", "tokens", 1000, 400, 50),),
        webhooks={"approval": lambda: {"queued": 1, **OUTCOMES}},
        opa=lambda: ServerFigures("closed", "g", (), {"answered": 6}, 1.5, 0.5),
    )


async def exposition() -> Exposition:
    meter, gauge = ExchangeMeter(Labels(("model", "backend"), 10, FORM_ALONE.is_mark)), ModelGauge()
    meter.open(opening("01A"))
    meter.close(msgspec.structs.replace(closing("01A"), cost_nanousd=5, price_version="v1"))
    meter.open(opening("01B"))
    meter.close(closing("01B", status=Status.FAILED))
    known = await services()
    gauge.observe("injection", BatchReport(windows=2, tokens=30, padding=0.25, wait_s=0.1, run_s=0.2, failed=1))
    stages = StageMeter()
    stages.observe(Timings(read_ms=0.4, policy_ms=3.0, total_ms=900.0))
    figures = EnergyFigures((POOL,), 500, "rapl", 0, 0)
    return Exposition(
        [
            meter.families,
            stages.families,
            known.families,
            lambda: model_families(gauge),
            lambda: energy_families(lambda: figures),
        ]
    )


async def test_both_formats_say_the_same() -> None:
    plain, plain_type = await (await exposition()).page("text/plain;version=0.0.4")
    opened, open_type = await (await exposition()).page("application/openmetrics-text;version=1.0.0,text/plain;q=0.5")
    assert (plain_type, open_type) == (PLAIN, OPEN)
    first = {(s.name, *s.labels.items()): s.value for f in read_plain(plain.decode()) for s in f.samples}
    second = {(s.name, *s.labels.items()): s.value for f in read_open(opened.decode()) for s in f.samples}
    assert len(first) > 100
    assert {key: n for key, n in first.items() if not key[0].startswith("process_")} == {
        key: n for key, n in second.items() if not key[0].startswith("process_")
    }


@pytest.mark.parametrize("accept", ["application/openmetrics-text; version=9.x\r\nset-cookie: a", "\0", ""])
async def test_what_a_scraper_accepts_is_not_repeated(accept: str) -> None:
    _, content_type = await (await exposition()).page(accept)
    assert content_type in (PLAIN, OPEN)


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("guard_places", {"used": 0, "limit": 8}),
        ("guard_held_chars", {"": 42}),
        ("guard_answers_running", {"": 1}),
        ("guard_queue_waiting", {"gpu": 0}),
        ("guard_part_healthy", {"ledger": 0, "policy": 1}),
        ("guard_ledger_notes", {"": 5}),
        ("guard_ledger_lost_notes_total", {"": 1}),
        ("guard_approvals_waiting", {"": 3}),
        ("guard_approvals_total", {"approved": 7}),
        ("guard_budget_spent", {"b tenant=acme tokens": 400}),
        ("guard_budget_limit", {"b tenant=acme tokens": 1000}),
        ("guard_budget_reserved", {"b tenant=acme tokens": 50}),
        ("guard_webhook_events_queued", {"approval": 1}),
        ("guard_decision_records_total", {"written stdout": 9, "lost stdout": 1}),
        ("guard_policy_reloads_total", {"taken": 2, "refused": 1}),
        ("guard_opa_questions_total", {"answered": 6}),
        ("guard_model_tokens_total", {"injection": 30}),
        ("guard_energy_joules_total", {"all h100": 9, "idle h100": 2, "work h100": 7}),
        ("guard_energy_intervals_total", {"settled h100": 7, "stale h100": 3}),
        ("guard_energy_own_joules_total", {"rapl": 0.5}),
        (
            "guard_stage_duration_seconds_sum",
            {"read": 0.0004, "classify": 0, "names": 0, "policy": 0.003, "queue": 0, "backend": 0},
        ),
    ],
)
async def test_figures_of_services(line: str, value: dict[str, float]) -> None:
    page, _ = await (await exposition()).page("")
    found = [s for family in read_plain(page.decode()) for s in family.samples if s.name == line]
    assert {" ".join(s.labels.values()): s.value for s in found} == value


async def test_the_docs_list_every_metric_with_its_type() -> None:
    page, _ = await (await exposition()).page("")
    shown = {
        family.name + "_total" * (family.type == "counter"): family.type
        for family in read_plain(page.decode())
        if family.name.startswith(("guard_", "gen_ai_"))
    }
    listed = dict(re.findall(r"^\| `(\w+)` \| (counter|gauge|histogram) \|", PAGE, re.MULTILINE))
    assert listed == shown


def test_the_docs_ask_for_nothing_that_there_is_not() -> None:
    listed = set(re.findall(r"^\| `(\w+)` \| (?:counter|gauge|histogram) \|", PAGE, re.MULTILINE))
    _, _, asked = PAGE.partition("## What to watch")
    named = {name.removesuffix("_bucket") for name in re.findall(r"\b(?:guard|gen_ai)_\w+", asked)}
    assert named
    assert named - listed == set()
