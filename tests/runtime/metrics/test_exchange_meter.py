"""Exchanges are counted once, by labels that strangers can't multiply."""

from typing import Any

import msgspec
import pytest

from guard.core.entry import Closing, Opening, Status
from guard.core.usage import Usage
from guard.dialects.mark import FORM_ALONE
from guard.runtime.metrics.exchange import ExchangeMeter
from guard.runtime.metrics.label import Labels
from tests.metering.exchanges import closing, opening

Samples = dict[tuple[str, tuple[str, ...]], float]


def meter(*labels: str, most: int = 10) -> ExchangeMeter:
    return ExchangeMeter(Labels(labels, most, FORM_ALONE.is_mark))


def serve(one: ExchangeMeter, exchange: str = "01A", model: str = "m", **more: Any) -> None:
    one.open(opening(exchange, model))
    one.close(msgspec.structs.replace(closing(exchange), **more))


def samples(one: ExchangeMeter) -> Samples:
    return {(s.name, tuple(s.labels.values())): s.value for family in one.families() for s in family.samples}


def test_every_class_of_tokens_is_summed_and_unknown_ones_add_nothing() -> None:
    one = meter("model")
    serve(one, usage=Usage(prompt=11, cached=3, completion=7, reasoning=2, tool=1), guard_tokens=9, withheld=1)
    serve(one, usage=Usage(prompt=5, cached=None, completion=0), withheld=0)
    found = samples(one)
    classes = ("prompt", "cached", "audio", "image", "completion", "reasoning", "tool", "withheld", "guard")
    assert [found["guard_tokens_total", ("m", name)] for name in classes] == [16, 3, 0, 0, 7, 2, 1, 1, 9]


def test_no_price_is_not_zero() -> None:
    one = meter("model")
    serve(one, cost_nanousd=1_500, price_version="v1")
    serve(one, cost_nanousd=0, price_version="v1")
    serve(one, cost_nanousd=None, price_version="v1")
    found = samples(one)
    assert found["guard_cost_nanousd_total", ("m",)] == 1_500
    assert found["guard_unpriced_exchanges_total", ("m",)] == 1


def test_without_a_price_book_nothing_is_said_of_cost() -> None:
    one = meter("model")
    serve(one)
    names = {name for name, _ in samples(one)}
    assert not names & {"guard_cost_nanousd_total", "guard_unpriced_exchanges_total"}


def test_a_model_that_only_ever_had_no_price_has_no_cost_and_not_zero() -> None:
    one = meter("model")
    serve(one, price_version="v1")
    found = samples(one)
    assert found["guard_unpriced_exchanges_total", ("m",)] == 1
    assert ("guard_cost_nanousd_total", ("m",)) not in found


@pytest.mark.parametrize(
    ("status", "reason", "errors"),
    [
        (Status.COMPLETED, "", {}),
        (Status.COMPLETED, "budget", {}),
        (Status.BLOCKED, "content_filter", {"content_filter": 1}),
        (Status.ABORTED, "client_left", {"client_left": 1}),
        (Status.FAILED, "backend_timeout", {"backend_timeout": 1}),
    ],
)
def test_how_it_ended(status: Status, reason: str, errors: dict[str, int]) -> None:
    one = meter()
    serve(one, status=status, reason=reason)
    found = samples(one)
    assert found["guard_exchanges_total", (status.value,)] == 1
    assert {of[0]: n for (name, of), n in found.items() if name == "guard_errors_total"} == errors


def test_findings_decision_and_source() -> None:
    one = meter()
    serve(one)
    found = samples(one)
    assert found["guard_findings_total", ("EMAIL_ADDRESS",)] == found["guard_findings_total", ("URL",)] == 1
    assert found["guard_decisions_total", ("redact",)] == 1
    assert found["guard_usage_source_exchanges_total", ("provider",)] == 1


def test_what_served_it_counts_and_not_what_was_asked_for() -> None:
    one = meter("model", "backend", "tier", "tenant", "dialect")
    serve(one, model="asked")
    one.open(opening("01B", "asked"))
    one.close(msgspec.structs.replace(closing("01B"), model="served", backend="gpu"))
    found = samples(one)
    assert found["guard_exchanges_total", ("served", "gpu", "mid", "acme", "openai.chat", "completed")] == 1


def test_what_failed_makes_no_series_of_its_own() -> None:
    one = meter("model")
    serve(one, model="made-up", status=Status.FAILED, reason="not_found")
    serve(one, model="real")
    serve(one, model="real", status=Status.FAILED, reason="backend_timeout")
    assert {of for name, of in samples(one) if name == "guard_exchanges_total"} == {
        ("other", "failed"), ("real", "completed"), ("real", "failed"),
    }  # fmt: skip


@pytest.mark.parametrize("status", [Status.BLOCKED, Status.ABORTED])
def test_what_was_never_answered_makes_no_series_of_its_own(status: Status) -> None:
    """Anybody can make up a model and have the prompt blocked, or leave at once."""
    one = meter("model")
    serve(one, model="made-up", status=status, usage=Usage(prompt=9, completion=0))
    serve(one, model="real", status=status, usage=Usage(prompt=9, completion=1))
    serve(one, model="embeds", status=Status.COMPLETED, usage=Usage(prompt=9, completion=0))
    assert {of[0] for name, of in samples(one) if name == "guard_exchanges_total"} == {"other", "real", "embeds"}


def test_sets_of_labels_have_a_bound_and_sums_stay_right() -> None:
    one = meter("model", most=3)
    for number in range(50):
        serve(one, model=f"m{number}", usage=Usage(prompt=1, completion=0))
    prompts = {of[0]: n for (name, of), n in samples(one).items() if name == "guard_tokens_total" and of[1] == "prompt"}
    assert prompts == {"m0": 1, "m1": 1, "m2": 1, "other": 47}


@pytest.mark.parametrize("model", ["jane.doe@example.com", "4111 1111 1111 1111", "a b c", "x" * 300, ""])
def test_a_model_that_is_no_name_is_not_shown(model: str) -> None:
    one = meter("model")
    serve(one, model=model)
    shown = {of[0] for name, of in samples(one) if name == "guard_exchanges_total"}
    assert shown == ({"other"} if model else {""})


def test_durations_in_buckets() -> None:
    one = meter("model")
    serve(one, first_ms=30.0, total_ms=330.0, usage=Usage(prompt=1, completion=12), withheld=1, queued_ms=15.0)
    found = samples(one)
    chat = "chat", "m"
    assert found["gen_ai_server_request_duration_seconds_bucket", (*chat, "0.32")] == 0
    assert found["gen_ai_server_request_duration_seconds_bucket", (*chat, "0.64")] == 1
    assert found["gen_ai_server_time_to_first_token_seconds_bucket", (*chat, "0.02")] == 0
    assert found["gen_ai_server_time_to_first_token_seconds_bucket", (*chat, "0.04")] == 1
    assert found["gen_ai_server_time_per_output_token_seconds_sum", chat] == pytest.approx(0.03)
    assert found["guard_queue_wait_seconds_bucket", ("local", "0.02")] == 1


def test_an_answer_that_nobody_got_has_no_first_token() -> None:
    one = meter()
    serve(one, first_ms=None)
    names = {name for name, _ in samples(one)}
    assert "gen_ai_server_request_duration_seconds_count" in names
    assert samples(one)["gen_ai_server_time_to_first_token_seconds_count", ("chat",)] == 0


def test_open_exchanges_are_those_that_are_not_over() -> None:
    one = meter()
    first: Opening = opening("01A")
    again: Closing = closing("01A")
    one.open(first)
    one.open(opening("01B"))
    assert samples(one)["guard_exchanges_open", ()] == 2
    one.close(again)
    one.close(again)  # told twice
    assert samples(one)["guard_exchanges_open", ()] == 1
    assert samples(one)["guard_exchanges_total", ("completed",)] == 1
