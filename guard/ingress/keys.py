"""`/v1/guard/admin/keys`: the key store, for administrators' keys alone.

Each act is decided by `data.guard.admin`, which learns the name, the tenant and the tier of the key in question. A key
is in the answer to its creation and to its rotation, and in nothing else.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Mapping

import msgspec
from litestar.handlers import HTTPRouteHandler

from guard.core.key_record import KeyOrder, KeyRecord
from guard.dialects.guard_keys import KeyList, KeyRequest, decode_key, decode_rotation
from guard.errors import KeyConflict, NotFound
from guard.ingress.admin import admin_route
from guard.metering.key.store import KeyStore
from guard.runtime.administration import Administration, Administrator


class KeyDesk(msgspec.Struct, frozen=True):
    """What the routes work with. `refresh` lets this process see a change at once; `taken` are names used elsewhere."""

    store: KeyStore | None
    refresh: Callable[[], Awaitable[None]]
    refusals: Callable[[], Mapping[str, int]]
    taken: Collection[str] = ()

    def open(self) -> KeyStore:
        """The store. Raises NotFound."""
        if self.store is None:
            raise NotFound("There is no key store here: name a file under identity.key_store.")
        return self.store


def key_routes(door: Administration, desk: KeyDesk) -> list[HTTPRouteHandler]:
    """The routes."""

    async def listed(who: Administrator, _name: str, _body: bytes) -> object:
        await door.permit(who, "key.list", {})
        return KeyList(tuple(await asyncio.to_thread(desk.open().records)), desk.refusals())

    async def created(who: Administrator, _name: str, body: bytes) -> object:
        asked = decode_key(body)
        await door.permit(who, "key.create", {"name": asked.name, "tenant": asked.tenant, "tier": asked.tier})
        if asked.name in desk.taken:
            raise KeyConflict("A key of this name stands in the configuration: choose another name.")
        fresh = await asyncio.to_thread(desk.open().create, _order(asked))
        await desk.refresh()
        return fresh

    async def rotated(who: Administrator, name: str, body: bytes) -> object:
        overlap_ms = decode_rotation(body).overlap_s * 1000
        await door.permit(who, "key.rotate", _resource(await asyncio.to_thread(desk.open().find, name)))
        fresh = await asyncio.to_thread(desk.open().rotate, name, overlap_ms)
        await desk.refresh()
        return fresh

    async def revoked(who: Administrator, name: str, _body: bytes) -> object:
        await door.permit(who, "key.revoke", _resource(await asyncio.to_thread(desk.open().find, name)))
        record = await asyncio.to_thread(desk.open().revoke, name)
        await desk.refresh()
        return record

    place = "/v1/guard/admin/keys"
    return [
        admin_route("GET", place, door, listed),
        admin_route("POST", place, door, created),
        admin_route("POST", f"{place}/{{key:str}}/rotate", door, rotated),
        admin_route("POST", f"{place}/{{key:str}}/revoke", door, revoked),
    ]


def _order(asked: KeyRequest) -> KeyOrder:
    until = None if asked.expires_s is None else time.time_ns() // 1_000_000 + asked.expires_s * 1000
    return KeyOrder(asked.name, asked.tenant, asked.tier, asked.scopes, asked.models, asked.networks, until)


def _resource(record: KeyRecord) -> Mapping[str, str]:
    return {"name": record.name, "tenant": record.tenant, "tier": record.tier}
