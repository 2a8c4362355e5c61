"""A key of the key store, as its owner may see it: all but the key and its digests."""

import msgspec

from guard.core.grant import SCOPES


class KeyOrder(msgspec.Struct, frozen=True):
    """A key to be made. `networks` are CIDR; `expires_ms` is Unix milliseconds, None: no end."""

    name: str
    tenant: str = "default"
    tier: str = "default"
    scopes: tuple[str, ...] = SCOPES
    models: tuple[str, ...] = ("*",)
    networks: tuple[str, ...] = ()
    expires_ms: int | None = None


class KeyRecord(msgspec.Struct, frozen=True):
    """A key that was made. `rotating_until_ms`: until when the key before the newest one is taken as well."""

    name: str
    tenant: str
    tier: str
    scopes: tuple[str, ...]
    models: tuple[str, ...]
    networks: tuple[str, ...]
    created_ms: int
    expires_ms: int | None = None
    revoked_ms: int | None = None
    rotating_until_ms: int | None = None

    def state(self, now_ms: int) -> str:
        """`revoked`, `expired`, `rotating` or `active`."""
        if self.revoked_ms is not None:
            return "revoked"
        if self.expires_ms is not None and self.expires_ms <= now_ms:
            return "expired"
        return "rotating" if (self.rotating_until_ms or 0) > now_ms else "active"


class FreshKey(msgspec.Struct, frozen=True):
    """A key just made: the one time that it is shown."""

    key: str
    record: KeyRecord

    def __repr__(self) -> str:
        return f"FreshKey(record={self.record!r})"
