"""Names in whole texts: exact places, whatever the text's length; nothing is read twice."""

import asyncio

import pytest

from guard.core.assessment import SlotText, TextVerdict
from guard.core.event import EngineStatus
from guard.inference.token import MOST_CHARS
from guard.pii.names.whole import WholeNames
from tests.pii.names.token_model import Register, whole

FILL = "it met " * 40


async def verdict(names: WholeNames, text: str, json: bool = False) -> TextVerdict:
    (found,) = await names.inspect([SlotText(text, json)])
    return found


def told(text: str, found: TextVerdict) -> list[tuple[str, str]]:
    return [(one.type, text[one.start : one.end]) for one in found.findings]


@pytest.mark.parametrize("before", ["", FILL, FILL + "\n" + FILL])
async def test_names_are_found_where_they_stand(before: str) -> None:
    text = before + "Ann Smith met Bob."
    async with whole() as names:
        found = await verdict(names, text)
    assert told(text, found) == [("PERSON", "Ann Smith"), ("PERSON", "Bob")]
    assert found.status is EngineStatus.OK


@pytest.mark.parametrize("before", range(24))
async def test_a_name_over_a_windows_end_is_one_name(before: int) -> None:
    text = "it " * before + "Ann Smith " + FILL
    async with whole() as names:
        assert told(text, await verdict(names, text)) == [("PERSON", "Ann Smith")]


async def test_a_text_is_read_once_and_windows_without_a_name_are_not() -> None:
    runner = Register()
    async with whole(runner) as names:
        assert (await verdict(names, FILL)).tokens == 0
        assert runner.windows == []
        text = FILL + "Ann " + FILL
        first = await verdict(names, text)
        count = len(runner.windows)
        assert 1 <= count <= 3
        assert first.tokens == sum(2 + len(window) for window in runner.windows)
        assert (await verdict(names, text)).tokens == 0
        assert len(runner.windows) == count


async def test_letters_that_json_escapes_are_read() -> None:
    text = r'{"to":"it\nAnn Smith"}'
    async with whole() as names:
        assert told(text, await verdict(names, text, json=True)) == [("PERSON", "Ann Smith")]
        assert told(text, await verdict(names, text)) == [("PERSON", "Smith")]


async def test_a_placeholder_is_no_part_of_a_name() -> None:
    text = "met <PERSON_k3f9> Smith"
    async with whole() as names:
        assert told(text, await verdict(names, text)) == [("PERSON", "Smith")]


async def test_a_model_that_fails_or_is_slow_gives_no_verdict_and_is_asked_again() -> None:
    runner = Register()
    runner.broken = True
    async with whole(runner) as names:
        assert (await verdict(names, "Ann")).status is EngineStatus.ERROR
        runner.broken = False
        assert len((await verdict(names, "Ann")).findings) == 1
    runner.gate.clear()
    async with whole(runner, patience_s=0.05) as names:
        assert (await verdict(names, "Ann")).status is EngineStatus.TIMEOUT
        runner.gate.set()
        await asyncio.sleep(0)


async def test_a_text_that_is_too_long_is_refused_and_never_cut() -> None:
    async with whole() as names:
        assert (await verdict(names, "x" * (MOST_CHARS + 1))).status is EngineStatus.ERROR


async def test_no_text_shows_in_what_it_says() -> None:
    async with whole() as names:
        assert "Ann" not in repr([SlotText("Ann"), await verdict(names, "Ann")])
