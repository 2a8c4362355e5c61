"""Facts about the media parts of a request: what they are, whence they come, how large; never what they show.

Parts are known by the member that carries them. It cannot see media in members of other names, which are texts to Guard
and inspected as such, nor whether a part is what its type says.
"""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from guard.core.facts import MediaFacts
from guard.errors import MalformedRequest

_CONTENT: Final = "messages[].content[]."
KINDS: Final[Mapping[str, str]] = {
    f"{_CONTENT}image_url": "image",
    f"{_CONTENT}image_url.url": "image",
    f"{_CONTENT}image_url.file_id": "image",
    f"{_CONTENT}input_audio.data": "audio",
    f"{_CONTENT}audio_url": "audio",
    f"{_CONTENT}audio_url.url": "audio",
    f"{_CONTENT}video_url": "video",
    f"{_CONTENT}video_url.url": "video",
    f"{_CONTENT}file.file_data": "file",
    f"{_CONTENT}file.file_id": "file",
    f"{_CONTENT}file.file_url": "file",
}
"""The member that carries a part, and the part's kind."""
_MOST_KINDS: Final = 64
_HOST: Final = re.compile(r"[a-z0-9.\-:\[\]]{1,253}")
_TYPE: Final = re.compile(r"data:([A-Za-z0-9.+\-]{1,64}/[A-Za-z0-9.+\-]{1,64})[;,]")

_Key = tuple[str, str, str, str]


class MediaCount:
    """Counts the parts of one request."""

    __slots__ = ("_counts",)

    def __init__(self) -> None:
        self._counts: dict[_Key, tuple[int, int]] = {}

    def add(self, where: str, text: str) -> None:
        """One part. Raises MalformedRequest when there are too many kinds of them."""
        kind = KINDS[where]
        source, size = _source(where, text)
        key = (kind, source, _type(text), _host(text) if source == "remote" else "")
        count, total = self._counts.get(key, (0, 0))
        self._counts[key] = (count + 1, total + size)
        if len(self._counts) > _MOST_KINDS:
            raise MalformedRequest(f"The request has media from more than {_MOST_KINDS} sources; send it in parts.")

    def facts(self) -> tuple[MediaFacts, ...]:
        """All of them, in the order of their first part."""
        return tuple(MediaFacts(*key, count, total) for key, (count, total) in self._counts.items())


def _source(where: str, text: str) -> tuple[str, int]:
    """Whence a part comes, and the bytes that it has in the request."""
    if where.endswith(".file_id"):
        return "id", 0
    if text[:5].lower() == "data:":
        _, _, data = text.partition(",")
        return "inline", _decoded(data)
    if where.endswith(("_url", ".url")):
        return "remote", 0
    return "inline", _decoded(text)


def _decoded(data: str) -> int:
    return len(data.rstrip("=")) * 3 // 4


def _type(text: str) -> str:
    found = _TYPE.match(text)
    return found[1].lower() if found else ""


def _host(text: str) -> str:
    try:
        host = (urlsplit(text).hostname or "").lower()
    except ValueError:
        return ""
    return host if _HOST.fullmatch(host) else ""
