"""Addresses to listen on: `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`. It resolves no names."""

import ipaddress

import msgspec


class Address(msgspec.Struct, frozen=True):
    """An IP address (or `localhost`) and a port."""

    host: str
    port: int

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return self.host == "localhost" or ipaddress.ip_address(self.host).is_loopback


def parse_address(text: str) -> Address:
    """From ADDRESS:PORT. Raises ValueError with the cure."""
    host, colon, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise ValueError("must have its IPv6 address in brackets, like [::1]:8080")
    if not colon or not port.isascii() or not port.isdigit() or not 0 < int(port[:6]) < 65_536:
        raise ValueError("must be ADDRESS:PORT with a port from 1 to 65535, like 127.0.0.1:8080")
    if host != "localhost":
        try:
            ipaddress.ip_address(host)
        except ValueError:
            raise ValueError("must begin with an IP address or localhost, like 127.0.0.1:8080") from None
    return Address(host=host, port=int(port))
