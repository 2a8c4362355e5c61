"""Tokens of issuers, made by real keys and checked against a JWKS server on this machine."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import jwt
import pytest
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from guard.core.facts import Identity
from guard.core.grant import Bounds
from guard.errors import InvalidToken, KeysUnavailable, TokenExpired
from guard.metering.key import jwks
from guard.metering.key.issuer import Issuer, TokenRules
from guard.metering.key.jwks import PublicKeys, pem_document, usable_keys
from guard.metering.key.token import MOST_CHARS, Tokens
from guard.upstream.client import open_transport
from guard.upstream.document import MOST_BYTES, RemoteDocument

ISSUER, AUDIENCE = "https://id.example.com", "guard"
RULES = TokenRules(
    issuer=ISSUER, audience=AUDIENCE, algorithms=("RS256", "ES256", "EdDSA"), tenant_claim="org", tier_claim="plan",
    claims=("email_verified", "groups", "region"), leeway_s=5, bounds=Bounds(scopes=("chat",)),
)  # fmt: skip
RSA = rsa.generate_private_key(65537, 2048)
OTHER_RSA = rsa.generate_private_key(65537, 2048)
WEAK_RSA = rsa.generate_private_key(65537, 1024)
EC = ec.generate_private_key(ec.SECP256R1())
ED = ed25519.Ed25519PrivateKey.generate()
Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def public(key: Private, kid: str, algorithm: str, **more: str) -> dict[str, Any]:
    """A key as an issuer lists it."""
    form: Any = jwt.get_algorithm_by_name(algorithm)
    return {**json.loads(form.to_jwk(key.public_key())), "kid": kid, "use": "sig", **more}


LISTED = [public(RSA, "r1", "RS256", alg="RS256"), public(EC, "e1", "ES256"), public(ED, "d1", "EdDSA")]


def claims(**changes: Any) -> dict[str, Any]:
    """What a sound token says; a change to None takes a claim out."""
    now = int(time.time())
    said = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "exp": now + 86_400,
        "iat": now,
        "sub": "app7",
        "org": "acme",
        "plan": "mid",
    }
    return {name: value for name, value in {**said, **changes}.items() if value is not None}


def signed(key: Any = RSA, algorithm: str = "RS256", kid: str | None = "r1", **changes: Any) -> str:
    return jwt.encode(claims(**changes), key, algorithm, {"kid": kid} if kid is not None else {})


class Server:
    """An issuer's JWKS endpoint."""

    def __init__(self) -> None:
        self.keys = list(LISTED)
        self.asked = 0
        self.respond: Callable[[], web.Response] = lambda: web.json_response({"keys": self.keys})
        self.url = ""

    async def handle(self, _request: web.Request) -> web.Response:
        self.asked += 1
        return self.respond()


@asynccontextmanager
async def issuing() -> AsyncIterator[Server]:
    """An issuer on this machine."""
    served, app = Server(), web.Application()
    app.router.add_get("/jwks", served.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    served.url = f"http://127.0.0.1:{runner.addresses[0][1]}/jwks"
    try:
        yield served
    finally:
        await runner.cleanup()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with issuing() as served:
        yield served


@pytest.fixture
async def keys(server: Server) -> AsyncIterator[PublicKeys]:
    document = RemoteDocument(server.url, open_transport(None))
    yield PublicKeys(document.read, RULES.algorithms, ISSUER)
    await document.close()


@pytest.fixture
def tokens(keys: PublicKeys) -> Tokens:
    return Tokens([Issuer(RULES, keys)])


@pytest.mark.parametrize(
    ("key", "algorithm", "kid"), [(RSA, "RS256", "r1"), (EC, "ES256", "e1"), (ED, "EdDSA", "d1"), (RSA, "RS256", None)]
)
async def test_a_sound_token_is_an_identity(tokens: Tokens, key: Private, algorithm: str, kid: str | None) -> None:
    grant = await tokens.grant(signed(key, algorithm, kid))
    assert grant is not None
    assert grant.identity == Identity("acme", "app7", "mid")
    assert grant.bounds == RULES.bounds


async def test_the_policy_gets_the_claims_that_are_named(tokens: Tokens) -> None:
    grant = await tokens.grant(signed(region="eu", groups=["a", "b"], email_verified=False, other="no"))
    assert grant is not None
    assert grant.identity.claims == {"region": "eu", "groups": '["a","b"]', "email_verified": "false"}


async def test_whose_name_has_no_names_form_stands_as_a_digest(tokens: Tokens) -> None:
    grant = await tokens.grant(signed(sub="jane.doe@example.com"))
    assert grant is not None
    assert grant.identity.key == f"sub-{hashlib.sha256(b'jane.doe@example.com').hexdigest()[:16]}"


async def test_several_audiences_may_be_ours_among_them(tokens: Tokens) -> None:
    assert await tokens.grant(signed(aud=["billing", AUDIENCE])) is not None


async def test_a_clock_may_be_a_little_off(tokens: Tokens) -> None:
    now = int(time.time())
    assert await tokens.grant(signed(exp=now - 2, nbf=now + 2, iat=now + 2)) is not None


def confused(key: Private) -> str:
    """The classic: the public key as the secret of an HMAC."""
    pem = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","kid":"r1","typ":"JWT"}').rstrip(b"=")
    body = base64.urlsafe_b64encode(json.dumps(claims()).encode()).rstrip(b"=")
    mac = base64.urlsafe_b64encode(hmac.digest(pem, head + b"." + body, "sha256")).rstrip(b"=")
    return b".".join((head, body, mac)).decode()


def part(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


def tampered(token: str, **changes: Any) -> str:
    head, _, signature = token.split(".")
    return f"{head}.{part(json.dumps(claims(**changes)).encode())}.{signature}"


def headed(**header: Any) -> str:
    return jwt.encode(claims(), RSA, "RS256", {"kid": "r1", **header})


NOW = int(time.time())
DEEP = b'{"alg":"RS256","kid":"r1","x":' + b"[" * 2000 + b"]" * 2000 + b"}"
REFUSED: Mapping[str, tuple[str, type[Exception], str]] = {
    "another audience": (signed(aud="billing"), InvalidToken, "audience"),
    "no audience": (signed(aud=None), InvalidToken, "exp, aud or iss"),
    "expired": (signed(exp=NOW - 3600), TokenExpired, "over"),
    "no end": (signed(exp=None), InvalidToken, "exp, aud or iss"),
    "an end that is no number": (signed(exp="tomorrow"), InvalidToken, "not one by"),
    "not yet valid": (signed(nbf=NOW + 3600), InvalidToken, "not valid yet"),
    "issued in the future": (signed(iat=NOW + 3600), InvalidToken, "not valid yet"),
    "an unknown issuer": (signed(iss="https://evil.example.com"), InvalidToken, "not trusted"),
    "no issuer": (signed(iss=None), InvalidToken, "no token"),
    "an unknown key": (signed(OTHER_RSA, kid="r9"), InvalidToken, "does not list"),
    "another key under a known id": (signed(OTHER_RSA), InvalidToken, "not one by"),
    "a key of another kind under a known id": (signed(EC, "ES256", "r1"), InvalidToken, "does not list"),
    "another algorithm with the same key": (signed(RSA, "RS512"), InvalidToken, "algorithm"),
    "the same key for PSS": (signed(RSA, "PS256"), InvalidToken, "algorithm"),
    "the public key as a secret": (confused(RSA), InvalidToken, "algorithm"),
    "no signature": (jwt.encode(claims(), None, "none", {"kid": "r1"}), InvalidToken, "algorithm"),
    "a signature cut off": (signed().rpartition(".")[0] + ".", InvalidToken, "not one by"),
    "another tenant put in": (tampered(signed(), org="evil"), InvalidToken, "not one by"),
    "a later end put in": (tampered(signed(), exp=NOW + 10**7), InvalidToken, "not one by"),
    "an unknown extension": (headed(crit=["x"], x=1), InvalidToken, "crit"),
    "no tenant": (signed(org=None), InvalidToken, "org"),
    "a tenant that is no name": (signed(org="a b"), InvalidToken, "org"),
    "a tenant that is no text": (signed(org=7), InvalidToken, "org"),
    "a tier that is no name": (signed(plan="\n"), InvalidToken, "plan"),
    "nobody's": (signed(sub=None), InvalidToken, "key_claim"),
    "an endless claim": (signed(region="x" * 1100), InvalidToken, "too long"),
    "a huge token": (signed(other="x" * MOST_CHARS), InvalidToken, "longer"),
    "a deep header": (f"{part(b'[' * 5000)}.{part(json.dumps(claims()).encode())}.x", InvalidToken, "no token"),
    "a deep payload": (f"{part(b'{}')}.{part(b'[' * 5000)}.x", InvalidToken, "no token"),
    "a deep value in the header": (
        f"{part(DEEP)}.{part(json.dumps(claims()).encode())}.x",
        InvalidToken,
        "no token",
    ),
    "no base64": ("a!.b?.c", InvalidToken, "no token"),
    "not ASCII": ("\u00e9.\u00e9.\udcff", InvalidToken, "no token"),
    "empty parts": ("..", InvalidToken, "no token"),
}


@pytest.mark.parametrize(("token", "error", "cure"), REFUSED.values(), ids=REFUSED)
async def test_all_else_is_refused_without_repeating_it(
    tokens: Tokens, token: str, error: type[InvalidToken], cure: str
) -> None:
    with pytest.raises(error) as caught:
        await tokens.grant(token)
    assert type(caught.value) is error
    assert cure in caught.value.message
    assert not any(len(piece) > 8 and piece in caught.value.message for piece in token.split("."))


@pytest.mark.parametrize("credential", ["guard_abc", "a.b", "a.b.c.d", ""])
async def test_what_is_no_token_is_left_to_others(tokens: Tokens, credential: str, server: Server) -> None:
    assert await tokens.grant(credential) is None
    assert server.asked == 0


async def test_a_missing_tier_is_the_one_that_is_configured(keys: PublicKeys) -> None:
    grant = await Tokens([Issuer(RULES, keys)]).grant(signed(plan=None))
    assert grant is not None
    assert grant.identity.tier == "default"


async def test_each_issuer_is_checked_by_its_own_keys(keys: PublicKeys) -> None:
    async def others() -> bytes:
        return json.dumps({"keys": [public(OTHER_RSA, "r1", "RS256")]}).encode()

    second = TokenRules(issuer="https://second.example.com", audience=AUDIENCE, tenant_claim="org")
    both = Tokens([Issuer(RULES, keys), Issuer(second, PublicKeys(others, ("RS256",), second.issuer))])
    assert await both.grant(signed(OTHER_RSA, iss=second.issuer)) is not None
    with pytest.raises(InvalidToken):
        await both.grant(signed(OTHER_RSA))
    with pytest.raises(InvalidToken):
        await both.grant(signed(RSA, iss=second.issuer))


async def test_a_key_that_is_new_is_read_once_and_one_that_is_gone_is_refused(
    tokens: Tokens, keys: PublicKeys, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    await tokens.grant(signed())
    server.keys = [public(OTHER_RSA, "r2", "RS256")]
    with pytest.raises(InvalidToken):  # too soon to ask again
        await tokens.grant(signed(OTHER_RSA, kid="r2"))
    assert server.asked == 1
    monkeypatch.setattr(jwks, "PAUSE_S", 0.0)
    assert await tokens.grant(signed(OTHER_RSA, kid="r2")) is not None
    with pytest.raises(InvalidToken):
        await tokens.grant(signed())


async def test_made_up_key_ids_do_not_flood_the_issuer(tokens: Tokens, server: Server) -> None:
    async def attempt(number: int) -> None:
        with pytest.raises(InvalidToken):
            await tokens.grant(signed(OTHER_RSA, kid=f"k{number}"))

    await asyncio.gather(*(attempt(number) for number in range(50)))
    assert server.asked == 1


@pytest.mark.parametrize(
    "respond",
    [
        lambda: web.Response(status=500),
        lambda: web.Response(status=302, headers={"location": "/jwks"}),
        lambda: web.Response(text="no JSON"),
        lambda: web.Response(body=b"\xff"),
        lambda: web.Response(text='{"keys": 1}'),
        lambda: web.json_response({"keys": LISTED * 30}),
        lambda: web.Response(body=b" " * (MOST_BYTES + 1)),
        lambda: web.Response(text="[" * 5000),
    ],
    ids=["500", "redirect", "text", "bytes", "no list", "too many", "too large", "too deep"],
)
async def test_without_the_issuers_keys_nobody_enters(
    tokens: Tokens, server: Server, respond: Callable[[], web.Response]
) -> None:
    server.respond = respond
    with pytest.raises(KeysUnavailable):
        await tokens.grant(signed())


async def test_an_issuer_that_is_away_is_none(tokens: Tokens, server: Server) -> None:
    document = RemoteDocument("http://127.0.0.1:1/jwks", open_transport(None))
    away = Tokens([Issuer(RULES, PublicKeys(document.read, RULES.algorithms, ISSUER))])
    with pytest.raises(KeysUnavailable):
        await away.grant(signed())
    await document.close()


async def test_keys_hold_while_the_issuer_is_away_and_not_for_ever(
    tokens: Tokens, keys: PublicKeys, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    await tokens.grant(signed())
    server.respond = lambda: web.Response(status=500)
    await keys.refresh()
    assert await tokens.grant(signed()) is not None
    monkeypatch.setattr(jwks, "PATIENCE_S", 0.0)
    with pytest.raises(KeysUnavailable):
        await tokens.grant(signed())


async def test_keys_are_read_at_the_start_without_being_asked_for(keys: PublicKeys, server: Server) -> None:
    asked = asyncio.Event()

    def respond() -> web.Response:
        asked.set()
        return web.json_response({"keys": LISTED})

    server.respond = respond
    async with keys.running(), asyncio.timeout(30):
        await asked.wait()


@pytest.mark.parametrize(
    ("listed", "algorithm", "usable"),
    [
        (LISTED[0], "RS256", True),
        (LISTED[0], "RS384", False),
        (LISTED[0], "ES256", False),
        (LISTED[1], "ES256", True),
        (LISTED[1], "ES384", False),
        (public(RSA, "r", "RS256", use="enc"), "RS256", False),
        (public(RSA, "r", "RS256"), "PS512", True),
        (public(WEAK_RSA, "w", "RS256"), "RS256", False),
        ({"kty": "oct", "k": "c2VjcmV0", "kid": "o"}, "RS256", False),
        ({"kty": "RSA", "n": "!", "e": "AQAB", "kid": "x"}, "RS256", False),
        ({"kty": "RSA", "kid": 7}, "RS256", False),
        ({}, "RS256", False),
    ],
)
def test_only_keys_that_fit_are_used(listed: dict[str, Any], algorithm: str, usable: bool) -> None:
    assert (len(usable_keys(json.dumps({"keys": [listed]}).encode(), [algorithm])) == 1) is usable


@pytest.mark.parametrize(("key", "algorithm"), [(RSA, "RS256"), (EC, "ES256"), (ED, "EdDSA")])
async def test_a_key_in_a_file_serves_tokens_whatever_they_call_it(key: Private, algorithm: str) -> None:
    pem = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)

    async def read() -> bytes:
        return pem_document(pem, algorithm)

    held = Tokens([Issuer(RULES, PublicKeys(read, (algorithm,), ISSUER))])
    assert await held.grant(signed(key, algorithm, "any")) is not None
    assert await held.grant(signed(key, algorithm, None)) is not None


@pytest.mark.parametrize("key", [RSA, EC])
def test_a_file_of_a_private_or_another_key_is_refused(key: Private) -> None:
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    for data in (pem, b"no key", b""):
        with pytest.raises(KeysUnavailable):
            pem_document(data, "RS256")


def test_a_private_key_in_the_list_is_used_as_its_public_half() -> None:
    form: Any = jwt.get_algorithm_by_name("RS256")
    (one,) = usable_keys(json.dumps({"keys": [json.loads(form.to_jwk(RSA))]}).encode(), ["RS256"])
    assert isinstance(one.key, rsa.RSAPublicKey)
