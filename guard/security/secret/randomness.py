"""How random a piece of text looks: what tells a machine's key from the words that names and prose are made of.

It counts characters and pairs of letters; it knows no word. A passphrase of words does not look random to it.
"""

import math
import re
from collections import Counter
from itertools import pairwise
from typing import Final

_PAIRS: Final = (
    "14551240402656040656322230",
    "63436110540722520552600040",
    "60426206405521710436400020",
    "53347222711422530453421020",
    "42564430200546243765132520",
    "52235520700512610544500030",
    "51327145500535520653521001",
    "71227100601332620435300030",
    "44544440001547640455040203",
    "60337100503230630250714020",
    "52338231600524330364423020",
    "61247210701612630144420050",
    "74137100601442660142400020",
    "51566461503313520166331020",
    "34551330303557450644534200",
    "60226214501511650645400040",
    "21021200100533300342930010",
    "61447230602343630555321040",
    "40527215603432551157512030",
    "61427305700321530654412040",
    "45435430400556350656000100",
    "72208110600020500122001010",
    "61236216602325621653101100",
    "43627312500442361227210140",
    "43435342520555470365223032",
    "62008202600241430203210031",
)
"""How common each letter is behind each other one in English words, 0 to 9: a row for the first letter, `a` to `z`."""
_COMMON: Final = 4.0
"""The mean that 19 of 20 English words of six letters reach, and one of ten runs of random letters."""
_LETTERS: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")


def entropy(text: str) -> float:
    """Shannon's, of the characters, in bits."""
    counts, size = Counter(text), len(text)
    return -sum(count / size * math.log2(count / size) for count in counts.values()) if size else 0.0


def wordiness(text: str) -> float:
    """The share of a text that stands in runs of three letters or more which look like words or their beginnings."""
    runs = [run for run in _LETTERS.findall(text) if len(run) >= 3]
    return sum(len(run) for run in runs if _is_word(run.lower())) / len(text) if text else 0.0


def _is_word(run: str) -> bool:
    pairs = [int(_PAIRS[ord(one) - 97][ord(other) - 97]) for one, other in pairwise(run)]
    return sum(pairs) / len(pairs) >= _COMMON
