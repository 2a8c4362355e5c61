"""A private key is one finding from its header to its footer; without a footer it never ends. The keys are no keys."""

import pytest

from guard.security.private_key import PATTERNS
from tests.pii.reference import find

PAYLOAD = "Tk9UQVJFQUxLRVkK"


def block(label: str, dashes: str = "-----") -> str:
    return f"{dashes}BEGIN {label}{dashes}\n{PAYLOAD}\n{dashes}END {label}{dashes}"


LABELS = (
    "PRIVATE KEY",
    "RSA PRIVATE KEY",
    "EC PRIVATE KEY",
    "DSA PRIVATE KEY",
    "OPENSSH PRIVATE KEY",
    "ENCRYPTED PRIVATE KEY",
    "PGP PRIVATE KEY BLOCK",
    "ANY PRIVATE KEY",
)
ENDLESS = f"-----BEGIN RSA PRIVATE KEY-----\n{PAYLOAD}\nand so on"
SSH2 = f"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n{PAYLOAD}\n---- END SSH2 ENCRYPTED PRIVATE KEY ----"

FOUND = (
    *((f"key:\n{block(label)}\nafter", [block(label)]) for label in LABELS),
    (f"{SSH2}\nafter", [SSH2]),
    (f"{block('PRIVATE KEY')}\n{block('EC PRIVATE KEY')}", [block("PRIVATE KEY"), block("EC PRIVATE KEY")]),
    (f"-{block('PRIVATE KEY')}", [block("PRIVATE KEY")]),
    (f"key: {ENDLESS}", [ENDLESS]),
    (
        f"-----BEGIN RSA PRIVATE KEY-----{PAYLOAD}-----END PRIVATE KEY-----.",
        [f"-----BEGIN RSA PRIVATE KEY-----{PAYLOAD}-----END PRIVATE KEY-----"],
    ),
)

NOT_FOUND = (
    block("PUBLIC KEY"),
    block("CERTIFICATE"),
    block("PGP PUBLIC KEY BLOCK"),
    "BEGIN PRIVATE KEY",
    "-----END PRIVATE KEY-----",
    "---BEGIN PRIVATE KEY---",
    "-" * 80,
)


@pytest.mark.parametrize(("text", "values"), FOUND)
def test_keys_are_found_whole(text: str, values: list[str]) -> None:
    assert find(PATTERNS, text, "SECRET_PRIVATE_KEY") == values


@pytest.mark.parametrize("text", NOT_FOUND)
def test_what_is_not_private_is_left_alone(text: str) -> None:
    assert find(PATTERNS, text, "SECRET_PRIVATE_KEY") == []
