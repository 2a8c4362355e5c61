"""Changed texts back into a frame's bytes; every byte that no change touches stays as it came."""

from collections.abc import Sequence

from guard.core.frame import Frame
from guard.dialects.json_text import encode_string

_Splice = tuple[int, int, bytes]


def render(frame: Frame, texts: Sequence[str] | None) -> bytes:
    """The frame's bytes with `texts` in its slots, one for one; None leaves them as they came.

    A slot within a patch is gone with what the patch replaces.
    When a text changes, the values that repeat it in another form become `null`.
    """
    if texts is None and not frame.patches:
        return frame.raw
    changes = list(frame.patches)
    if texts is not None:
        changes += _changed(frame, texts)
    return _spliced(frame.raw, sorted(changes))


def _changed(frame: Frame, texts: Sequence[str]) -> list[_Splice]:
    slots = [
        (slot.start, slot.end, encode_string(text))
        for slot, text in zip(frame.slots, texts, strict=True)
        if text != slot.text and not any(start <= slot.start < end for start, end, _ in frame.patches)
    ]
    if not slots:
        return []
    outside = [s for s in slots if not any(a <= s[0] < b for a, b in frame.shadows)]
    return outside + [(start, end, b"null") for start, end in frame.shadows]


def _spliced(raw: bytes, changes: Sequence[_Splice]) -> bytes:
    out: list[bytes] = []
    at = 0
    for start, end, new in changes:
        out += (raw[at:start], new)
        at = end
    out.append(raw[at:])
    return b"".join(out)
