"""Notes as the journal has them: MessagePack, bounded, whatever strangers put into names and backends into counts.
Pure."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from guard.core.entry import Closing, ExchangeEnergy, Opening
from guard.core.usage import Usage

Note = Opening | Closing | ExchangeEnergy
OPENING: Final = 1
CLOSING: Final = 2
ENERGY: Final = 3
MOST_BYTES: Final = 32_768
TEXT_CHARS: Final = 256
ITEMS: Final = 64
_MOST: Final = (1 << 63) - 1
_ENCODER: Final = msgspec.msgpack.Encoder()
_TYPES: Final[dict[int, type[Note]]] = {OPENING: Opening, CLOSING: Closing, ENERGY: ExchangeEnergy}
_DECODERS: Final = {kind: msgspec.msgpack.Decoder(note) for kind, note in _TYPES.items()}


def encoded(note: Note) -> bytes:
    """The note's bytes. One that can't be encoded, or is too long, is cut to what can be."""
    try:
        data = _ENCODER.encode(note)
    except (UnicodeEncodeError, OverflowError):
        return _ENCODER.encode(_cut(note))
    return data if len(data) <= MOST_BYTES else _ENCODER.encode(_cut(note))


def decoded(kind: int, data: bytes) -> Note | None:
    """The note; None for a kind that this release does not know, or bytes that are none."""
    decoder = _DECODERS.get(kind)
    try:
        return None if decoder is None else decoder.decode(data)
    except msgspec.DecodeError:
        return None


def _cut(value: Any) -> Any:
    if isinstance(value, str):
        return str(value[:TEXT_CHARS]).encode("utf-8", "replace").decode()
    if isinstance(value, int) and not isinstance(value, bool):
        return min(max(value, -1), _MOST)
    if isinstance(value, tuple):
        return tuple(map(_cut, value[:ITEMS]))
    if isinstance(value, Mapping):
        return {_cut(name): _cut(one) for name, one in list(value.items())[:ITEMS]}
    if isinstance(value, Opening | Closing | ExchangeEnergy | Usage):
        fields = {name: _cut(getattr(value, name)) for name in value.__struct_fields__}
        return msgspec.structs.replace(value, **fields)
    return value
