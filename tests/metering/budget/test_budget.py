"""A budget is reserved, settled and released; what is left bounds the answer; nothing is lost and nothing overrun."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.core.budget import Spending
from guard.core.facts import BudgetFacts, Identity
from guard.core.usage import Usage
from guard.errors import BudgetExhausted, Unpriced
from guard.metering.budget.budget import Scope, Unit
from guard.metering.budget.period import Period
from guard.metering.budget.purse import BudgetPurse
from tests.metering.budget.spender import ACME, NOON, OTHER, Spender, budget, claim

HOUR_MS = 3_600_000


@pytest.mark.parametrize(
    ("scope", "labels", "subject"),
    [
        (Scope(tenant="*"), {}, "tenant=acme"),
        (Scope(tenant="acme"), {}, "tenant=acme"),
        (Scope(tenant="other"), {}, None),
        (Scope(key="app1"), {}, "key=app1"),
        (Scope(tier="free", tenant="*"), {}, "tenant=acme,tier=free"),
        (Scope(tier="premium", tenant="*"), {}, None),
        (Scope(label="team"), {"team": "blue"}, "team=blue"),
        (Scope(label="team=blue"), {"team": "blue"}, "team=blue"),
        (Scope(label="team=red"), {"team": "blue"}, None),
        (Scope(label="team"), {}, None),
        (Scope(), {}, ""),
    ],
)
def test_whose_budget_it_is(scope: Scope, labels: dict[str, str], subject: str | None) -> None:
    assert scope.subject(ACME, labels) == subject


@pytest.mark.parametrize(
    ("period", "label", "begin_ms", "end_ms"),
    [
        (Period("day"), "2025-11-25", NOON - 12 * HOUR_MS, NOON + 12 * HOUR_MS),
        (Period("month"), "2025-11", NOON - (24 * 24 + 12) * HOUR_MS, NOON + (5 * 24 + 12) * HOUR_MS),
        (Period("hours", 5), "", NOON - 5 * HOUR_MS, NOON + 5 * HOUR_MS),
    ],
)
def test_the_times_of_periods(period: Period, label: str, begin_ms: int, end_ms: int) -> None:
    assert (period.label(NOON), period.begin_ms(NOON), period.end_ms(NOON)) == (label, begin_ms, end_ms)


async def test_what_is_asked_for_is_reserved_and_what_was_not_used_is_given_back() -> None:
    spender = Spender(budget(1000))

    purse = await spender.book.reserve(claim(answer=50, prompt=10))
    assert (purse.answer_tokens, purse.name, spender.used()) == (50, "b", 60)

    purse.settle(Usage(prompt=8, completion=20), None)
    assert spender.used() == 28
    purse.settle(Usage(prompt=8, completion=20), None)
    purse.release()
    assert spender.used() == 28


async def test_what_is_released_was_never_spent() -> None:
    spender = Spender(budget(1000))
    (await spender.book.reserve(claim())).release()
    assert spender.used() == 0


async def test_what_is_left_bounds_the_answer_and_then_nothing_is() -> None:
    spender = Spender(budget(100))
    await spender.book.reserve(claim(answer=60, prompt=10))

    purse = await spender.book.reserve(claim(answer=60, prompt=10))
    assert purse.answer_tokens == 20
    with pytest.raises(BudgetExhausted, match="the budget b ") as refused:
        await spender.book.reserve(claim(answer=1, prompt=0))
    assert refused.value.retry_after_s == 1  # what is reserved may be free in a moment
    assert spender.used() == 100


async def test_what_is_spent_comes_back_with_the_next_day() -> None:
    spender = Spender(budget(100))
    (await spender.book.reserve(claim())).settle(Usage(prompt=10, completion=85), None)

    with pytest.raises(BudgetExhausted) as refused:
        await spender.book.reserve(claim())
    assert refused.value.retry_after_s == 12 * 3600

    spender.now += 12 * HOUR_MS
    tomorrow = await spender.book.reserve(claim().__class__("02X", ACME, {}, "m", 10, 50, 1, spender.now))
    assert tomorrow.answer_tokens == 50


async def test_choices_need_a_token_each() -> None:
    spender = Spender(budget(14))
    with pytest.raises(BudgetExhausted):
        await spender.book.reserve(claim(prompt=10, least=5))
    assert (await spender.book.reserve(claim(prompt=10, least=4))).answer_tokens == 4


async def test_an_answer_that_nothing_bounds_is_reserved_as_the_budget_says() -> None:
    spender = Spender(budget(1000, answer_tokens=70), budget(1000, name="c", answer_tokens=90))
    assert (await spender.book.reserve(claim(answer=None))).answer_tokens == 70


async def test_the_scarcest_of_several_budgets_bounds_and_a_refusal_takes_of_none() -> None:
    spender = Spender(budget(1000), budget(40, name="k", scope=Scope(key="app1")))

    purse = await spender.book.reserve(claim(answer=50, prompt=10))
    assert (purse.answer_tokens, purse.name) == (30, "k")
    assert spender.used() == 40
    with pytest.raises(BudgetExhausted, match="budget k "):
        await spender.book.reserve(claim())
    assert spender.used() == 40
    assert (await spender.book.reserve(claim(who=Identity("acme", "app9", "free")))).name == "b"


async def test_each_tenant_has_a_budget_of_its_own() -> None:
    spender = Spender(budget(60))
    assert (await spender.book.reserve(claim())).answer_tokens == 50
    assert (await spender.book.reserve(claim(who=OTHER))).answer_tokens == 50


async def test_money_is_reserved_for_the_dearest_tokens_and_settled_by_what_it_cost() -> None:
    spender = Spender(budget(1000, Unit.NANOUSD))

    purse = await spender.book.reserve(claim(answer=30, prompt=10))
    assert (purse.answer_tokens, spender.used()) == (30, 10 * 2 + 30 * 20)
    second = await spender.book.reserve(claim(answer=30, prompt=10))
    assert (second.answer_tokens, spender.used()) == (18, 1000)
    purse.settle(Usage(prompt=10, completion=30), 320)
    assert spender.used() == 320 + 380


async def test_what_has_no_price_is_not_bounded_by_a_hard_budget_in_dollars() -> None:
    spender = Spender(budget(1000, Unit.NANOUSD))
    with pytest.raises(Unpriced):
        await spender.book.reserve(claim(model="other"))
    soft = Spender(budget(1000, Unit.NANOUSD, hard=False))
    assert (await soft.book.reserve(claim(model="other"))).answer_tokens is None


async def test_a_soft_budget_only_warns() -> None:
    spender = Spender(budget(100, hard=False))
    for _ in range(3):
        purse = await spender.book.reserve(claim(answer=50))
        assert purse.answer_tokens is None
        purse.settle(Usage(prompt=10, completion=50), None)
    assert (spender.used(), spender.told) == (180, [(0.8, 120), (1.0, 120)])


async def test_each_threshold_is_told_once_in_a_period_and_so_is_the_first_refusal() -> None:
    spender = Spender(budget(100))
    spent = 0
    for tokens in (40, 39, 1, 10):
        (await spender.book.reserve(claim(answer=tokens, prompt=0))).settle(Usage(completion=tokens), None)
        spent += tokens
    assert spender.told == [(0.8, 80)]
    (await spender.book.reserve(claim(answer=10, prompt=0))).settle(Usage(completion=10), None)
    for _ in range(2):
        with pytest.raises(BudgetExhausted):
            await spender.book.reserve(claim())
    assert spender.told == [(0.8, 80), (1.0, 100), (None, 100)]
    assert [alarm.what for alarm in spender.alarms] == ["threshold", "threshold", "exhausted"]
    assert len({alarm.id for alarm in spender.alarms}) == 3
    assert (spender.alarms[0].subject, spender.alarms[0].period) == ("tenant=acme", "2025-11-25")


async def test_reservations_raise_no_alarm_by_themselves() -> None:
    spender = Spender(budget(100))
    purses = [await spender.book.reserve(claim(answer=15, prompt=10)) for _ in range(4)]
    assert spender.used() == 100
    for purse in purses:
        purse.settle(Usage(prompt=10, completion=5), None)
    assert spender.told == []


async def test_a_budget_that_rolls_is_free_again_when_the_hours_are_over() -> None:
    spender = Spender(budget(100, per=Period("hours", 1)))
    (await spender.book.reserve(claim(answer=90))).settle(Usage(prompt=10, completion=90), None)
    spender.now += HOUR_MS // 2
    with pytest.raises(BudgetExhausted) as refused:
        await spender.book.reserve(claim())
    assert refused.value.retry_after_s is not None
    spender.now += refused.value.retry_after_s * 1000
    (await spender.book.reserve(claim(answer=90))).settle(Usage(prompt=10, completion=90), None)
    assert [threshold for threshold, _ in spender.told] == [0.8, 1.0, None, 0.8, 1.0]


async def test_the_policy_is_told_what_is_left() -> None:
    spender = Spender(
        budget(100),
        budget(5000, Unit.NANOUSD, name="c"),
        budget(9, name="l", scope=Scope(label="team")),
    )
    assert await spender.book.left(ACME) == BudgetFacts(100, 5000, "b")
    (await spender.book.reserve(claim())).settle(Usage(prompt=10, completion=10), 4500)
    assert await spender.book.left(ACME) == BudgetFacts(80, 500, "c")
    assert await Spender().book.left(ACME) == BudgetFacts()


async def test_what_was_spent_before_the_start_counts() -> None:
    spender = Spender(budget(100), budget(1000, Unit.NANOUSD, Period("hours", 2), name="c"))
    rows = [
        Spending(ACME, {}, 30, 300, NOON - 1 * HOUR_MS),
        Spending(ACME, {}, 20, 200, NOON - 3 * HOUR_MS),
        Spending(ACME, {}, 5000, 5000, NOON - 13 * HOUR_MS),
        Spending(OTHER, {}, 7, 70, NOON),
    ]
    assert spender.book.since_ms() == NOON - 12 * HOUR_MS
    spender.counters.note(spender.book.claims_of(rows), "")
    assert await spender.book.left(ACME) == BudgetFacts(50, 700, "b")
    assert await spender.book.left(OTHER) == BudgetFacts(93, 930, "b")


_STEP = st.one_of(
    st.tuples(st.just("reserve"), st.integers(0, 60), st.integers(0, 20)),
    st.tuples(st.just("settle"), st.integers(0, 40), st.integers(0, 100)),
    st.tuples(st.just("release"), st.integers(0, 40), st.just(0)),
)


@given(st.integers(1, 300), st.lists(_STEP, max_size=60))
async def test_spent_and_reserved_never_exceed_the_budget_and_nothing_is_lost(
    limit: int, steps: list[tuple[str, int, int]]
) -> None:
    spender = Spender(budget(limit))
    running: list[tuple[BudgetPurse, int]] = []
    spent = 0
    for what, one, other in steps:
        if what == "reserve":
            try:
                purse = await spender.book.reserve(claim(answer=one, prompt=other, least=0))
            except BudgetExhausted:
                assert spent + sum(held for _, held in running) + other > limit
            else:
                assert purse.answer_tokens is not None
                running.append((purse, other + purse.answer_tokens))
        elif running:
            purse, held = running.pop(one % len(running))
            if what == "release":
                purse.release()
            else:
                tokens = held * other // 100
                purse.settle(Usage(prompt=tokens, completion=0), None)
                spent += tokens
        assert spender.used() == spent + sum(held for _, held in running) <= limit


async def test_figures_tell_the_running_period_and_the_fullest_first() -> None:
    spender = Spender(budget(limit=1000), budget(limit=100, name="small"))
    purse = await spender.book.reserve(claim(answer=50))
    await spender.book.reserve(claim(answer=10, who=OTHER))
    purse.settle(Usage(prompt=10, completion=20), None)
    found = [(one.name, one.subject, one.spent, one.reserved, one.limit) for one in spender.book.figures(3)]
    assert found == [
        ("small", "tenant=acme", 30, 0, 100),
        ("small", "tenant=other", 0, 20, 100),
        ("b", "tenant=acme", 30, 0, 1000),
    ]
    spender.now += 24 * HOUR_MS
    assert spender.book.figures(3) == ()
