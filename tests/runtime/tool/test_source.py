"""Where arguments come from: values that stand in an earlier message are found there, however they are written."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest

from guard.core.tool_facts import SourceFacts
from guard.runtime.tool.argument import Arguments
from guard.runtime.tool.source import MOST_CHARS, MOST_SOURCES, Sources, Told


def of(told: Sequence[Told], arguments: str) -> tuple[SourceFacts, ...]:
    return asyncio.run(Sources(told).of(Arguments(arguments)))


def sources(arguments: Any, *told: Told) -> list[tuple[str, str]]:
    """Path and tool (or role) of each source."""
    found = of(told, json.dumps(arguments))
    return [(one.path, one.tool or one.source) for one in found]


def web(text: str, untrusted: bool = False) -> Told:
    return Told(text, "tool", "read_web", untrusted)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("quarterly figures", "Here are the Quarterly  Figures, as asked."),
        ("quarterly figures", "Here are the ｑｕａｒｔｅｒｌｙ\u200b figures."),
        ("ann@example.com", "write to ann@example.com."),
        ("Ann Example <ann@example.com>", "write to ANN@example.com today"),
        ("https://evil.example/collect?x=1", "see https://evil.example/other"),
        ("call 4930123456 now", "the number is 4930123456"),
        (4930123456, "the number is 4930123456"),
        (123456.75, "it costs 123456.75 in all"),
        ("Zürich, Bahnhofstr. 1", '{"address": "Z\\u00fcrich,\\nBahnhofstr. 1"}'),
        ("line one\nthe second line is long enough to be found", "> the second line is long enough to be found"),
        ({"deep": [{"er": "quarterly figures"}]}, "quarterly figures"),
    ],
)
def test_a_value_that_was_read_is_found(value: Any, text: str) -> None:
    assert sources({"a": value}, web(text))[0][1] == "read_web"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("figures", "the figures"),
        (12345, "the number is 12345"),
        (4930123456, "the number is 949301234567"),
        ("ann@example.com", "write to joann@example.com"),
        ("quarterly figures", "quarterly, and figures"),
        (True, "true"),
        (None, "null"),
        ("evil.example.com", "devil.example.company"),
    ],
)
def test_what_stands_elsewhere_or_is_a_part_of_something_longer_is_not(value: Any, text: str) -> None:
    assert sources({"a": value}, web(text)) == []


def test_each_place_is_told_once_with_the_newest_message_first() -> None:
    told = (Told("quarterly figures", "user"), web("quarterly figures"), web("quarterly figures, again"))
    assert sources({"to": "x", "list": ["quarterly figures"]}, *told) == [
        ("$.list[0]", "read_web"),
        ("$.list[0]", "user"),
    ]


def test_what_looks_like_an_attack_says_so() -> None:
    found = of([web("quarterly figures", untrusted=True)], '{"a": "quarterly figures"}')
    assert found == (SourceFacts("$.a", "tool", "read_web", untrusted=True),)


def test_only_the_newest_text_is_looked_through() -> None:
    old, new = web("quarterly figures"), Told("x" * MOST_CHARS, "user")
    assert sources({"a": "quarterly figures"}, old, new) == []
    assert sources({"a": "quarterly figures"}, new, old) == [("$.a", "read_web")]


def test_sources_are_bounded() -> None:
    told = [Told("quarterly figures", "tool", f"t{n}") for n in range(2 * MOST_SOURCES)]
    assert len(sources({"a": "quarterly figures"}, *told)) == MOST_SOURCES


def test_what_can_not_be_read_has_no_sources() -> None:
    assert of([web("quarterly figures")], '{"a": "quarterly figures"') == ()
