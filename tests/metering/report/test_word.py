"""The words that a report is asked in: what they mean, and what is refused with its cure."""

from datetime import UTC, datetime

import pytest

from guard.errors import RequestError
from guard.metering.report.dimension import NAMES, PUBLIC, Dimension, parse_dimensions, parse_filters
from guard.metering.report.moment import CURE, moment_ms

NOW_MS = int(datetime(2026, 11, 25, 12, tzinfo=UTC).timestamp()) * 1000


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", []),
        ("  ", []),
        ("tenant", ["tenant"]),
        ("tenant, model ,tier", ["tenant", "model", "tier"]),
        ("label:team,day", ["label:team", "day"]),
        ("label:über a=b", ["label:über a=b"]),
    ],
)
def test_dimensions_are_named_with_commas(text: str, named: list[str]) -> None:
    assert [one.title for one in parse_dimensions(text)] == named


@pytest.mark.parametrize(
    "text",
    [
        "tenants",
        "tenant,tenant",
        "tenant,",
        "label:",
        'label:a"b',
        "label:a\\b",
        "label:a\nb",
        "label:" + "x" * 300,
        "started_ms",
        "tenant;model",
        "tenant,key,tier,model,dialect,status,day,reason,hour,month,price_version",
    ],
)
def test_what_is_no_dimension_is_refused(text: str) -> None:
    with pytest.raises(RequestError, match=r"tenant, key, tier.*label:NAME"):
        parse_dimensions(text)


def test_a_tenant_sees_no_backends() -> None:
    assert set(NAMES) - set(PUBLIC) == {"backend"}
    with pytest.raises(RequestError):
        parse_dimensions("backend", PUBLIC)
    with pytest.raises(RequestError):
        parse_filters(["backend=b"], PUBLIC)


def test_filters_name_a_dimension_and_a_value() -> None:
    found = parse_filters(["tenant=acme", "label:team=a=b", "model="])
    assert [(one.dimension, one.value) for one in found] == [
        (Dimension("tenant"), "acme"),
        (Dimension("label", "team"), "a=b"),
        (Dimension("model"), ""),
    ]


@pytest.mark.parametrize("texts", [["tenant"], ["=x"], ["who=x"], ["tenant=" + "x" * 300], ["tenant=\0"], ["a=b"] * 17])
def test_what_is_no_filter_is_refused(texts: list[str]) -> None:
    with pytest.raises(RequestError):
        parse_filters(texts)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2d", datetime(2026, 11, 23, 12, tzinfo=UTC)),
        ("3h", datetime(2026, 11, 25, 9, tzinfo=UTC)),
        ("90m", datetime(2026, 11, 25, 10, 30, tzinfo=UTC)),
        ("2026-11-01", datetime(2026, 11, 1, tzinfo=UTC)),
        ("2026-11-01T02:30", datetime(2026, 11, 1, 2, 30, tzinfo=UTC)),
        ("2026-11-01T02:30+02:00", datetime(2026, 11, 1, 0, 30, tzinfo=UTC)),
    ],
)
def test_moments_are_ago_or_dates(text: str, moment: datetime) -> None:
    assert moment_ms(text, NOW_MS) == int(moment.timestamp()) * 1000


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "7", "7w", "-7d", "1e3d", "٣d", "2026-13-01", "999999d", "1969-12-31"],
)
def test_what_is_no_moment_is_refused_with_the_cure(text: str) -> None:
    with pytest.raises(ValueError) as caught:
        moment_ms(text, NOW_MS)
    assert str(caught.value) == CURE
