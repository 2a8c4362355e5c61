"""The promises that no example can prove: cut-independence, order, and that nothing leaves early, over random texts."""

from hypothesis import example, given
from hypothesis import strategies as st

from guard.core.channel import Channel
from guard.core.event import ClientGone, Finished
from guard.scan.engine import PatternEngine
from tests.core.playbook import BLOCK_ALL, FLAG_ALL, REDACT_ALL, SECOND
from tests.flow import Flow, cut, stream
from tests.scan.planted import CUTS, TEXTS, VALUES

CONTENT = Channel(0, "content")
ARGUMENTS = Channel(0, "tool_calls.arguments", 0)


@given(text=TEXTS, cuts=CUTS)
@example(text="Order 4111 1111 1111 1111 12 done", cuts=list(range(40)))
@example(text="-----BEGIN PRIVATE KEY-----abc-----END PRIVATE KEY-----joe@example.com", cuts=list(range(80)))
def test_the_client_reads_the_same_text_however_it_is_cut(engine: PatternEngine, text: str, cuts: list[int]) -> None:
    whole, _ = stream(engine, REDACT_ALL, CONTENT, [text] if text else [])
    pieces, _ = stream(engine, REDACT_ALL, CONTENT, cut(text, cuts))
    letters, _ = stream(engine, REDACT_ALL, CONTENT, list(text))
    assert pieces == whole
    assert letters == whole


@given(text=TEXTS, cuts=CUTS)
def test_in_json_texts_too_the_cut_makes_no_difference(engine: PatternEngine, text: str, cuts: list[int]) -> None:
    body = '{"to":"' + text.replace("\\", "\\\\").replace('"', '\\"') + '","n":4111111111111111}'
    whole, _ = stream(engine, REDACT_ALL, ARGUMENTS, [body])
    pieces, _ = stream(engine, REDACT_ALL, ARGUMENTS, cut(body, cuts))
    assert pieces == whole


@given(text=TEXTS, cuts=CUTS)
def test_what_has_left_is_never_taken_back(engine: PatternEngine, text: str, cuts: list[int]) -> None:
    final, seen = stream(engine, REDACT_ALL, CONTENT, cut(text, cuts))
    assert all(final.startswith(so_far) for so_far in seen)


@given(text=TEXTS, cuts=CUTS)
def test_a_flag_lets_every_character_through_in_order_and_once(
    engine: PatternEngine, text: str, cuts: list[int]
) -> None:
    read, _ = stream(engine, FLAG_ALL, CONTENT, cut(text, cuts))
    assert read == text


@given(text=TEXTS, cuts=CUTS)
def test_a_block_shows_the_same_text_however_it_is_cut_and_nothing_after_it(
    engine: PatternEngine, text: str, cuts: list[int]
) -> None:
    whole = _blocked(engine, [text] if text else [])
    pieces = _blocked(engine, cut(text, cuts))
    assert pieces.read.get(CONTENT, "") == whole.read.get(CONTENT, "")
    assert pieces.halted == whole.halted
    assert text.startswith(whole.read.get(CONTENT, ""))
    assert not pieces.leaked_after_halt


@given(first=TEXTS, second=TEXTS, order=st.lists(st.booleans(), max_size=60))
def test_channels_that_flow_side_by_side_do_not_touch_each_other(
    engine: PatternEngine, first: str, second: str, order: list[bool]
) -> None:
    flow = Flow(engine, REDACT_ALL)
    left, right = list(first), list(second)
    for choose_first in order:
        if (queue := left if choose_first else right) and (channel := CONTENT if choose_first else SECOND):
            flow.write((channel, queue.pop(0)))
    flow.write(*([(CONTENT, "".join(left))] if left else []), *([(SECOND, "".join(right))] if right else []))
    flow.end()
    assert flow.read.get(CONTENT, "") == stream(engine, REDACT_ALL, CONTENT, [first] if first else [])[0]
    assert flow.read.get(SECOND, "") == stream(engine, REDACT_ALL, SECOND, [second] if second else [])[0]


@given(text=TEXTS, cuts=CUTS)
def test_whatever_happens_there_is_one_settlement(engine: PatternEngine, text: str, cuts: list[int]) -> None:
    flow = _blocked(engine, cut(text, cuts))
    flow.tell(Finished(complete=True))
    flow.tell(ClientGone())
    assert flow.settled == 1


def test_every_planted_value_is_masked_at_every_single_cut(engine: PatternEngine) -> None:
    for value in VALUES:
        text = f"see {value} there"
        final, _ = stream(engine, REDACT_ALL, CONTENT, [text])
        assert value not in final
        for at in range(1, len(text)):
            pieces, seen = stream(engine, REDACT_ALL, CONTENT, cut(text, [at]))
            assert pieces == final
            assert all(final.startswith(so_far) for so_far in seen)


def _blocked(engine: PatternEngine, pieces: list[str]) -> Flow:
    flow = Flow(engine, BLOCK_ALL)
    for piece in pieces:
        flow.write((CONTENT, piece))
    flow.end()
    return flow
