"""Words are the same however a text was cut, and they say where they stand in it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guard.pii.names.word import MOST_WORD, Word, WordCutter, words_of
from tests.flow import cut

PIECES = st.lists(
    st.sampled_from(
        [
            "Ann",
            "O'Neil",
            " ",
            "\n",
            "  ",
            "<PERSON_k3f9>",
            "<PERSON_",
            "<b>",
            "\u200b",
            "é",
            "e\u0301",
            "12",
            "-",
            "中",
            "x" * 70,
            "\\u00e9",
            "\\n",
            "\\",
            "\\u20ac",
            '"',
            "Ｊ",
        ]  # fmt: skip
    ),
    max_size=24,
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Ann O'Neil-Smith, 12b", ["Ann", "O", "'", "Neil", "-", "Smith", ",", "12b"]),
        ("To <PERSON_k3f9>Smith", ["To", "it", "Smith"]),
        ("a <PERSON_K3f9> b", ["a", "<", "PERSON", "_", "K3f9", ">", "b"]),
        ("Jo\u200bhn\u200b x", ["John", "\u200b", "x"]),
        ("Ｊｏｈｎ", ["John"]),
        ("Rene\u0301", ["René"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_a_text_is_cut_into_runs_of_letters_and_single_signs(text: str, words: list[str]) -> None:
    assert [word.text for word in words_of(text)] == words


def test_escapes_in_json_are_letters_and_ends_of_lines() -> None:
    text = r'{"to":"Ren\u00e9e\nAnn \u2014 x\"y"}'
    words = words_of(text, json=True)
    assert [word.text for word in words][6:10] == ["Renée", "Ann", r"\u2014", "x"]
    assert [word.breaks for word in words][6:9] == [0, 1, 0]
    assert text[words[6].start : words[6].end] == r"Ren\u00e9e"


def test_a_word_says_where_it_stands_and_what_is_before_it() -> None:
    assert words_of("Hi,\nAnn") == [
        Word("Hi", 0, 2, breaks=2, apart=True, held=False),
        Word(",", 2, 3, breaks=0, apart=False, held=False),
        Word("Ann", 4, 7, breaks=1, apart=True, held=False),
    ]


def test_a_word_waits_until_it_can_not_grow() -> None:
    for text, whole, covered in (("an", 0, 0), ("an ", 1, 3), ("an,", 2, 3), ("<PERS", 0, 0), ("<PERS ", 2, 6)):
        cutter = WordCutter()
        assert (len(cutter.feed(text, False)), cutter.covered) == (whole, covered), text


def test_long_words_are_cut() -> None:
    assert [len(word.text) for word in words_of("x" * 150)] == [MOST_WORD, MOST_WORD, 150 - 2 * MOST_WORD]


@settings(max_examples=300, deadline=None)
@given(pieces=PIECES, at=st.lists(st.integers(0, 300), max_size=12), json=st.booleans())
def test_words_do_not_depend_on_how_the_text_was_cut(pieces: list[str], at: list[int], json: bool) -> None:
    text = "".join(pieces)
    cutter = WordCutter(json)
    parts = list(cut(text, at))
    words = [word for index, part in enumerate(parts) for word in cutter.feed(part, index == len(parts) - 1)]
    assert words == words_of(text, json)
    assert cutter.covered == len(text) or not parts
