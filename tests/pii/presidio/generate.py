"""Texts for a recognizer, made from its own expressions: values that match, that hardly do not, and what stands around.

Walks an expression's parse tree by chance. Looks are not kept to, so some of what it writes is no match: both sides
have to see that.
"""

import random
from collections.abc import Iterator

from presidio_analyzer import PatternRecognizer

from guard.scan.syntax import parse
from tests.scan.written import write

SEED = 20_261_125
FRAMES = (
    "{}",
    "It is {}.",
    "The number was {}, she said; nobody objected.",
    "a{}",
    "{}b",
    "7{}",
    "{}3 and more",
    "({})",
    "x={};y=1",
    "{} {}",
    "{},{}",
    "one\n{}\ntwo",
    "see {}-1 there",
    "\u00e9{} \u4e2d",
    "{}\u00fc",
)
WITH_CONTEXT = (
    "My {word} is {value} as of today.",
    "{word}: {value}",
    "{word} {value}",
    'The {word} that he gave to us was "{value}".',
    "{WORD} no {value}",
    "{word} one two three four five six seven {value}",
    "{word} alpha beta gamma delta {value}",
    "{word} of the same and with that {value} too",
)


def recognizer_texts(recognizer: PatternRecognizer, rounds: int) -> Iterator[str]:
    """The same texts in every run."""
    chance = random.Random(SEED)
    words = [word for word in recognizer.context or () if word.isascii() and word.isalnum()]
    for pattern in recognizer.patterns:
        tree = parse(_plain(pattern.regex), int(recognizer.global_regex_flags))
        for number in range(rounds):
            value = _spoilt(write(tree, chance), chance)
            frame = FRAMES[number % len(FRAMES)]
            yield frame.format(*[value if chance.random() < 0.6 else write(tree, chance)] * frame.count("{}"))
            if words:
                word = chance.choice(words)
                yield chance.choice(WITH_CONTEXT).format(word=word, WORD=word.upper(), value=value)


def _plain(regex: str) -> str:
    return regex.replace("(?i)", "")


def _spoilt(value: str, chance: random.Random) -> str:
    """Often the value itself, else one with a character changed, doubled or left out."""
    if not value or chance.random() < 0.6:
        return value
    at = chance.randrange(len(value))
    middle = chance.choice(("", value[at] * 2, chance.choice("0123456789ABCxyz- .")))
    return value[:at] + middle + value[at + 1 :]
