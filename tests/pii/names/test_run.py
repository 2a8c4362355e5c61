"""Runs: what could be a name waits for its right context, everything else goes on; long runs are read in parts."""

import pytest

from guard.pii.names.gate import Gate
from guard.pii.names.run import MOST_RUN, RunReader, Stretch
from guard.pii.names.word import WordCutter, words_of
from tests.pii.names.token_model import LISTS


def read(text: str, left: int = 2, right: int = 2, final: bool = False) -> list[Stretch]:
    reader = RunReader(Gate(LISTS), left, right)
    cutter = WordCutter()
    words = cutter.feed(text, final)
    return reader.feed(words, cutter.covered, final)


def asked(stretches: list[Stretch]) -> list[tuple[list[str], int, int]]:
    return [([word.text for word in one.words], one.first, one.last) for one in stretches if one.words]


def test_clean_text_is_decided_up_to_the_word_that_flows() -> None:
    assert read("it was so go") == [Stretch(10)]
    assert read("it was so go ") == [Stretch(13)]


def test_a_name_waits_for_its_right_context_and_is_read_with_its_left_one() -> None:
    assert read("so it was Ann Smith ") == [Stretch(10)]
    assert read("so it was Ann Smith who ") == [Stretch(10)]
    assert asked(read("so it was Ann Smith who came ")) == [(["it", "was", "Ann", "Smith", "who", "came"], 2, 6)]
    assert read("so it was Ann Smith who came ")[-1] == Stretch(29)


def test_an_empty_line_ends_a_run() -> None:
    assert asked(read("so Ann\n\nit ")) == [(["so", "Ann"], 1, 2)]
    assert asked(read("so Ann\nit ")) == []


def test_signs_are_no_context() -> None:
    assert asked(read("so Ann, (and ")) == []
    assert asked(read("so Ann, (and bob ")) == []
    assert len(asked(read("so Ann, (and then "))) == 1


def test_words_that_are_names_only_beside_others_need_no_model_alone() -> None:
    assert asked(read("at 12 of them all ")) == []
    assert asked(read("at 12 Ann of them all ")) == [(["at", "12", "Ann", "of", "them"], 1, 5)]


def test_a_number_alone_waits_for_a_street_and_no_longer() -> None:
    assert read("at 12 of ", right=4) == [Stretch(3)]
    assert read("at 12 of them ", right=4) == [Stretch(14)]


def test_a_number_and_a_street_need_no_name() -> None:
    assert asked(read("at 12 something street or so ")) == [(["at", "12", "something", "street", "or", "so"], 1, 6)]
    assert asked(read("at the street or so ")) == []


def test_a_word_that_may_lead_a_name_waits_for_the_next_one_alone() -> None:
    assert read("it was The ") == [Stretch(7)]
    assert read("it was The end ") == [Stretch(15)]
    assert asked(read("it was The Ann so it ")) == [(["it", "was", "The", "Ann", "so", "it"], 2, 6)]


def test_the_end_needs_no_right_context() -> None:
    stretches = read("so Ann", final=True)
    assert asked(stretches) == [(["so", "Ann"], 1, 2)]
    assert stretches[-1] == Stretch(6)


@pytest.mark.parametrize(("word", "counts"), [("Ann ", [32, 28]), ("Ann, ", [32, 32, 32, 24])])
def test_a_long_run_is_read_in_parts_with_what_follows_as_context(word: str, counts: list[int]) -> None:
    found = asked(read(word * 60, final=True))
    assert [last - first for _, first, last in found] == counts
    assert max(counts) <= MOST_RUN


def test_a_long_run_is_parted_behind_a_sign_where_there_is_one() -> None:
    text = "Ann " * 20 + ", " + "Ann " * 20
    (first, *_) = asked(read(text, final=True))
    words, start, last = first
    assert (words[last - 1], last - start, len(words)) == (",", 21, 32)


def test_runs_do_not_depend_on_how_words_came() -> None:
    text = "so Ann Smith, and 12 to Bob. The met ann in London who was there and then " * 3
    words = words_of(text)
    whole = asked(RunReader(Gate(LISTS), 4, 2).feed(words, len(text), True))
    reader = RunReader(Gate(LISTS), 4, 2)
    pieces = [one for at, word in enumerate(words) for one in reader.feed([word], word.end, at == len(words) - 1)]
    assert asked(pieces) == whole
