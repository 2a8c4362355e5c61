"""Which words could be a name: by their form, by where they stand, and by two lists."""

import pytest

from guard.pii.names.gate import Gate, Lists, Weight
from guard.pii.names.word import words_of

LISTS = Lists.bundled()


def weights(text: str) -> dict[str, int]:
    gate = Gate(LISTS)
    return {word.text: int(gate.weigh(word)) for word in words_of(text)}


def named(text: str) -> list[str]:
    gate = Gate(LISTS)
    return [word.text for word in words_of(text) if gate.weigh(word) is Weight.NAME]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("I met Wojciech Nowak in Kraków.", ["Wojciech", "Nowak", "Kraków"]),
        ("The weather is good. What about it?", []),
        ("Dubrovnik is far.", ["Dubrovnik"]),
        ("it was katarzyna who wrote", ["katarzyna"]),
        ("He said: “However, Zoltán left.”", ["Zoltán"]),
        ("- However\n- Because\n* Instead", []),
        ("see <PERSON_k3f9> there", []),
        ("a list of 3 items, 12b or 14", []),
        ("", []),
    ],
)
def test_a_word_that_could_be_a_name_by_itself(text: str, names: list[str]) -> None:
    assert named(text) == names


@pytest.mark.parametrize(
    ("text", "word", "weight"),
    [
        ("He called Because of it", "Because", Weight.LEAD),
        ("Because of it", "Because", Weight.NONE),
        ("May came", "May", Weight.LEAD),
        ("Vincent van Gogh", "van", Weight.LEAD),
        ("mr nobody", "mr", Weight.NAME),
        ("so I came", "I", Weight.NONE),
        ("at 221b", "221b", Weight.NUMBER),
        ("at 1234567890", "1234567890", Weight.NONE),
        ("on a street", "street", Weight.STREET),
        ("J.", "J", Weight.LEAD),
        ("你好", "你好", Weight.NONE),
    ],
)
def test_a_word_that_is_a_name_only_beside_another(text: str, word: str, weight: Weight) -> None:
    assert weights(text)[word] == weight


def test_where_sentences_begin_in_small_letters_a_wide_gate_takes_uncommon_words_for_names() -> None:
    def wide(text: str) -> list[str]:
        gate = Gate(LISTS, wide=True)
        return [word.text for word in words_of(text) if gate.weigh(word) is Weight.NAME]

    assert wide("i was in dubrovnik for the day") == ["dubrovnik"]
    assert wide("It is in dubrovnik.") == []


def test_the_lists_are_words_in_small_letters_and_streets_are_no_common_words() -> None:
    for words in (LISTS.common, LISTS.given, LISTS.streets, LISTS.particles, LISTS.titles):
        assert all(word == word.lower() and word.isalpha() for word in words)
    assert len(LISTS.common) > 1000
    assert len(LISTS.given) > 1000
