"""Events are cut at blank lines, wherever the bytes are cut, and no byte is lost (WHATWG HTML, 9.2)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.dialects.sse import Splitter, read_event
from guard.errors import BackendMalformed

LIMIT = 1 << 20


def split(*pieces: bytes, limit: int = LIMIT) -> list[bytes]:
    splitter = Splitter(limit)
    return [event for piece in pieces for event in splitter.feed(piece)] + list(splitter.end())


ENDINGS = [b"\n", b"\r\n", b"\r"]


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_events_are_found_with_every_line_ending_and_cut(ending: bytes, size: int) -> None:
    events = [b"data: a" + ending * 2, b": ping" + ending * 2, b"event: x" + ending + b"data: b" + ending * 2]
    raw = b"".join(events)
    assert split(*(raw[at : at + size] for at in range(0, len(raw), size))) == events


MIXED = {
    "LF then CRLF": [b"data: a\n\r\n", b"data: b\n\n"],
    "CRLF then LF": [b"data: a\r\n\n", b"data: b\n\n"],
    "CR then LF is one line end": [b"data: a\r\ndata: b\n\n"],
    "CR then CRLF": [b"data: a\r\r\n", b"data: b\n\n"],
    "CR twice, then LF twice": [b"data: a\r\r", b"data: b\n\n"],
    "CRLF then CR": [b"data: a\r\n\r", b"data: b\r\n\r\n"],
    "blank lines in a row": [b"data: a\n\n", b"\n\n", b"\n\n", b"data: b\n\n"],
    "a blank line first": [b"\n\n", b"data: a\n\n"],
}


@pytest.mark.parametrize("events", MIXED.values(), ids=MIXED)
def test_mixed_line_endings_are_read_as_the_standard_says(events: list[bytes]) -> None:
    raw = b"".join(events)
    assert split(raw) == events
    for cut in range(1, len(raw)):
        assert split(raw[:cut], raw[cut:]) == events, cut
    assert split(*(raw[at : at + 1] for at in range(len(raw)))) == events


pieces = st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"data: a", b"x", b": c"]), max_size=24).map(b"".join)


@given(raw=pieces, cuts=st.lists(st.integers(0, 60), max_size=6))
def test_no_byte_is_lost_and_the_cut_makes_no_difference(raw: bytes, cuts: list[int]) -> None:
    edges = sorted({0, len(raw), *(min(cut, len(raw)) for cut in cuts)})
    events = split(*(raw[a:b] for a, b in zip(edges, edges[1:], strict=False)))
    assert events == split(raw)
    joined = b"".join(events)
    assert joined.startswith(raw)
    assert not joined[len(raw) :].strip(b"\r\n")


def dispatched(raw: bytes) -> list[bytes]:
    """What a client dispatches: the lines between blank lines, by the letter of the standard."""
    events: list[list[bytes]] = [[]]
    for line in raw.splitlines():
        if line:
            events[-1].append(line)
        elif events[-1]:
            events.append([])
    return [b"\n".join(lines) for lines in events if lines]


@given(raw=pieces)
def test_an_event_is_what_a_client_takes_for_one(raw: bytes) -> None:
    events = split(raw)
    assert all(len(dispatched(event)) <= 1 for event in events)
    assert [each for event in events for each in dispatched(event)] == dispatched(raw)


@pytest.mark.parametrize(
    ("rest", "event"),
    [
        (b"data: a", b"data: a\n\n"),
        (b"data: a\n", b"data: a\n\n"),
        (b"data: a\r\n", b"data: a\r\n\n"),
        (b"data: a\r", b"data: a\r\r"),
        (b"\n", b"\n"),
    ],
)
def test_what_is_left_at_the_end_becomes_an_event(rest: bytes, event: bytes) -> None:
    assert split(rest) == [event]
    assert split(b"data: x\n\n" + rest) == [b"data: x\n\n", event]
    assert split() == []


@pytest.mark.parametrize("size", [1 << 16, 10_000_000])
def test_an_event_without_end_is_refused_at_the_limit(size: int) -> None:
    splitter = Splitter(100_000)
    splitter.feed(b"data: " + b"x" * 65_536)
    with pytest.raises(BackendMalformed, match="event_bytes"):
        splitter.feed(b"x" * size)


def test_a_whole_event_past_the_limit_is_refused_in_one_piece_or_many() -> None:
    event = b"data: " + b"x" * 1000 + b"\n\n"
    assert split(event, limit=len(event)) == [event]
    for pieces in ([event], [event[:500], event[500:]], [event + event]):
        with pytest.raises(BackendMalformed):
            split(*pieces, limit=len(event) - 1)


def test_many_events_in_one_read_and_one_event_in_many_reads_are_read_in_linear_time() -> None:
    raw = b"data: abcdefgh\n\n" * 100_000
    assert len(split(raw)) == 100_000
    assert len(split(raw.replace(b"\n", b"\r\n"))) == 100_000
    assert len(split(*[b"x"] * 300_000)) == 1


DATA: dict[bytes, bytes] = {
    b"data: abc\n\n": b"abc",
    b"data:abc\n\n": b"abc",
    b"data:  abc\n\n": b" abc",
    b"data: abc\r\n\r\n": b"abc",
    b"data: abc\r\r": b"abc",
    b"data\n\n": b"",
    b"data:\n\n": b"",
    b"data: \n\n": b"",
    b": ping\n\n": b"",
    b"\n": b"",
    b"event: x\ndata: abc\nid: 7\n\n": b"abc",
    b"data: ab\ndata: cd\n\n": b"ab cd",
    b"data: ab\r\ndata\r\ndata: cd\r\n\r\n": b"ab  cd",
    b": note\ndata: ab\nid: 1\ndata:cd\n\n": b"ab cd",
}


@pytest.mark.parametrize("raw", DATA)
def test_an_events_data_is_found(raw: bytes) -> None:
    event = read_event(raw)
    assert event.raw[event.start : event.end] == DATA[raw]
    assert event.raw == raw or raw.count(b"data") > 1


def test_a_byte_order_mark_may_stand_before_the_first_event_only() -> None:
    raw = b"\xef\xbb\xbfdata: abc\n\n"
    event = read_event(raw, first=True)
    assert event.raw[event.start : event.end] == b"abc"
    with pytest.raises(BackendMalformed):
        read_event(raw)


REFUSED = [
    b"joe@example.com\n\n",
    b" data: x\n\n",
    b"DATA: x\n\n",
    b"data : x\n\n",
    b"datax: x\n\n",
    b"dat",
    b"vendor: x\ndata: y\n\n",
    b"event: joe@example.com\n\n",
    b"event: two words\n\n",
    b"retry: 4111111111111111\n\n",
    b"event: \xff\n\n",
    b"\x00data: x\n\n",
]


@pytest.mark.parametrize("raw", REFUSED)
def test_a_line_that_could_carry_text_beside_the_data_is_refused(raw: bytes) -> None:
    with pytest.raises(BackendMalformed):
        read_event(raw)


BLANKED: dict[bytes, bytes] = {
    b": joe@example.com\ndata: x\n\n": b":\ndata: x\n\n",
    b":4111111111111111\n\n": b":\n\n",
    b"data: x\r\n: any text. at all!\r\n\r\n": b"data: x\r\n:\r\n\r\n",
    b"id: joe@example.com\ndata: x\n\n": b":\ndata: x\n\n",
    b"id: 4111111111111111\n\n": b":\n\n",
}


@pytest.mark.parametrize("raw", BLANKED)
def test_comments_and_ids_that_say_more_than_they_have_to_are_blanked(raw: bytes) -> None:
    event = read_event(raw)
    out, at = b"", 0
    for start, end, new in event.patches:
        out, at = out + raw[at:start] + new, end
    assert out + raw[at:] == BLANKED[raw]


@pytest.mark.parametrize(
    "raw",
    [
        b": ping\n\n",
        b": keep-alive\n\n",
        b":\n\n",
        b": OPENROUTER PROCESSING\n\n",
        b": ping - 2026-01-31 23:59:59.123456\n\n",
        b": ping - 2026-01-31T23:59:59Z\n\n",
        b"id: 42\ndata: x\n\n",
        b"id: 123e4567-e89b-12d3-a456-426614174000\ndata: x\n\n",
        b"retry: 3000\n\n",
        b"event: message\ndata: x\n\n",
    ],
)
def test_keep_alives_and_plain_fields_pass_as_they_came(raw: bytes) -> None:
    assert read_event(raw).patches == ()
