"""What the list `tokenizers` must keep beyond its types."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from guard.config.form import Complaint
from guard.config.settings import Settings

_MOST_BYTES: Final = 64 << 20


def tokenizers_rule(settings: Settings) -> Iterator[Complaint]:
    """Each names a file of bounded size. What is in it is seen when it is loaded."""
    for index, row in enumerate(settings.tokenizers):
        path = Path(row.file)
        if not path.is_file():
            yield f"tokenizers[{index}].file", f"must be a model's tokenizer.json, and {path} is no file; correct it"
        elif path.stat().st_size > _MOST_BYTES:
            yield f"tokenizers[{index}].file", "is larger than 64 MiB, which no tokenizer.json is; correct it"
