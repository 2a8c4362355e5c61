"""`guard key`: a key is printed once, and nothing else prints one or its digest."""

import hashlib
import json
from pathlib import Path

import pytest

from guard.metering.key.store import KeyStore
from guard.metering.key.table import KeyTable
from tests.cli.command import MINIMAL, complaint, guard


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "policies").mkdir()
    (tmp_path / "guard.yaml").write_text(
        f"{MINIMAL}identity: {{key_store: keys.db}}\nkeys: [{{name: old, sha256: '{'0' * 64}'}}]\n"
    )
    return tmp_path


def test_a_key_lives_from_its_creation_to_its_revocation(place: Path) -> None:
    made = guard(
        place, "key", "create", "web", "--tenant", "acme", "--tier", "mid", "--scope", "chat", "--model", "llama-*",
        "--network", "10.0.0.0/8", "--expires", "90d", KEY="x",
    )  # fmt: skip
    (key,) = made.stdout.decode().split()
    assert key.encode() not in made.stderr
    grant = KeyTable(KeyStore(place / "keys.db").keys()).find(key)
    assert grant is not None
    assert (grant.identity.tenant, grant.bounds.scopes, grant.bounds.models) == ("acme", ("chat",), ("llama-*",))

    (rotated,) = guard(place, "key", "rotate", "web", "--overlap", "1h", KEY="x").stdout.decode().split()
    listed = guard(place, "key", "list", KEY="x").stdout
    as_json = guard(place, "key", "list", "--json", "--store", "keys.db").stdout
    for shown in (listed, as_json):
        assert b"web" in shown
        assert not any(secret.encode() in shown for secret in (key, rotated, hashlib.sha256(key.encode()).hexdigest()))
    assert b"rotating" in listed
    assert json.loads(as_json)[0]["networks"] == ["10.0.0.0/8"]

    assert guard(place, "key", "revoke", "web", KEY="x").stdout == b"web revoked\n"
    assert b"revoked" in guard(place, "key", "list", KEY="x").stdout


@pytest.mark.parametrize(
    ("arguments", "cure"),
    [
        (("create", "old"), "stands in the configuration"),
        (("create", "a b"), "letters, digits"),
        (("create", "a", "--network", "10.0.0.1/8"), "CIDR"),
        (("create", "a", "--expires", "soon"), "90d"),
        (("create", "a", "--scope", "root"), "chat"),
        (("rotate", "nobody"), "guard key list"),
        (("revoke", "nobody"), "guard key list"),
    ],
)
def test_what_can_not_be_done_says_why(place: Path, arguments: tuple[str, ...], cure: str) -> None:
    assert cure in complaint(guard(place, "key", *arguments, KEY="x"))


def test_without_a_store_the_cure_is_told(place: Path) -> None:
    (place / "guard.yaml").write_text(MINIMAL)
    assert "identity.key_store" in complaint(guard(place, "key", "list", KEY="x"))
