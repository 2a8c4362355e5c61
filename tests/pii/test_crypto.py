"""Bitcoin addresses are found when their checksum fits, Ethereum addresses by their form.

Addresses are the test vectors of BIP 173, BIP 350 and EIP-55, and the one that Bitcoin's first block pays.
"""

import pytest

from guard.pii.crypto import PATTERNS
from tests.pii.reference import find

BASE58 = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
SCRIPT = "3P14159f73E4gFr7JterCCQh9QjiTjiZrG"
BECH32 = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
BECH32_UPPER = "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4"
BECH32M = "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"
LONGEST = "bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y"
ETHEREUM = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"

FOUND = (
    (f"Send to {BASE58}.", [BASE58]),
    (f"({SCRIPT})", [SCRIPT]),
    (f"bitcoin:{BECH32}?amount=1", [BECH32]),
    (BECH32_UPPER, [BECH32_UPPER]),
    (BECH32M, [BECH32M]),
    (LONGEST, [LONGEST]),
    (f"{BASE58} {SCRIPT}", [BASE58, SCRIPT]),
    (f"to {ETHEREUM}, now", [ETHEREUM]),
    (ETHEREUM.lower(), [ETHEREUM.lower()]),
)

NOT_FOUND = (
    BASE58[:-1] + "b",
    BASE58 + "a",
    "x" + BASE58,
    "1" * 30,
    BECH32[:-1] + "5",
    "Bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
    BECH32 + "qqqq",
    "bc1p" + "q" * 84 + "7tcrxw",
    ETHEREUM + "0",
    ETHEREUM[:-1],
    "0x" + "0" * 40,
    "3" + "z" * 30,
)


@pytest.mark.parametrize(("text", "values"), FOUND)
def test_addresses_are_found(text: str, values: list[str]) -> None:
    assert find(PATTERNS, text, "CRYPTO") == values


@pytest.mark.parametrize("text", NOT_FOUND)
def test_look_alikes_are_left_alone(text: str) -> None:
    assert find(PATTERNS, text, "CRYPTO") == []
