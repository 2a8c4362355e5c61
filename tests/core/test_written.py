"""What a backend wrote is told apart by class: thoughts, tool calls, the answer; however it is cut into chunks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.core.channel import Channel
from guard.core.written import Written

FIELDS = [
    # the channel's field, its class
    ("content", "answer"),
    ("refusal", "answer"),
    ("text", "answer"),
    ("audio.transcript", "answer"),
    ("reasoning", "reasoning"),
    ("reasoning_content", "reasoning"),
    ("tool_calls.name", "tool"),
    ("tool_calls.arguments", "tool"),
    ("tool_calls.input", "tool"),
    ("function_call.arguments", "tool"),
    ("$.delta.thinking", "answer"),
    ("$.delta.reasoning_details[0].text", ""),
    ("$.stop_reason", ""),
    ("logprobs.content.token", ""),
]

TAGGED = [
    # what the case shows, the text, what of it is thought
    ("no thoughts", "It is 4.", ""),
    ("thoughts at the head", "<think>2 and 2</think>It is 4.", "<think>2 and 2</think>"),
    ("space before them", "\n<think>\nhm\n</think>\n\n4", "\n<think>\nhm\n</think>"),
    ("Mistral's tags", "[THINK]hm[/THINK]4", "[THINK]hm[/THINK]"),
    ("the template wrote the opening tag", "2 and 2</think>4", "2 and 2</think>"),
    ("thoughts that never end", "<think>on and on", "<think>on and on"),
    ("the opening tag in the middle is text", "Write <think> first.", ""),
    ("what looks like it at first", "<thin air>", ""),
    ("after the thoughts tags are text", "<think>a</think>b</think>c", "<think>a</think>"),
    ("the other model's closing tag is text", "<think>a[/THINK]b</think>c", "<think>a[/THINK]b</think>"),
    ("a list is no tag", "[1] one < two [2]", ""),
    ("nothing but space", "  \n", ""),
]


@pytest.mark.parametrize(("field", "kind"), FIELDS)
def test_a_field_has_a_class(field: str, kind: str) -> None:
    written = Written()
    written.open(Channel(0, field)).add("four")

    shares = {"answer": written.answer, "reasoning": written.reasoning, "tool": written.tool}
    assert {name: share.chars for name, share in shares.items()} == {name: 4 * (name == kind) for name in shares}
    assert (written.chars, written.pieces) == (4 * bool(kind), bool(kind))


def test_text_outside_the_choices_is_no_answer() -> None:
    written = Written()
    written.open(Channel(-1, "$.error.message")).add("no")

    assert (written.chars, written.pieces) == (0, 0)


@pytest.mark.parametrize(("text", "thought"), [case[1:] for case in TAGGED], ids=[case[0] for case in TAGGED])
@given(data=st.data())
def test_thoughts_between_tags_are_told_from_the_answer_however_they_are_cut(
    text: str, thought: str, data: st.DataObject
) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(1, max(1, len(text) - 1)))))
    written = Written(keeps=True)
    script = written.open(Channel(0, "content"))
    pieces = [text[at:to] for at, to in zip([0, *cuts], [*cuts, len(text)], strict=True) if text[at:to]]
    for piece in pieces:
        script.add(piece)

    assert (written.reasoning.chars, written.answer.chars) == (len(thought), len(text) - len(thought))
    assert written.pieces == len(pieces)
    kept = [(kind, one.take()) for one, kind in written.kept.items()]
    assert "".join(part for kind, part in kept if kind == "reasoning") == thought
    assert "".join(part for kind, part in kept if kind == "answer") == text[len(thought) :]


def test_each_piece_is_of_one_class() -> None:
    written = Written()
    script = written.open(Channel(0, "content"))
    for piece in ("<think>", "hm", "</think>", "4", "."):
        script.add(piece)

    assert (written.reasoning.pieces, written.answer.pieces) == (3, 2)


def test_a_text_in_many_pieces_takes_no_more_room_than_the_text() -> None:
    written = Written(keeps=True)
    script = written.open(Channel(0, "content"))
    for _ in range(10_000):
        script.add("so ")

    (kept,) = written.kept
    assert len(kept.parts) < 300
    assert kept.take() == "so " * 10_000
    assert kept.take() == ""


def test_choices_think_by_themselves() -> None:
    written = Written()
    first, second = written.open(Channel(0, "content")), written.open(Channel(1, "content"))
    first.add("<think>a")
    second.add("bcd")
    first.add("e")

    assert (written.reasoning.chars, written.answer.chars) == (9, 3)
