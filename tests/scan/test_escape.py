"""Escapes become what they spell, also escapes of escapes, wherever they are cut; what only looks like one stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guard.scan.escape import MOST_WIDE
from guard.scan.fold import CharTable, Fold

AT_SIGNS = (
    "%40",
    "%2540",
    "%252540",
    "%u0040",
    "&#64;",
    "&#064;",
    "&#x40;",
    "&#X40;",
    "&commat;",
    "&amp;#64;",
    "&amp;commat;",
    "&amp;amp;#x40;",
    r"\u0040",
    r"\u{40}",
    r"\x40",
    r"\U00000040",
    r"\100",
    r"\\u0040",
    r"\\\\u0040",
    "\uff20",
    "%EF%BC%A0",
    "%25EF%25BC%25A0",
)
AS_THEY_ARE = (
    "AT&T and R&D &Co; &",
    "50% of 100%, 5%x",
    r"C:\users\Public",
    r"\d+\s*\w \ufoo \xyz \U0040 \400",
    "&#; &#x; &#q; &; &nosuchname;",
    "fish&chips",
)
JSON = (
    (r'{"a":"jane\u0040x.example"}', '{"a":"jane@x.example"}'),
    (r'{"a":"\ud83d\ude00"}', '{"a":"\x80"}'),
    (r'{"a":"\ud835\udfd2"}', '{"a":"4"}'),
    (r'{"a":"{\"b\":\"jane\\u0040x.example\"}"}', '{"a":"{"b":"jane@x.example"}"}'),
    (r'{"a":"{\"b\":\"{\\\"c\\\":\\\"jane\\\\u0040x.example\\\"}\"}"}', '{"a":"{"b":"{"c":"jane@x.example"}"}"}'),
    (r'{"a":"one\ntwo"}', '{"a":"one\ntwo"}'),
)
PIECES = st.lists(st.sampled_from([*AT_SIGNS, "%", "&", "\\", "#", "u", "4", "0", "25", "amp;", ";", '"', "\ud83d"]))


def folded(pieces: list[str], json: bool = False) -> tuple[str, list[tuple[int, int]]]:
    fold = Fold(CharTable(), json)
    text, spans, before = "", [], 0
    for number, piece in enumerate(pieces):
        said = fold.feed(piece, final=number == len(pieces) - 1)
        size = len(said.text)
        starts = said.starts if said.starts is not None else list(range(before, before + size))
        ends = said.ends if said.ends is not None else [start + 1 for start in starts]
        text += said.text
        spans += zip(starts, ends, strict=True)
        before += len(piece)
    return text, spans


@pytest.mark.parametrize("written", AT_SIGNS)
def test_an_at_sign_is_one_however_it_is_written_and_cut(written: str) -> None:
    text = f"jane{written}x.example"
    for pieces in ([text], list(text)):
        said, spans = folded(pieces)
        assert said == "jane@x.example"
        assert spans[4] == (4, 4 + len(written))


@pytest.mark.parametrize("text", AS_THEY_ARE)
def test_what_is_no_escape_stays_as_it_is(text: str) -> None:
    assert folded([text])[0] == folded(list(text))[0] == text


@pytest.mark.parametrize(("written", "said"), JSON)
def test_json_in_json_is_read_to_its_ground(written: str, said: str) -> None:
    assert folded([written], json=True)[0] == folded(list(written), json=True)[0] == said


@given(pieces=PIECES, json=st.booleans())
def test_a_cut_within_an_escape_changes_nothing(pieces: list[str], json: bool) -> None:
    text = "".join(pieces)
    assert folded(list(text) or [""], json) == folded([text], json) == folded(pieces or [""], json)


@pytest.mark.parametrize("written", ["%" + "25" * 500, "\\" * 500, "&" + "amp;" * 500])
def test_an_escape_without_end_is_held_no_further_than_its_bound(written: str) -> None:
    fold = Fold(CharTable())
    for char in written:
        fold.feed(char)
        assert fold.received - fold.settled <= 2 * MOST_WIDE


@pytest.mark.parametrize(
    ("written", "said"), [("j\u043ee@ex\u0430mple.c\u043em", "joe@example.com"), ("\u0391\u0395 07", "AE 07")]
)
def test_letters_that_look_like_latin_ones_are_read_as_those(written: str, said: str) -> None:
    assert folded([written])[0] == said
