"""Records of the write-ahead journal: how they are framed, and where a file of them ends soundly. Pure.

A record is its length and CRC-32 (little-endian, four bytes each), then one byte of kind and its payload. A process
that dies while it writes leaves a torn record at the end of its last file; reading stops there. It can't see what
payloads mean.
"""

import struct
import zlib
from typing import Final

MAGIC: Final = b"GUARDJ1\n"
_HEAD: Final = struct.Struct("<II")
MOST_BYTES: Final = 1 << 20
"""A longer record is none: its length is garbage."""

Record = tuple[int, bytes]
"""Kind and payload."""


def framed(kind: int, payload: bytes) -> bytes:
    """One record as it is written."""
    body = bytes((kind,)) + payload
    return _HEAD.pack(len(body), zlib.crc32(body)) + body


def read_records(data: bytes, most: int) -> tuple[list[Record], int]:
    """The whole, sound records that `data` begins with, `most` at most, and how many bytes they take."""
    records: list[Record] = []
    at = 0
    while len(records) < most and at + _HEAD.size <= len(data):
        length, checksum = _HEAD.unpack_from(data, at)
        body = data[at + _HEAD.size : at + _HEAD.size + length]
        if not 0 < length <= MOST_BYTES or len(body) < length or zlib.crc32(body) != checksum:
            break
        records.append((body[0], body[1:]))
        at += _HEAD.size + length
    return records, at
