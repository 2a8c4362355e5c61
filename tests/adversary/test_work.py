"""A hostile text costs no more than its length: no attacker gets quadratic work out of Guard."""

from collections.abc import Callable

import pytest

from guard.core.action import Action
from guard.core.channel import Channel
from guard.core.plan import Plan
from guard.dialects import openai
from guard.dialects.json_text import Reader
from guard.dialects.openai_reader import Limits
from guard.errors import MalformedRequest
from guard.pii import card, email
from guard.runtime.prompt_check import PromptCheck
from guard.scan.automaton import Rule
from guard.scan.engine import PatternEngine
from guard.scan.pattern import Pattern
from guard.security import github, jwt, slack, url_credentials
from guard.security import openai as openai_key
from tests.flow import Flow

from .effort import Counted, lines_run

CONTENT = Channel(0, "content")
REDACT = Plan(actions={"*": Action.REDACT})

REJECTED: dict[str, tuple[tuple[Pattern, ...], str, str]] = {
    "email": (email.PATTERNS, "a@", ""),
    "jwt": (jwt.PATTERNS, "-eyJaaaaaaaaa", ".aaaa"),
    "github": (github.PATTERNS, "_ghp_" + "a" * 16, ""),
    "openai": (openai_key.PATTERNS, "-sk-proj-" + "a" * 20, ""),
    "slack": (slack.PATTERNS, "-xoxb-" + "a" * 10, ""),
    "url": (url_credentials.PATTERNS, "http://a:1/", "@b"),
    "card": (card.PATTERNS, "4111 1111 1111 1112 ", ""),
}
"""What matches from many starts to one far end, and is no value from any of them: patterns, repeated text, end."""


@pytest.mark.parametrize("name", REJECTED)
def test_a_text_that_nearly_matches_everywhere_is_read_a_bounded_number_of_times(name: str) -> None:
    patterns, part, end = REJECTED[name]
    text = part * (4000 // len(part)) + end
    counted = Counted(patterns)
    memory = counted.engine.open(CONTENT)
    memory.feed(text, True)
    memory.close()
    assert counted.chars < 40 * len(text)


@pytest.mark.parametrize("text", ["1" * 3000, "a@b." + "c" * 3000], ids=["digits", "an address that goes on"])
def test_text_in_doubt_is_not_confirmed_again_with_each_delta(
    engine: PatternEngine, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    read = 0
    confirm = Rule.confirm

    def counting(rule: Rule, window: str, settled: int, end: int) -> object:
        nonlocal read
        read += len(window)
        return confirm(rule, window, settled, end)

    monkeypatch.setattr(Rule, "confirm", counting)
    flow = Flow(engine, REDACT)
    for char in text:
        flow.write((CONTENT, char))
    flow.end()
    assert read < 100 * len(text)


def test_findings_that_wait_are_not_sorted_again_with_each_delta(engine: PatternEngine) -> None:
    """Between invisible characters a word stays in doubt, and each of them is a finding."""

    def write(deltas: int) -> None:
        flow = Flow(engine, REDACT)
        for _ in range(deltas):
            flow.write((CONTENT, "a\u200b"))

    few, many = lines_run(lambda: write(300)), lines_run(lambda: write(1200))
    assert many < 6 * few


def _prompt(texts: int, engine: PatternEngine) -> Callable[[], object]:
    body = b'{"model":"m","stop":[%s]}' % b",".join([b'"A b"'] * texts)
    prompt = openai.chat(Limits()).prompt(body)
    check = PromptCheck(prompt, (engine,))
    return lambda: check.apply(REDACT, ())


def test_a_prompt_of_many_texts_costs_by_their_number_and_not_its_square(engine: PatternEngine) -> None:
    few, many = (lines_run(_prompt(texts, engine)) for texts in (200, 800))
    assert many < 6 * few


def test_the_path_of_a_long_name_is_not_copied_for_each_value_below_it() -> None:
    body = b'{"%s":[%s]}' % (b"a" * 10_000, b",".join([b'"b"'] * 1000))
    held = {id(leaf.where): len(leaf.where) for leaf in Reader(body).leaves()}
    assert sum(held.values()) < 10 * len(body)


def test_a_name_that_is_repeated_on_the_way_down_is_not_copied_either() -> None:
    deep, names = 40, b",".join(b'"%d":1' % number for number in range(1000))
    body = (b'{"%s":' % (b"a" * 60)) * deep + b"{%s}" % names + b"}" * deep
    held = {id(leaf.where): len(leaf.where) for leaf in Reader(body).leaves()}
    assert sum(held.values()) < 20 * len(body)


def test_a_request_can_not_ask_for_millions_of_choices() -> None:
    """An answer that is blocked gets an end for each choice: their number is a size that a stranger sets."""
    body = b'{"model":"m","n":128,"prompt":[%s]}' % b",".join([b'"a"'] * 5000)
    try:
        choices = openai.completions(Limits()).prompt(body).choices
    except MalformedRequest:
        return
    assert choices <= 16_384


def test_a_text_of_many_key_blocks_is_read_without_a_stack_for_each(engine: PatternEngine) -> None:
    block = "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n"
    memory = engine.open(CONTENT)
    found = [f for f in memory.feed(block * 400, True).findings if not f.continues]
    memory.close()
    assert len(found) == 400


def test_many_key_blocks_do_not_read_the_rest_again_for_each(
    engine: PatternEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = 0
    confirm = Rule.confirm

    def counting(rule: Rule, window: str, settled: int, end: int) -> object:
        nonlocal read
        read += len(window)
        return confirm(rule, window, settled, end)

    monkeypatch.setattr(Rule, "confirm", counting)
    text = "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n" * 100
    memory = engine.open(CONTENT)
    memory.feed(text, True)
    memory.close()
    assert read < 10 * len(text)
