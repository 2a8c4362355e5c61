"""Who may enter: a known key within its bounds, and no more at once than can be served."""

import contextlib
import hashlib
import time
from ipaddress import ip_network

import pytest

from guard.core.facts import Identity
from guard.core.grant import Bounds, Grant, Key, is_within, may_use
from guard.errors import KeyExpired, KeyRevoked, NetworkNotAllowed, ScopeNotAllowed, TooBusy, Unauthorized
from guard.runtime.admission import ANYBODY, MOST_CHARS, Admission

ACME = Identity("acme", "app1", "mid")
SHA = hashlib.sha256(b"sesame").hexdigest()
KEYS = (Key(hashlib.sha256(b"other").hexdigest(), ANYBODY), Key(SHA, ACME))
NOW = time.time_ns() // 1_000_000
LAN = (ip_network("10.0.0.0/8"), ip_network("2001:db8::/32"))


class NoKind:
    """A kind of credential that is configured, and knows none."""

    async def grant(self, credential: str) -> Grant | None:
        return None


@pytest.mark.parametrize("header", ["Bearer sesame", "bearer sesame", "Bearer  sesame "])
async def test_a_known_key_is_its_identity(header: str) -> None:
    assert (await Admission(KEYS, 1).identify(header)).identity == ACME


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Bearer wrong", "Basic sesame", "sesame", "Bearer \udcff", "Bearer " + "s" * (1 << 20)],
    ids=lambda header: header[:20].encode("ascii", "replace").decode(),
)
async def test_anything_else_is_refused_and_counted(header: str) -> None:
    admission = Admission(KEYS, 1)
    with pytest.raises(Unauthorized):
        await admission.identify(header)
    assert admission.refusals() == {"invalid_api_key": 1}


async def test_a_digest_is_no_key() -> None:
    with pytest.raises(Unauthorized):
        await Admission(KEYS, 1).identify(f"Bearer {SHA}")


async def test_a_key_that_begins_alike_in_its_digest_is_another_key() -> None:
    near = Key(SHA[:-1] + ("0" if SHA[-1] != "0" else "1"), ACME)
    with pytest.raises(Unauthorized):
        await Admission((near,), 1).identify("Bearer sesame")


async def test_a_credential_as_long_as_may_be_is_still_looked_up() -> None:
    long = "s" * MOST_CHARS
    key = Key(hashlib.sha256(long.encode()).hexdigest(), ACME)
    assert (await Admission((key,), 1).identify(f"Bearer {long}")).identity == ACME


async def test_without_keys_anybody_may_enter() -> None:
    assert (await Admission((), 1).identify("")).identity == ANYBODY


async def test_a_store_without_a_key_in_it_lets_nobody_enter() -> None:
    with pytest.raises(Unauthorized):
        await Admission((), 1, [NoKind()]).identify("")


@pytest.mark.parametrize(
    ("bounds", "address", "scope", "refusal"),
    [
        (Bounds(), "", "chat", None),
        (Bounds(revoked=True), "", "", KeyRevoked),
        (Bounds(until_ms=NOW + 86_400_000), "", "", None),
        (Bounds(until_ms=NOW), "", "", KeyExpired),
        (Bounds(scopes=("chat",)), "", "chat", None),
        (Bounds(scopes=("chat",)), "", "", None),
        (Bounds(scopes=("chat",)), "", "embeddings", ScopeNotAllowed),
        (Bounds(networks=LAN), "10.1.2.3", "", None),
        (Bounds(networks=LAN), "11.1.2.3", "", NetworkNotAllowed),
        (Bounds(networks=LAN), "", "", NetworkNotAllowed),
    ],
)
async def test_a_key_is_good_within_its_bounds(
    bounds: Bounds, address: str, scope: str, refusal: type[Exception] | None
) -> None:
    admission = Admission((Key(SHA, ACME, bounds),), 1)
    with pytest.raises(refusal) if refusal is not None else contextlib.nullcontext():
        await admission.identify("Bearer sesame", address, scope)
    assert sum(admission.refusals().values()) == (refusal is not None)


@pytest.mark.parametrize(
    ("address", "inside"),
    [
        ("10.255.255.255", True),
        ("::ffff:10.0.0.1", True),
        ("::ffff:11.0.0.1", False),
        ("2001:db8::1", True),
        ("2001:db8::1%eth0", True),
        ("2001:db9::1", False),
        ("10.0.0.1, 1.2.3.4", False),
        ("localhost", False),
    ],
)
def test_networks(address: str, inside: bool) -> None:
    assert is_within(LAN, address) is inside


@pytest.mark.parametrize(
    ("patterns", "model", "may"),
    [
        (("*",), "any", True),
        (("llama-*", "qwen"), "llama-70b", True),
        (("llama-*",), "LLAMA-70b", False),
        (("qwen",), "qwen2", False),
        (("llama-*",), "x/llama-70b", False),
    ],
)
def test_models(patterns: tuple[str, ...], model: str, may: bool) -> None:
    assert may_use(patterns, model) is may


def test_a_place_is_given_back_also_after_a_failure() -> None:
    admission = Admission((), 1)
    with contextlib.suppress(ValueError), admission.place():
        raise ValueError
    assert admission.inside == 0


def test_there_are_never_more_inside_than_may_be() -> None:
    admission = Admission((), 1)
    with admission.place(), pytest.raises(TooBusy):
        admission.place().__enter__()
    assert admission.inside == 0
