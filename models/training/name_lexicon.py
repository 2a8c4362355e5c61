"""Writes the two word lists that the gate for names looks words up in: `guard/pii/names/common.txt` and `given.txt`.

    python -m models.training.name_lexicon DATA

DATA holds `ner.jsonl.gz` (labelled tokens) and files of JSON lines with `text`, which tell how often a word is written
small. Common words are often written small and hardly ever part of a name. Given names are Faker's (MIT), of locales in
Latin script; those that are often written small are left out, unless they are common words, which stand in both.
"""

import argparse
import gzip
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, Final

TARGET: Final = Path(__file__).parents[2] / "guard" / "pii" / "names"
TEXTS: Final = ("unsafe.jsonl.gz", "injection.jsonl.gz")
LOCALES: Final = (
    "en_US", "en_GB", "en_IN", "de_DE", "fr_FR", "es_ES", "it_IT", "nl_NL", "pl_PL", "pt_PT", "sv_SE", "da_DK",
    "no_NO", "fi_FI", "hu_HU", "cs_CZ", "ro_RO", "tr_TR", "hr_HR", "et_EE", "lt_LT", "id_ID",
)  # fmt: skip
MOST_GIVEN: Final = 2000
"""Of one locale and list."""
MOST_COMMON: Final = 5_000
COMMON_SEEN: Final = 12
BEGUN: Final = 3
"""A given name is a common word only if it opened so many sentences without being a name."""
ENTITY_SHARE: Final = 0.03
COARSE: Final = re.compile(r"n[i1]gg|fag|f+u+c+k|sh[i1]t|b[i1]tch|cunt|slut|whore|rap[ei]|cock|dick|puss|tit|fuk|wank")
"""Left out of a list that people read."""
WORD: Final = re.compile(r"[a-z]+")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    data = parser.parse_args().data
    small = Counter(word for text in _texts(data) for word in re.findall(r"(?<![\w'])[a-z]+(?!\w)", text))
    written, seen, named, begun = _tagged(data / "ner.jsonl.gz")
    small += written
    given = {name.lower() for locale in LOCALES for name in _names(locale) if WORD.fullmatch(name.lower())}
    common = [
        word
        for word, count in small.most_common()
        if len(word) > 1
        and word.isalpha()
        and not COARSE.match(word)
        and count >= COMMON_SEEN
        and named[word] <= ENTITY_SHARE * (seen[word] + written[word])
        and (word not in given or begun[word] >= BEGUN)
    ][:MOST_COMMON]
    often = {word for word, count in small.items() if count > COMMON_SEEN}
    kept = sorted(name for name in given if len(name) > 2 and (name in common or name not in often))
    (TARGET / "common.txt").write_text("\n".join(sorted(common)) + "\n")
    (TARGET / "given.txt").write_text("\n".join(kept) + "\n")
    print(len(common), "common words,", len(kept), "given names")


def _texts(data: Path) -> Iterator[str]:
    for name in TEXTS:
        with gzip.open(data / name, "rt") as lines:
            yield from (json.loads(line)["text"] for line in lines)


def _tagged(path: Path) -> tuple[Counter[str], Counter[str], Counter[str], Counter[str]]:
    """How often a word is written small, is written large, is part of a name then, and opens a sentence without."""
    written: Counter[str] = Counter()
    seen: Counter[str] = Counter()
    named: Counter[str] = Counter()
    begun: Counter[str] = Counter()
    with gzip.open(path, "rt") as lines:
        for row in map(json.loads, lines):
            for at, (token, tag) in enumerate(zip(row["tokens"], row["tags"], strict=True)):
                word = token.lower()
                if token[:1].islower():
                    written[word] += tag == "O"
                elif token[:1].isupper():
                    seen[word] += 1
                    named[word] += tag != "O"
                    begun[word] += tag == "O" and at == 0
    return written, seen, named, begun


def _names(locale: str) -> Iterable[str]:
    provider: Any = import_module(f"faker.providers.person.{locale}").Provider
    for field in ("first_names", "first_names_male", "first_names_female"):
        names: Any = getattr(provider, field, ())
        yield from list(sorted(names, key=names.get, reverse=True) if isinstance(names, dict) else names)[:MOST_GIVEN]


if __name__ == "__main__":
    main()
