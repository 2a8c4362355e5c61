"""Addresses of cryptocurrencies: Bitcoin (base58check, BIP 173, BIP 350) and Ethereum.

Bitcoin addresses are confirmed by their checksum. Ethereum's checksum (EIP-55) is optional and rests on a hash that
the standard library does not have, so its form alone decides. Test networks and other coins are not looked for.
"""

import hashlib
from typing import Final

from guard.scan.pattern import Pattern, whole

_BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH32_GENERATOR: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_BECH32_CHECKS: Final = (1, 0x2BC830A3)
"""What the checksum comes to in BIP 173 and in BIP 350."""

_BECH32_MOST: Final = 90
_BASE58_BYTES: Final = 25


def is_base58check(text: str) -> bool:
    """Whether `text` is a version byte, a 20-byte hash and four bytes of double SHA-256 in base 58."""
    number = 0
    for char in text:
        number = number * 58 + _BASE58.index(char)
    if number.bit_length() > _BASE58_BYTES * 8:
        return False
    data = number.to_bytes(_BASE58_BYTES, "big")
    body, check = data[:-4], data[-4:]
    return hashlib.sha256(hashlib.sha256(body).digest()).digest()[:4] == check


def is_bech32(text: str) -> bool:
    """Whether `text` is a segregated-witness address: one case throughout, and a checksum of either kind."""
    if len(text) > _BECH32_MOST or text not in (text.lower(), text.upper()):
        return False
    prefix, _, data = text.lower().rpartition("1")
    high, low = [ord(char) >> 5 for char in prefix], [ord(char) & 31 for char in prefix]
    return _polymod([*high, 0, *low, *map(_BECH32.index, data)]) in _BECH32_CHECKS


def _polymod(values: list[int]) -> int:
    """The checksum of BIP 173."""
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_BECH32_GENERATOR):
            check ^= generator if (top >> bit) & 1 else 0
    return check


def is_ethereum(text: str) -> bool:
    """Whether the forty hexadecimal digits could be somebody's: not all of one kind, as the null address is."""
    return len(set(text[2:].lower())) > 2


PATTERNS: Final[tuple[Pattern, ...]] = (
    Pattern(
        type="CRYPTO",
        rule="bitcoin_base58",
        body=r"[13][1-9A-HJ-NP-Za-km-z]{25,34}",
        not_after="0-9A-Za-z",
        not_before="0-9A-Za-z",
        score=1.0,
        validate=whole(is_base58check),
    ),
    Pattern(
        type="CRYPTO",
        rule="bitcoin_bech32",
        body=r"bc1[02-9ac-hj-np-z]{11}[02-9ac-hj-np-z]*",
        not_after="0-9A-Za-z",
        not_before="0-9A-Za-z",
        caseless=True,
        score=1.0,
        validate=whole(is_bech32),
    ),
    Pattern(
        type="CRYPTO",
        rule="ethereum",
        body=r"0[Xx][0-9A-Fa-f]{40}",
        not_after="0-9A-Za-z",
        not_before="0-9A-Za-z",
        score=0.9,
        validate=whole(is_ethereum),
    ),
)
