"""Compares many more generated texts than the tests do: `python -m tests.pii.presidio.corpus ROUNDS [NAME …]`."""

import sys

from guard.pii.presidio.source import classes, pin_suffix_list
from tests.pii.presidio.differences import reason
from tests.pii.presidio.generate import recognizer_texts
from tests.pii.presidio.test_parity import TEXTS, differing


def main(rounds: int, names: list[str]) -> None:
    """Prints every difference that is not listed, then the totals."""
    pin_suffix_list()
    compared = explained = unexplained = 0
    for name in names or classes():
        texts = [*TEXTS.get(name, ()), *recognizer_texts(classes()[name](), rounds)]
        compared += len(texts)
        for text, theirs, ours in differing(name, texts):
            if reason(name, text) is None:
                unexplained += 1
                print(name, repr(text), "Presidio", sorted(theirs - ours), "Guard", sorted(ours - theirs))
            else:
                explained += 1
    print(f"{compared} texts, {unexplained} differences, and {explained} that are listed with their reason")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
