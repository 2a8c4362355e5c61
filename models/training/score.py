"""Scores texts with an exported window model: windows in length-sorted batches; a text scores its highest window."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from models.training.windows import open_tokenizer, padded, starts, window

_BATCH_TOKENS = 2048
_MOST_WINDOWS = 40
Floats = NDArray[np.float32]


class WindowScorer:
    """An ONNX window model and its tokenizer."""

    def __init__(self, folder: Path, threads: int = 1, model: Path | None = None) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._session = onnxruntime.InferenceSession(str(model or folder / "model.onnx"), options)
        self.tokenizer: Tokenizer = open_tokenizer(str(folder / "tokenizer.json"))

    def texts(self, texts: Sequence[str]) -> Floats:
        """Logits of each text, (texts, columns): the row of its window with the highest binary logit."""
        ids = [encoding.ids for encoding in self.tokenizer.encode_batch(list(texts), add_special_tokens=False)]
        return self.tokens(ids)

    def tokens(self, ids: Sequence[Sequence[int]]) -> Floats:
        """The same for texts that are tokens already."""
        cut = [window(row, start) for row in ids for start in starts(len(row))[:_MOST_WINDOWS]]
        owner = np.array([index for index, row in enumerate(ids) for _ in starts(len(row))[:_MOST_WINDOWS]])
        logits = self.windows(cut)
        best = np.full((len(ids), logits.shape[1]), -np.inf, np.float32)
        for row, index in zip(logits, owner, strict=True):
            if row[0] > best[index, 0]:
                best[index] = row
        return best

    def windows(self, cut: Sequence[Sequence[int]]) -> Floats:
        """Logits of each window, batched by length."""
        order = np.argsort([len(row) for row in cut], kind="stable")
        found: list[Floats] = []
        first = 0
        while first < len(order):
            last, longest = first, 0
            while last < len(order) and max(longest, len(cut[order[last]])) * (last - first + 1) <= _BATCH_TOKENS:
                longest = max(longest, len(cut[order[last]]))
                last += 1
            last = max(last, first + 1)
            ids, mask = padded([cut[index] for index in order[first:last]])
            found.append(self._session.run(None, {"input_ids": ids, "attention_mask": mask})[0])
            first = last
        joined = np.concatenate(found)
        result = np.empty_like(joined)
        result[order] = joined
        return result
