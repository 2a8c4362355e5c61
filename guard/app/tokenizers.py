"""Builds what counts tokens where backends do not."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import structlog

from guard.config import TokenizerSettings
from guard.errors import ConfigError
from guard.metering.count.desk import CountDesk

_log: Final = structlog.get_logger("guard.tokenizer")


def build_tokenizers(chosen: Sequence[TokenizerSettings]) -> CountDesk | None:
    """The tokenizers, loaded; None if the configuration names none. Raises ConfigError."""
    if not chosen:
        return None
    # The library is large, and most configurations have no use for it here.
    from guard.metering.count.tokenizer import ModelTokenizer

    desk = CountDesk()
    for index, row in enumerate(chosen):
        try:
            data = Path(row.file).read_bytes()
            desk.add(row.models, ModelTokenizer(data), row.picture_tokens)
        except (OSError, ValueError):
            raise ConfigError(
                f"tokenizers[{index}].file: {row.file} can't be read as a tokenizer.json; fetch the model's anew"
            ) from None
        _log.info("tokenizer", models=list(row.models), sha256=hashlib.sha256(data).hexdigest())
    return desk
