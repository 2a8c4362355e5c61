"""The form of what a key is made with. Whatever does not fit is refused before anything is stored."""

import re
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Final

import msgspec

from guard.core.grant import ALL_SCOPES, Network
from guard.core.key_record import KeyOrder
from guard.errors import InvalidKeyOrder

MOST_ITEMS: Final = 64
MOST_CHARS: Final = 128
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def is_name(text: str) -> bool:
    """Whether it can be a key's, a tenant's or a tier's name."""
    return _NAME.fullmatch(text) is not None


def network(text: str) -> Network:
    """From CIDR (`10.0.0.0/8`, `2001:db8::/32`) or one address. Raises ValueError."""
    return ip_network(text, strict=True)


def list_complaints(
    scopes: tuple[str, ...], models: tuple[str, ...], networks: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    """What is wrong with a key's lists: the list's name, and the cure."""
    if not scopes or set(scopes) - set(ALL_SCOPES):
        yield "scopes", f"must be some of {', '.join(ALL_SCOPES)}"
    if not models or any(not pattern or len(pattern) > MOST_CHARS for pattern in models):
        yield "models", f"must be names or fnmatch patterns of 1 to {MOST_CHARS} characters; '*' is every model"
    if max(len(models), len(networks)) > MOST_ITEMS:
        yield "models" if len(models) > MOST_ITEMS else "networks", f"has more than {MOST_ITEMS} items; join some"
    for text in networks:
        try:
            network(text)
        except ValueError:
            yield "networks", "must be networks in CIDR, like 10.0.0.0/8, without bits behind the prefix"
            return


def check_order(order: KeyOrder, now_ms: int) -> None:
    """Passes an order that may be stored. Raises InvalidKeyOrder."""
    for field, value in (("name", order.name), ("tenant", order.tenant), ("tier", order.tier)):
        if not is_name(value):
            raise InvalidKeyOrder(
                f"{field}: must be 1 to 64 letters, digits, '.', '_' or '-', and begin with a letter or a digit."
            )
    for field, cure in list_complaints(order.scopes, order.models, order.networks):
        raise InvalidKeyOrder(f"{field}: {cure}.")
    if order.expires_ms is not None and not now_ms < order.expires_ms < 1 << 53:
        raise InvalidKeyOrder("expires: must be a time to come.")


def wrapped(items: tuple[str, ...]) -> str:
    """A list as it is stored."""
    return msgspec.json.encode(items).decode()


def unwrapped(stored: object) -> tuple[str, ...]:
    """A list as it was stored."""
    return msgspec.json.decode(str(stored), type=tuple[str, ...])
