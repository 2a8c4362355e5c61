"""A token model that one can follow: `ann`, `bob`, `smith` are persons, `london` a place; `to` before a word spoils it.

So a word's label depends on what the model sees to its left, and `esq` behind a word makes it a person.
"""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np

from guard.errors import EngineError
from guard.inference.batcher import Batcher
from guard.inference.manifest import EntitySpec, ModelSpec, TokenizerSpec
from guard.inference.runner import Floats, Ids
from guard.inference.schedule import Limits
from guard.inference.shape import unpacked
from guard.inference.token import Tokens
from guard.pii.names.gate import Lists
from guard.pii.names.label import Labeller
from guard.pii.names.span import Decoder
from guard.pii.names.stream import FlowingNames
from guard.pii.names.whole import WholeNames
from tests.inference.vocabulary import tokenizer_json

MAX_TOKENS, STRIDE_TOKENS = 24, 8
WORDS = (
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "ann",
    "bob",
    "smith",
    "london",
    "to",
    "esq",
    "the",
    "met",
    ".",
    ",",
    "-",
    "it",
)
LISTS = Lists(frozenset({"the", "met", "to"}), frozenset({"ann", "bob"}), frozenset({"street"}))
SPEC = ModelSpec(
    name="pii-ner",
    kind="token",
    file="m",
    sha256="0" * 64,
    tokenizer=TokenizerSpec("t", "0" * 64),
    license="none",
    version="3",
    max_tokens=MAX_TOKENS,
    stride_tokens=STRIDE_TOKENS,
    labels=("O", "B-PERSON", "I-PERSON", "B-LOCATION", "I-LOCATION"),
    entities=(EntitySpec("PERSON"), EntitySpec("LOCATION")),
)
_LABELS = {"ann": 1, "bob": 1, "smith": 2, "london": 3}
_LOUD = 9.0


class Register:
    """Labels by the register above. It counts its windows, fails while `broken` and waits for `gate`."""

    def __init__(self) -> None:
        self.windows: list[list[str]] = []
        self.broken = False
        self.gate = threading.Event()
        self.gate.set()

    def run(self, ids: Ids, mask: Ids) -> Floats:
        assert self.gate.wait(20)
        if self.broken:
            raise EngineError("broken")
        logits = np.zeros((*ids.shape, 5), dtype=np.float32)
        for row, one in enumerate(unpacked(ids)[0].tolist()):
            words = [WORDS[id_] for id_ in one]
            self.windows.append([word for word in words if word not in ("[PAD]", "[CLS]", "[SEP]")])
            for at, word in enumerate(words):
                after = words[at + 1] if at + 1 < len(words) else ""
                label = 1 if after == "esq" else 0 if words[at - 1] == "to" else _LABELS.get(word, 0)
                logits[row, at, label] = _LOUD
        return logits

    def close(self) -> None:
        """Nothing to free."""


@asynccontextmanager
async def labeller(runner: Register | None = None) -> AsyncIterator[Labeller]:
    """A labeller with its batches running."""
    batcher = Batcher(runner or Register(), Limits(windows=8, tokens=512, queue=512))
    batcher.start()
    try:
        yield Labeller(SPEC, Tokens(tokenizer_json(WORDS), MAX_TOKENS, STRIDE_TOKENS), batcher)
    finally:
        await batcher.stop()
        await asyncio.sleep(0)


@asynccontextmanager
async def whole(runner: Register | None = None, patience_s: float = 20.0) -> AsyncIterator[WholeNames]:
    async with labeller(runner) as one:
        yield WholeNames("names", one, Decoder(SPEC, "names"), LISTS, patience_s)


@asynccontextmanager
async def flowing(
    runner: Register | None = None, left: int = 4, right: int = 2, patience_s: float = 20.0
) -> AsyncIterator[FlowingNames]:
    async with labeller(runner) as one:
        yield FlowingNames("names", one, Decoder(SPEC, "names"), LISTS, patience_s, left, right)
