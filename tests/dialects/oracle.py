"""An independent walk over a document with Python's own reader: which of its strings may stay out of every slot.

It shares no code with the dialects but the forms of marks, media and words, which have tests of their own.
"""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from guard.dialects.mark import is_inert, is_mark, is_media, is_padding
from guard.dialects.openai_shape import ANSWER_MARKS, ANSWER_MEDIA, LABELS, REQUEST_MARKS, REQUEST_MEDIA

Walked = tuple[tuple[Any, ...], str, bool]


def strings(value: Any, path: tuple[Any, ...] = ()) -> Iterator[Walked]:
    """Every string of a document: its path, itself, and whether it is a name."""
    if isinstance(value, str):
        yield path, value, False
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from strings(each, (*path, number))
    elif isinstance(value, dict):
        for name, each in value.items():
            yield (*path, name), name, True
            yield from strings(each, (*path, name))


def _where(path: tuple[Any, ...]) -> str:
    """The path as the tables write it; nothing a table could hold if a name in it is odd."""
    out = ""
    for step in path:
        if isinstance(step, int):
            out += "[]"
        elif not step or set(step) & set(".[]"):
            return "\0"
        else:
            out += f".{step}" if out else step
    return out


def _may_pass(walked: Walked, *, answer: bool, stream: bool) -> bool:
    path, text, name = walked
    if not text:
        return True
    if name:
        return is_mark(text)
    where = _where(path)
    marks, media = (ANSWER_MARKS, ANSWER_MEDIA) if answer else (REQUEST_MARKS, REQUEST_MEDIA)
    if (where in marks and is_mark(text)) or (where in media and is_media(text)):
        return True
    if answer and ((path and path[-1] in LABELS and is_mark(text)) or (where == "obfuscation" and is_padding(text))):
        return True
    return not stream and is_inert(text)


def unseen(raw: bytes, slots: list[str], *, answer: bool, stream: bool) -> list[str]:
    """The document's strings that are in no slot and may not pass. `slots`: the slots' texts."""
    found = strings(json.loads(raw))
    required = Counter(walked[1] for walked in found if not _may_pass(walked, answer=answer, stream=stream))
    return list((required - Counter(slots)).elements())
