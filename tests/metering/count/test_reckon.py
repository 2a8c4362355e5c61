"""Which count is believed: the backend's, a zero among them; a tokenizer's; an estimate. And how an answer is shared.

Each row is an exchange as an operator may see it: what the backend reported, what Guard saw of it, what is settled.
"""

from typing import NamedTuple

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.core.usage import Usage, UsageSource
from guard.metering.count.evidence import Counted, Evidence, Extent
from guard.metering.count.reckon import Reckoning, reckon

PROVIDER, COUNTED, ESTIMATED = UsageSource.PROVIDER, UsageSource.COUNTED, UsageSource.ESTIMATED


class Case(NamedTuple):
    """What it shows, what the backend reported, what else is known, and what comes of it."""

    name: str
    reported: Usage | None
    known: Evidence
    usage: Usage
    source: UsageSource
    split_source: UsageSource | None = None


ANSWER = Evidence(prompt=7, answer=Extent(40, 9))
"""Nine pieces of a plain answer."""
UNTOLD = Evidence(prompt=7, answer=Extent(40, 9), untold=Extent(40, 9))
"""The same without any report."""

TOTALS = [
    Case("nothing reported", None, UNTOLD, Usage(prompt=7, completion=10), ESTIMATED),
    Case("all reported", Usage(3, 1, 5), ANSWER, Usage(3, 1, 5), PROVIDER),
    Case("a zero is a count", Usage(prompt=3, completion=0), ANSWER, Usage(prompt=3, completion=0), PROVIDER),
    Case("no completion reported", Usage(prompt=3), UNTOLD, Usage(prompt=3, completion=10), ESTIMATED),
    Case("no prompt reported", Usage(completion=5), ANSWER, Usage(prompt=7, completion=5), ESTIMATED),
    Case(
        "an embedding has no completion, and that is exact",
        Usage(prompt=3),
        Evidence(prompt=7),
        Usage(prompt=3, completion=0),
        PROVIDER,
    ),
    Case("a negative count is nonsense", Usage(-1, None, 5), ANSWER, Usage(prompt=7, completion=5), ESTIMATED),
    Case("one beyond reason too", Usage(3, None, 1 << 60), UNTOLD, Usage(prompt=3, completion=10), ESTIMATED),
    Case("an empty report is none", Usage(), Evidence(), Usage(prompt=0, completion=0), ESTIMATED),
    Case(
        "what came after a running count is added",
        Usage(prompt=3, completion=5),
        Evidence(prompt=7, answer=Extent(60, 9), untold=Extent(20, 2)),
        Usage(prompt=3, completion=10),
        ESTIMATED,
    ),
    Case(
        "a first chunk that counts nothing yet",
        Usage(prompt=3, completion=0),
        UNTOLD,
        Usage(prompt=3, completion=10),
        ESTIMATED,
    ),
    Case(
        "an answer that was cut has what it was cut at",
        Usage(prompt=3, completion=5),
        Evidence(prompt=7, answer=Extent(40, 9), cut_at=8),
        Usage(prompt=3, completion=8),
        ESTIMATED,
    ),
    Case(
        "where the backend counted as it wrote, that is its own count",
        Usage(prompt=3, completion=8),
        Evidence(prompt=7, answer=Extent(40, 9), cut_at=8, cut_told=True),
        Usage(prompt=3, completion=8),
        PROVIDER,
    ),
    Case(
        "a tokenizer counts what nobody reported",
        None,
        Evidence(7, Extent(40, 9), untold=Extent(40, 9), counted=Counted(prompt=11, answer=13, chars=40, whole=True)),
        Usage(prompt=11, completion=13),
        COUNTED,
    ),
    Case(
        "and what came after a running count, by its share of the characters",
        Usage(prompt=3, completion=5),
        Evidence(7, Extent(40, 9), untold=Extent(20, 4), counted=Counted(answer=14, chars=40, whole=True)),
        Usage(prompt=3, completion=12),
        COUNTED,
    ),
    Case(
        "one that read too little is not asked",
        None,
        Evidence(7, Extent(400, 9), untold=Extent(400, 9), counted=Counted(prompt=11, answer=14, chars=40)),
        Usage(prompt=11, completion=100),
        ESTIMATED,
    ),
    Case(
        "the backend's own parts of a prompt are kept",
        Usage(prompt=90, cached=10, completion=5, audio=20, image=0),
        Evidence(7, Extent(40, 5), picture_tokens=30),
        Usage(prompt=90, cached=10, completion=5, audio=20, image=0),
        PROVIDER,
    ),
    Case(
        "pictures count what the operator says where the backend does not",
        Usage(prompt=90, completion=5),
        Evidence(7, Extent(40, 5), picture_tokens=30),
        Usage(prompt=90, completion=5, image=30),
        PROVIDER,
    ),
    Case(
        "and never more than the prompt",
        Usage(prompt=20, completion=5),
        Evidence(7, Extent(40, 5), picture_tokens=30),
        Usage(prompt=20, completion=5, image=20),
        PROVIDER,
    ),
]

THOUGHT = Evidence(7, answer=Extent(40, 10), reasoning=Extent(120, 30))
"""Thirty pieces of thought, then ten of an answer."""
CALL = Evidence(7, answer=Extent(40, 10), tool=Extent(120, 3))
"""An answer, then a call of one name and two pieces of arguments."""


def with_counts(known: Evidence, answer: int, reasoning: int, tool: int, whole: bool = True) -> Evidence:
    counted = Counted(None, answer, reasoning, tool, known.chars, whole)
    return Evidence(known.prompt, known.answer, known.reasoning, known.tool, counted=counted)


PARTS = [
    Case(
        "the backend says", Usage(3, completion=42, reasoning=31), THOUGHT, Usage(3, None, 42, 31), PROVIDER, PROVIDER
    ),
    Case("zero is a count", Usage(3, completion=42, reasoning=0), THOUGHT, Usage(3, None, 42, 0), PROVIDER, PROVIDER),
    Case(
        "a token a piece: vLLM without speculation; the tags and the end left no piece",
        Usage(3, completion=43),
        THOUGHT,
        Usage(3, None, 43, 30),
        PROVIDER,
        COUNTED,
    ),
    Case(
        "several tokens a piece: shared by characters",
        Usage(3, completion=80),
        THOUGHT,
        Usage(3, None, 80, 60),
        PROVIDER,
        ESTIMATED,
    ),
    Case(
        "more pieces than tokens: something between cuts the text",
        Usage(3, completion=20),
        THOUGHT,
        Usage(3, None, 20, 15),
        PROVIDER,
        ESTIMATED,
    ),
    Case(
        "a whole answer has no pieces to go by",
        Usage(3, completion=4),
        Evidence(7, Extent(4, 1), Extent(12, 1), streamed=False),
        Usage(3, None, 4, 3),
        PROVIDER,
        ESTIMATED,
    ),
    Case(
        "a tokenizer counts the parts of what the backend counted",
        Usage(3, completion=80),
        with_counts(THOUGHT, 16, 62, 0),
        Usage(3, None, 80, 62),
        PROVIDER,
        COUNTED,
    ),
    Case(
        "one that counts far less leaves thoughts that nobody shows, or is another model's",
        Usage(3, completion=800),
        with_counts(THOUGHT, 16, 62, 0),
        Usage(3, None, 800, 62),
        PROVIDER,
        ESTIMATED,
    ),
    Case(
        "one that counts far more is another model's",
        Usage(3, completion=80),
        with_counts(THOUGHT, 50, 62, 0),
        Usage(3, None, 80, 60),
        PROVIDER,
        ESTIMATED,
    ),
    Case(
        "one that has not read all of it says nothing of its parts",
        Usage(3, completion=80),
        with_counts(THOUGHT, 16, 62, 0, whole=False),
        Usage(3, None, 80, 60),
        PROVIDER,
        ESTIMATED,
    ),
    Case(
        "calls are never reported",
        Usage(3, completion=80, reasoning=0),
        CALL,
        Usage(3, None, 80, 0, tool=60),
        PROVIDER,
        ESTIMATED,
    ),
    Case(
        "a tokenizer counts a call; its syntax is the answer's",
        Usage(3, completion=50),
        with_counts(CALL, 10, 0, 28),
        Usage(3, None, 50, tool=28),
        PROVIDER,
        COUNTED,
    ),
    Case(
        "reported thoughts and counted calls share the completion",
        Usage(3, completion=50, reasoning=30),
        with_counts(CALL, 10, 0, 28),
        Usage(3, None, 50, 30, tool=20),
        PROVIDER,
        COUNTED,
    ),
    Case(
        "pieces that seem to agree say nothing where a call's syntax left none",
        Usage(3, completion=15),
        CALL,
        Usage(3, None, 15, tool=11),
        PROVIDER,
        ESTIMATED,
    ),
    Case(
        "an abort, where a token came a piece",
        None,
        Evidence(7, Extent(12, 10), Extent(120, 30), untold=Extent(132, 40)),
        Usage(7, None, 40, 30),
        ESTIMATED,
        ESTIMATED,
    ),
    Case(
        "an abort, where more came a piece",
        None,
        Evidence(7, Extent(40, 4), Extent(120, 3), untold=Extent(160, 7)),
        Usage(7, None, 40, 30),
        ESTIMATED,
        ESTIMATED,
    ),
    Case(
        "an abort in the middle of a thought",
        None,
        Evidence(7, reasoning=Extent(120, 31), untold=Extent(120, 31)),
        Usage(7, None, 31, 31),
        ESTIMATED,
        ESTIMATED,
    ),
    Case(
        "the same with a tokenizer",
        None,
        Evidence(7, reasoning=Extent(120, 31), untold=Extent(120, 31), counted=Counted(9, 0, 33, 0, 120, True)),
        Usage(9, None, 33, 33),
        COUNTED,
        COUNTED,
    ),
]


@pytest.mark.parametrize("case", [*TOTALS, *PARTS], ids=[case.name for case in (*TOTALS, *PARTS)])
def test_what_is_settled(case: Case) -> None:
    assert reckon(case.reported, case.known) == Reckoning(case.usage, case.source, case.split_source)


COUNTS = st.integers(0, 10_000)
EXTENTS = st.builds(Extent, COUNTS, COUNTS)
MAYBE = st.none() | COUNTS
KNOWN = st.builds(
    Evidence,
    COUNTS,
    EXTENTS,
    EXTENTS,
    EXTENTS,
    EXTENTS,
    st.integers(1, 8),
    st.booleans(),
    MAYBE,
    st.booleans(),
    MAYBE,
    st.none() | st.builds(Counted, MAYBE, COUNTS, COUNTS, COUNTS, COUNTS, st.booleans()),
)


@given(told=st.none() | st.builds(Usage, MAYBE, MAYBE, MAYBE), known=KNOWN)
def test_parts_that_nobody_reports_are_never_more_than_the_whole(told: Usage | None, known: Evidence) -> None:
    usage = reckon(told, known).usage

    assert usage.prompt is not None
    assert usage.completion is not None
    assert min(usage.prompt, usage.completion) >= 0
    assert 0 <= (usage.reasoning or 0) + (usage.tool or 0) <= usage.completion
    assert (usage.image or 0) <= usage.prompt
    assert (usage.reasoning is None, usage.tool is None) == (not known.reasoning.chars, not known.tool.chars)


@given(told=st.builds(Usage, *[COUNTS] * 7), known=KNOWN)
def test_what_is_reported_stands(told: Usage, known: Evidence) -> None:
    usage = reckon(told, msgspec.structs.replace(known, untold=Extent(), cut_at=None)).usage

    assert usage == told
