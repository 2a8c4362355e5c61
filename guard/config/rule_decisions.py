"""What the section `decisions` must keep beyond its types."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from guard.audit.mask import Mask
from guard.config.decisions import LogPlaceSettings, RecordSettings
from guard.config.form import Complaint, url_cure
from guard.config.settings import Settings

_KEY_BYTES: Final = 16
_OF_KIND: Final = {"file": ("path",), "http": ("url", "token", "ca_file"), "stdout": ()}


def decisions_rule(settings: Settings) -> Iterator[Complaint]:
    """Places, masks and keys."""
    chosen = settings.decisions
    for index, place in enumerate(chosen.log):
        yield from _place(f"decisions.log[{index}]", place)
    yield from _twice(chosen.log)
    for index, pointer in enumerate(chosen.mask):
        try:
            Mask(pointer)
        except ValueError as error:
            yield f"decisions.mask[{index}]", str(error)
    if chosen.record is not None:
        yield from _record(chosen.record)


def _place(path: str, place: LogPlaceSettings) -> Iterator[Complaint]:
    wanted = _OF_KIND[place.kind]
    for name in ("path", "url", "token", "ca_file"):
        if getattr(place, name) is not None and name not in wanted:
            yield f"{path}.{name}", f"means nothing for kind {place.kind}; remove it"
    if place.kind == "file" and place.path is None:
        yield f"{path}.path", "is missing; name the file"
    if place.path is not None and not Path(place.path).parent.is_dir():
        yield f"{path}.path", f"is in a directory that is not there; create {Path(place.path).parent}"
    if place.kind == "http" and place.url is None:
        yield f"{path}.url", "is missing; name the service"
    if place.url is not None and (cure := url_cure(place.url, cure_key="token")):
        yield f"{path}.url", cure
    token = place.token.reveal() if place.token else "x"
    if not (token.isascii() and token.isprintable()) or " " in token:
        yield f"{path}.token", "must be printable ASCII without spaces, for it travels in a header"
    if place.ca_file is not None and not Path(place.ca_file).is_file():
        yield f"{path}.ca_file", "is not a file; name a PEM file of certificates"


def _twice(places: tuple[LogPlaceSettings, ...]) -> Iterator[Complaint]:
    seen: set[object] = set()
    for index, place in enumerate(places):
        where = place.kind, place.path, place.url
        if where in seen:
            yield f"decisions.log[{index}]", "names a place that stands above; keep one"
        seen.add(where)


def _record(record: RecordSettings) -> Iterator[Complaint]:
    if not Path(record.path).parent.is_dir():
        yield "decisions.record.path", f"is in a directory that is not there; create {Path(record.path).parent}"
    if record.text and record.key is None:
        yield "decisions.record.key", "is missing, and texts are kept only sealed; set it, or text: false"
    if record.key is not None and len(record.key.reveal().encode()) < _KEY_BYTES:
        yield "decisions.record.key", f"is too short; give {_KEY_BYTES} bytes or more, drawn at random"
