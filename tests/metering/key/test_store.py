"""The key store: what is made is found, what is revoked is refused, no key is in the file, and servers learn of it."""

import asyncio
import os
import stat
import time
from pathlib import Path

import pytest

from guard.core.grant import Grant
from guard.core.key_record import KeyOrder
from guard.errors import InvalidKeyOrder, KeyConflict, KeyStoreError, KeysUnavailable, NotFound
from guard.metering.key import store as store_module
from guard.metering.key import watch
from guard.metering.key.store import KeyStore
from guard.metering.key.table import KeyTable
from guard.metering.key.watch import WatchedKeys

DAY = 86_400_000
SOON = time.time_ns() // 1_000_000 + DAY


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    return KeyStore(tmp_path / "keys.db")


class Looking(WatchedKeys):
    """Tells when it has looked by itself."""

    def __init__(self, store: KeyStore) -> None:
        super().__init__(store)
        self.looked = asyncio.Event()

    async def refresh(self) -> None:
        await super().refresh()
        self.looked.set()


def found(store: KeyStore, key: str) -> Grant | None:
    return KeyTable(store.keys()).find(key)


def usable(store: KeyStore, key: str) -> bool:
    grant = found(store, key)
    now = time.time_ns() // 1_000_000
    return grant is not None and not grant.bounds.revoked and (grant.bounds.until_ms or now + 1) > now


def test_a_key_is_what_was_ordered(store: KeyStore) -> None:
    order = KeyOrder("web", "acme", "mid", ("chat", "usage"), ("llama-*",), ("10.0.0.0/8", "::1"), SOON)
    fresh = store.create(order)
    grant = found(store, fresh.key)
    assert grant is not None
    assert (grant.identity.tenant, grant.identity.key, grant.identity.tier) == ("acme", "web", "mid")
    assert (grant.bounds.scopes, grant.bounds.models, grant.bounds.until_ms) == (("chat", "usage"), ("llama-*",), SOON)
    assert [str(network) for network in grant.bounds.networks] == ["10.0.0.0/8", "::1/128"]
    assert store.records() == (fresh.record,)
    assert fresh.key not in repr(fresh)


def test_no_key_is_in_the_file_and_only_its_owner_reads_it(store: KeyStore) -> None:
    keys = [store.create(KeyOrder("a")).key, store.rotate("a", 1000).key]
    content = store.path.read_bytes()
    assert not any(key.removeprefix("guard_")[:16].encode() in content for key in keys)
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600


def test_after_a_rotation_both_are_taken_until_the_overlap_ends(store: KeyStore) -> None:
    old = store.create(KeyOrder("a")).key
    new = store.rotate("a", DAY)
    newest = store.rotate("a", 0).key
    assert [usable(store, key) for key in (old, new.key, newest)] == [True, False, True]
    assert new.record.rotating_until_ms is not None


def test_a_rotation_ends_no_key_later_than_its_own_end(store: KeyStore) -> None:
    old = store.create(KeyOrder("a", expires_ms=SOON)).key
    store.rotate("a", 30 * DAY)
    grant = found(store, old)
    assert grant is not None
    assert grant.bounds.until_ms == SOON


def test_overlaps_are_bounded(store: KeyStore) -> None:
    store.create(KeyOrder("a"))
    for _ in range(store_module.MOST_DIGESTS - 1):
        store.rotate("a", DAY)
    with pytest.raises(KeyConflict, match="wait"):
        store.rotate("a", DAY)


def test_a_revocation_ends_every_key_of_the_name_for_good(store: KeyStore) -> None:
    old, new = store.create(KeyOrder("a")).key, store.rotate("a", DAY).key
    first = store.revoke("a")
    assert [usable(store, key) for key in (old, new)] == [False, False]
    assert store.revoke("a") == first
    with pytest.raises(KeyConflict, match="revoked"):
        store.rotate("a", 0)
    with pytest.raises(KeyConflict, match="another name"):
        store.create(KeyOrder("a"))


def test_an_unknown_key_is_not_found(store: KeyStore) -> None:
    for act in (lambda: store.rotate("a", 0), lambda: store.revoke("a"), lambda: store.find("a")):
        with pytest.raises(NotFound, match="guard key list"):
            act()


@pytest.mark.parametrize(
    ("order", "field"),
    [
        (KeyOrder(""), "name"),
        (KeyOrder("a b"), "name"),
        (KeyOrder("a", tenant="x\n"), "tenant"),
        (KeyOrder("a", tier="-x"), "tier"),
        (KeyOrder("a", scopes=()), "scopes"),
        (KeyOrder("a", scopes=("chat", "root")), "scopes"),
        (KeyOrder("a", models=()), "models"),
        (KeyOrder("a", models=("",)), "models"),
        (KeyOrder("a", models=("m" * 129,)), "models"),
        (KeyOrder("a", models=("m",) * 65), "models"),
        (KeyOrder("a", networks=("10.0.0.0/33",)), "networks"),
        (KeyOrder("a", networks=("10.0.0.1/8",)), "networks"),
        (KeyOrder("a", networks=("example.com",)), "networks"),
        (KeyOrder("a", networks=("10.0.0.1",) * 65), "networks"),
        (KeyOrder("a", expires_ms=1), "expires"),
        (KeyOrder("a", expires_ms=1 << 60), "expires"),
    ],
)
def test_what_does_not_fit_is_not_stored(store: KeyStore, order: KeyOrder, field: str) -> None:
    with pytest.raises(InvalidKeyOrder, match=f"^{field}: "):
        store.create(order)
    assert store.records() == ()


def test_the_store_is_bounded(store: KeyStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "MOST_KEYS", 2)
    for name in ("a", "b"):
        store.create(KeyOrder(name))
    with pytest.raises(KeyConflict, match="begin a new one"):
        store.create(KeyOrder("c"))


def test_a_file_that_is_no_store_is_refused(tmp_path: Path) -> None:
    (tmp_path / "keys.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(KeyStoreError, match=r"identity\.key_store"):
        KeyStore(tmp_path / "keys.db").records()


async def test_a_running_server_learns_of_what_another_process_does(store: KeyStore) -> None:
    watched = WatchedKeys(store)
    key = store.create(KeyOrder("a")).key
    assert await watched.grant(key) is None
    await watched.refresh()
    grant = await watched.grant(key)
    assert grant is not None
    assert not grant.bounds.revoked
    store.revoke("a")
    await watched.refresh()
    grant = await watched.grant(key)
    assert grant is not None
    assert grant.bounds.revoked


async def test_a_revocation_is_seen_without_being_asked_for(store: KeyStore) -> None:
    key = store.create(KeyOrder("a")).key
    watched = Looking(store)
    async with watched.running(), asyncio.timeout(30):
        store.revoke("a")
        await watched.looked.wait()
    grant = await watched.grant(key)
    assert grant is not None
    assert grant.bounds.revoked
    assert watch.LOOK_S <= 0.5


async def test_a_store_that_is_put_in_the_others_place_is_read(store: KeyStore, tmp_path: Path) -> None:
    old = store.create(KeyOrder("a")).key
    watched = WatchedKeys(store)
    other = KeyStore(tmp_path / "other.db")
    new = other.create(KeyOrder("b")).key
    os.replace(other.path, store.path)
    await watched.refresh()
    assert (await watched.grant(old), (await watched.grant(new)) is not None) == (None, True)


async def test_while_the_store_can_not_be_read_its_keys_hold_for_a_moment_only(
    store: KeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = store.create(KeyOrder("a")).key
    watched = WatchedKeys(store)
    store.path.unlink()
    await watched.refresh()
    assert await watched.grant(key) is not None
    monkeypatch.setattr(watch, "PATIENCE_S", 0.0)
    with pytest.raises(KeysUnavailable):
        await watched.grant(key)
    assert await watched.grant("unknown") is None
    assert not store.path.exists()
