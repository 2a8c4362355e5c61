"""Media parts of a request become facts: what, whence, how large."""

from typing import Any

import pytest

from guard.core.facts import MediaFacts
from guard.errors import MalformedRequest

from . import sample

PARTS: tuple[tuple[dict[str, Any], MediaFacts], ...] = (
    (
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}},
        MediaFacts("image", "inline", "image/png", "", 1, 8),
    ),
    (
        {"type": "image_url", "image_url": {"url": "https://Images.example.com/a.png?x=1"}},
        MediaFacts("image", "remote", "", "images.example.com", 1, 0),
    ),
    (
        {"type": "input_audio", "input_audio": {"data": "UklGRiQA", "format": "wav"}},
        MediaFacts("audio", "inline", "", "", 1, 6),
    ),
    ({"type": "file", "file": {"file_id": "file-1"}}, MediaFacts("file", "id", "", "", 1, 0)),
    (
        {"type": "file", "file": {"file_data": "data:application/pdf;base64,JVBERi0x", "filename": "a.pdf"}},
        MediaFacts("file", "inline", "application/pdf", "", 1, 6),
    ),
    (
        {"type": "video_url", "video_url": {"url": "https://v.example.com/a.mp4"}},
        MediaFacts("video", "remote", "", "v.example.com", 1, 0),
    ),
    ({"type": "image_url", "image_url": "https://a.example/b"}, MediaFacts("image", "remote", "", "a.example", 1, 0)),
    ({"type": "image_url", "image_url": {"url": "https://[oops"}}, MediaFacts("image", "remote", "", "", 1, 0)),
)


def media(*parts: dict[str, Any]) -> tuple[MediaFacts, ...]:
    return sample.ask(messages=[{"role": "user", "content": [{"type": "text", "text": "What?"}, *parts]}]).media


@pytest.mark.parametrize(("part", "facts"), PARTS)
def test_a_part_becomes_a_fact(part: dict[str, Any], facts: MediaFacts) -> None:
    assert media(part) == (facts,)


def test_parts_of_one_kind_and_source_are_counted_together() -> None:
    image = PARTS[0][0]
    assert media(image, image) == (MediaFacts("image", "inline", "image/png", "", 2, 16),)


def test_text_is_no_media() -> None:
    assert media() == ()


def test_too_many_sources_are_refused() -> None:
    parts = [{"type": "image_url", "image_url": {"url": f"https://h{n}.example/a"}} for n in range(65)]
    with pytest.raises(MalformedRequest, match="sources"):
        media(*parts)
