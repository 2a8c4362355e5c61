"""The tool gate as a transcript: frames in, moves out."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.core.channel import Channel
from guard.core.frame import Frame, Slot
from guard.core.plan import FailureMode, Plan
from guard.core.spans import Edit
from guard.core.tool_call import NO_CALL, CallKey, CallPiece, Refusal, Ruling
from guard.core.tool_gate import Ask, Move, Pass, Stop, ToolGate
from guard.core.usage import Usage

PASS = Ruling()
REFUSE = Ruling(Refusal("t", "no"))
DONE = Frame(b"[DONE]", last=True)


def call(
    raw: str, arguments: str = "", *, index: int | None = 0, choice: int = 0, name: str = "", id_: str = ""
) -> Frame:
    """A frame with one piece of a call."""
    kind = "function_call" if index is None else "tool_calls"
    texts = [(f"{kind}.name", name), (f"{kind}.arguments", arguments)]
    slots = tuple(Slot(Channel(choice, field, index), text, 0, 0) for field, text in texts if text)
    return Frame(raw.encode(), slots, calls=(CallPiece(CallKey(choice, index), id_),))


def content(raw: str, choice: int = 0) -> Frame:
    return Frame(raw.encode(), (Slot(Channel(choice, "content"), raw, 0, 0),))


def finish(*choices: int) -> Frame:
    return Frame(b"finish" + b"".join(str(choice).encode() for choice in choices), finishes=choices)


def gate(hold_chars: int = 1_000, on_failure: FailureMode = FailureMode.BLOCK) -> ToolGate:
    return ToolGate(Plan({}, tool_hold_chars=hold_chars, on_failure=on_failure))


def said(moves: Sequence[Move]) -> list[str]:
    """The moves, each as a short line."""
    return [_line(move) for move in moves]


def _line(move: Move) -> str:
    if isinstance(move, Pass):
        changes = [
            f"{made.choice}:-{sorted(map(str, made.dropped))}"
            + (f" {dict(made.numbers)}" if made.numbers else "")
            + (" empty" if made.emptied else "")
            + (" told" if made.said else "")
            for made in move.amendments
        ]
        return " ".join([move.raw.decode(), *changes])
    if isinstance(move, Ask):
        return f"ask {move.choice} " + ", ".join(f"{one.name}({one.arguments})" for one in move.calls)
    return f"stop {move.reason.value}"


def take(machine: ToolGate, *frames: Frame) -> list[str]:
    return said([move for frame in frames for move in machine.take(frame, None, frame.raw)])


def test_without_calls_everything_passes() -> None:
    assert take(gate(), content("a"), finish(0), DONE) == ["a", "finish0", "[DONE]"]


def test_a_call_waits_until_its_choice_ends_and_leaves_in_order() -> None:
    machine = gate()
    assert take(machine, call("id", name="pay", id_="c1"), call("x", '{"a"'), call("y", ":1}")) == []
    assert take(machine, finish(0)) == ['ask 0 pay({"a":1})']
    assert take(machine, Frame(b"usage", usage=Usage(prompt=1)), DONE) == []
    assert said(machine.decide(0, [PASS])) == ["id", "x", "y", "finish0", "usage", "[DONE]"]
    assert not machine.holds
    assert (machine.held_chars, machine.withheld_chars) == (0, 0)


def test_other_text_does_not_wait_and_does_not_overtake_its_own() -> None:
    machine = gate()
    both = Frame(b"both", (*content("x").slots, *call("", "{}").slots), calls=call("").calls)
    take(machine, call("id", name="pay"))
    assert take(machine, content("a"), content("b", 1), Frame(b": ping")) == ["a", "b", ": ping"]
    assert take(machine, both, content("c"), content("d", 1)) == ["d"]
    take(machine, finish(0))
    assert said(machine.decide(0, [PASS])) == ["id", "both", "c", "finish0"]


def test_a_refused_call_goes_and_the_last_frame_tells() -> None:
    machine = gate()
    take(machine, call("p", "{}", name="pay"), call("q", "{}", index=1, name="mail"), finish(0))
    assert said(machine.decide(0, [REFUSE, PASS])) == [
        "p 0:-['0'] {1: 0}",
        "q 0:-['0'] {1: 0}",
        "finish0 0:-['0'] {1: 0} told",
    ]
    assert machine.withheld_chars == len("pay{}")


def test_a_choice_that_lost_all_calls_is_empty() -> None:
    machine = gate()
    take(machine, call("p", name="pay"), call("f", name="old", index=None), finish(0))
    assert said(machine.decide(0, [REFUSE, REFUSE]))[-1] == "finish0 0:-['0', 'None'] empty told"


def test_edits_come_with_the_place_at_which_a_frames_arguments_begin() -> None:
    machine = gate()
    take(machine, call("x", '{"a":', name="pay"), call("y", "900}"), finish(0))
    first, second, last = machine.decide(0, [Ruling(edits=(Edit(5, 8, "500"),))])
    assert isinstance(first, Pass)
    assert isinstance(second, Pass)
    assert first.amendments[0].bases == {0: 0}
    assert second.amendments[0].bases == {0: 5}
    assert second.amendments[0].edits == {0: (Edit(5, 8, "500"),)}
    assert said([last]) == ["finish0 0:-[]"]


def test_the_arguments_are_those_that_the_client_would_get() -> None:
    machine = gate()
    frame = call("x", '{"to":"<EMAIL_1>"}', name="mail")
    machine.take(frame, ("mail", '{"to":"ann@example.com"}'), b"x")
    assert take(machine, finish(0)) == ['ask 0 mail({"to":"ann@example.com"})']


def test_choices_wait_for_themselves_alone() -> None:
    machine = gate()
    take(machine, call("a0", name="t"), call("b0", name="t", choice=1))
    assert take(machine, finish(1)) == ["ask 1 t()"]
    assert said(machine.decide(1, [PASS])) == ["b0", "finish1"]
    assert take(machine, finish(0)) == ["ask 0 t()"]
    assert said(machine.decide(0, [PASS])) == ["a0", "finish0"]


def test_a_frame_of_two_choices_waits_for_both() -> None:
    machine = gate()
    a, b = call("", "1", name="t"), call("", "2", name="t", choice=1)
    shared = Frame(b"shared", (*a.slots, *b.slots), calls=(*a.calls, *b.calls))
    assert take(machine, shared, call("b1", "3", choice=1), finish(0, 1)) == ["ask 0 t(1)", "ask 1 t(23)"]
    assert said(machine.decide(1, [PASS])) == []
    assert said(machine.decide(0, [PASS])) == ["shared", "b1", "finish01"]


def test_the_end_of_the_answer_ends_every_choice() -> None:
    machine = gate()
    take(machine, call("a", name="t"), call("b", name="u", choice=1))
    assert take(machine, DONE) == ["ask 0 t()", "ask 1 u()"]
    machine.decide(0, [PASS])
    assert said(machine.decide(1, [REFUSE])) == ["b 1:-['0'] empty", "[DONE] 1:-['0'] empty told"]


@pytest.mark.parametrize("late", [call("late", "x"), call("late", index=1, id_="c2"), call("late", index=None)])
def test_a_call_behind_the_end_of_its_choice_ends_the_answer(late: Frame) -> None:
    machine = gate()
    take(machine, call("a", name="t"), finish(0))
    assert take(machine, late) == ["stop malformed"]
    machine.decide(0, [PASS])
    assert take(machine, late) == ["stop malformed"]


def test_what_stands_in_a_calls_place_and_is_none_ends_the_answer() -> None:
    assert take(gate(), Frame(b"odd", calls=(CallPiece(CallKey(0, NO_CALL)),))) == ["stop malformed"]


@pytest.mark.parametrize(("first", "second", "unclear"), [("a", "a", False), ("a", "", False), ("a", "b", True)])
def test_two_ids_for_one_index_make_a_call_unclear(first: str, second: str, unclear: bool) -> None:
    machine = gate()
    take(machine, call("x", name="t", id_=first), call("y", id_=second))
    (ask,) = machine.take(finish(0), None, b"")
    assert isinstance(ask, Ask)
    assert ask.calls[0].unclear == unclear


def test_a_full_gate_ends_the_answer() -> None:
    machine = gate(hold_chars=10)
    assert take(machine, call("a", "12345", name="t"), call("b", "6789")) == []
    assert take(machine, call("c", "0")) == ["stop hold_exhausted"]


def test_pieces_without_text_fill_it_as_well() -> None:
    machine = gate(hold_chars=1)
    assert take(machine, *[call("x" * 64) for _ in range(2)]) == []
    assert take(machine, call("x")) == ["stop hold_exhausted"]


def test_a_full_gate_lets_go_where_the_plan_says_so() -> None:
    machine = gate(hold_chars=5, on_failure=FailureMode.RELEASE)
    assert take(machine, call("a", "12345", name="t")) == ["a"]
    assert machine.unseen
    assert take(machine, call("b", "6" * 99), finish(0), DONE) == ["b", "finish0", "[DONE]"]


def test_room_is_made_when_calls_have_left() -> None:
    machine = gate(hold_chars=6)
    take(machine, call("a", "12345", name="t"), finish(0))
    machine.decide(0, [PASS])
    assert take(machine, call("b", "12345", name="t", choice=1)) == []


def test_a_verdict_that_ends_the_answer_takes_calls_out_that_are_not_complete() -> None:
    machine = gate()
    a, b = call("", name="t"), call("", name="t", choice=1)
    take(machine, Frame(b"shared", (*a.slots, *b.slots), calls=(*a.calls, *b.calls)), finish(0))
    assert said(machine.stop()) == []
    assert said(machine.decide(0, [PASS])) == ["shared 1:-['0'] empty", "finish0"]


def test_a_failure_of_the_backends_does_too() -> None:
    machine = gate()
    take(machine, call("a", name="t"))
    assert take(machine, Frame(b"error", last=True, failure=True)) == ["a 0:-['0'] empty", "error 0:-['0'] empty"]


_FRAMES = st.lists(
    st.one_of(
        st.builds(content, st.sampled_from(["c", "d"]), st.integers(0, 1)),
        st.builds(
            call,
            st.sampled_from(["p", "q"]),
            st.sampled_from(["", "12", "345"]),
            index=st.sampled_from([0, 1, 2, None]),
            choice=st.integers(0, 1),
            name=st.sampled_from(["", "t"]),
        ),
    ),
    max_size=20,
)


@given(_FRAMES, st.lists(st.booleans(), min_size=8, max_size=8), st.booleans())
def test_every_frame_leaves_once_and_in_the_order_of_its_choice(
    frames: list[Frame], refusals: list[bool], late: bool
) -> None:
    machine, moves, asks = gate(), [], []
    numbered = [Frame(b"%d" % n, f.slots, calls=f.calls) for n, f in enumerate(frames)]
    for frame in [*numbered, Frame(b"90", finishes=(0,)), Frame(b"91", finishes=(1,)), Frame(b"99", last=True)]:
        for move in machine.take(frame, None, frame.raw):
            (asks if isinstance(move, Ask) else moves).append(move)
        assert not any(isinstance(move, Stop) for move in moves)
        if not late:
            moves += [m for ask in asks for m in machine.decide(ask.choice, _rulings(ask, refusals))]
            asks = []
    moves += [m for ask in asks for m in machine.decide(ask.choice, _rulings(ask, refusals))]
    left = [int(move.raw) for move in moves if isinstance(move, Pass)]
    assert sorted(left) == [*range(len(frames)), 90, 91, 99]
    assert left[-1] == 99
    for choice in (0, 1):
        told = [n for n in left if n < 90 and _is_call_of(numbered[n], choice)] + [90 + choice]
        assert told == sorted(told)
    assert not machine.holds


def _rulings(ask: Ask, refusals: Sequence[bool]) -> list[Ruling]:
    return [REFUSE if refusals[(one.key.index or 3) + 4 * ask.choice] else PASS for one in ask.calls]


def _is_call_of(frame: Frame, choice: int) -> bool:
    return any(piece.key.choice == choice for piece in frame.calls)
