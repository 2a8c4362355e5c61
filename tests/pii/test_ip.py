"""IP addresses of both versions are found; version numbers, times, hardware addresses and source code are not.

Addresses are from the documentation ranges (RFC 5737, RFC 3849) and the private ones.
"""

import pytest

from guard.pii.ip import PATTERNS
from tests.pii.reference import find

FOUND = (
    ("Host 192.0.2.1 is up.", ["192.0.2.1"]),
    ("at 192.0.2.1.", ["192.0.2.1"]),
    ("10.0.0.1", ["10.0.0.1"]),
    ("255.255.255.255", ["255.255.255.255"]),
    ("0.0.0.0", ["0.0.0.0"]),
    ("192.0.2.1:8080", ["192.0.2.1"]),
    ("192.0.2.0/24", ["192.0.2.0"]),
    ("10.0.0.1-10.0.0.20", ["10.0.0.1", "10.0.0.20"]),
    ("http://192.0.2.1/x", ["192.0.2.1"]),
    ("192.0.2.1.The next sentence", ["192.0.2.1"]),
    ("１９２.0.2.1", ["１９２.0.2.1"]),
    ("2001:db8::1", ["2001:db8::1"]),
    ("2001:0db8:0000:0000:0000:ff00:0042:8329", ["2001:0db8:0000:0000:0000:ff00:0042:8329"]),
    ("2001:DB8::8:800:200C:417A", ["2001:DB8::8:800:200C:417A"]),
    ("[2001:db8::1]:443", ["2001:db8::1"]),
    ("2001:db8::1: refused", ["2001:db8::1"]),
    ("2001:db8::/32", ["2001:db8::"]),
    ("fe80::1%eth0", ["fe80::1"]),
    ("::ffff:192.0.2.1", ["::ffff:192.0.2.1"]),
    ("64:ff9b::192.0.2.33.", ["64:ff9b::192.0.2.33"]),
    ("2001:db8:1:2:3:4:5::", ["2001:db8:1:2:3:4:5::"]),
)

NOT_FOUND = (
    "1.2.3",
    "1.2.3.4.5",
    "v1.2.3.4",
    "256.1.1.1",
    "192.0.2.01",
    "010.0.0.1",
    "192.0.2.1234",
    "192.0.2.1a",
    "1.2.3.4.5678",
    "12:30:45",
    "00:1A:2B:3C:4D:5E",
    "std::cout",
    "dead::beef",
    "abc::def::fade",
    "x[1::2]",
    "x[::2]",
    "::",
    "1::int",
    "2001:db8:::1",
    "2001:db8::1::2",
    "1:2:3:4:5:6:7:8:9",
    "2001:db8::12345",
    "aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99",
)


@pytest.mark.parametrize(("text", "values"), FOUND)
def test_addresses_are_found(text: str, values: list[str]) -> None:
    assert find(PATTERNS, text, "IP_ADDRESS") == values


@pytest.mark.parametrize("text", NOT_FOUND)
def test_look_alikes_are_left_alone(text: str) -> None:
    assert find(PATTERNS, text, "IP_ADDRESS") == []
