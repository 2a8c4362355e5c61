"""Forms that several keys' values have, and what is said of a value that has another."""

import re
from typing import Final
from urllib.parse import urlsplit

Complaint = tuple[str, str]
"""A key, and what is wrong with its value: names the cure, and never quotes a value that may be secret."""

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
NAME_CURE: Final = "must be 1 to 64 letters, digits, '.', '_' or '-', and begin with a letter or a digit"
SHA256: Final = re.compile(r"[0-9a-f]{64}")
_EXAMPLE: Final = "http://127.0.0.1:9001/v1"


def url_cure(text: str, example: str = _EXAMPLE, cure_key: str = "api_key", query: bool = False) -> str:
    """What is wrong with an http(s) URL, empty if nothing is; `cure_key` takes its credentials."""
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError:
        return f"is not a URL; write it like {example}"
    if url.scheme not in ("http", "https") or not url.hostname or port == 0 or not text.isprintable() or " " in text:
        return f"must be an http or https URL with a host, like {example}"
    if "@" in url.netloc:
        return f"must not hold credentials; put them into {cure_key}"
    if url.fragment or (url.query and not query):
        return f"must end with its {'query' if query else 'path'}; remove what follows '{'#' if query else '?'}'"
    return ""
