"""`identity`: what it takes, and what it refuses. With it a credential is asked for, whatever else stands there."""

from pathlib import Path

import pytest

from guard.config import load
from tests.configuration import MINIMAL, written
from tests.test_config_refusal import refusal

STORE = MINIMAL + "identity: {key_store: keys.db}\n"


def test_without_a_word_no_credential_is_asked_for(tmp_path: Path) -> None:
    settings = load(written(tmp_path, MINIMAL), {})
    assert (settings.identity.key_store, settings.asks) == (None, False)


def test_a_key_store_lies_beside_the_configuration_and_lets_others_ask(tmp_path: Path) -> None:
    settings = load(written(tmp_path, STORE + "listen: 0.0.0.0:8080\n"), {})
    assert (settings.identity.key_store, settings.asks) == (str(tmp_path / "keys.db"), True)


def issuer(more: str = "jwks_url: https://id.example.com/jwks") -> str:
    return f"{MINIMAL}identity: {{jwt: [{{issuer: 'https://id.example.com', audience: guard, {more}}}]}}\n"


def test_an_issuer_lets_others_ask(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    more = "jwks_url: https://id.example.com/jwks, ca_file: ca.pem, algorithms: [ES256], tier_claim: plan, claims: [a]"
    settings = load(written(tmp_path, issuer(more)), {})
    (jwt,) = settings.identity.jwt
    assert (jwt.ca_file, jwt.algorithms, jwt.claims) == (str(tmp_path / "ca.pem"), ("ES256",), ("a",))
    assert settings.asks


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/jwks", "http://[::1]/jwks", "http://localhost/jwks"])
def test_on_this_machine_nobody_is_between(tmp_path: Path, url: str) -> None:
    assert load(written(tmp_path, issuer(f"jwks_url: '{url}'")), {}).identity.jwt[0].jwks_url == url


REFUSED = [
    ("no keys", issuer("leeway_s: 1"), "identity.jwt[0]: needs exactly one of jwks_url, jwks_file, key_file"),
    ("two sources", issuer("jwks_url: https://a/b, key_file: guard.yaml"), "identity.jwt[0].key_file: needs exactly"),
    ("keys in the clear", issuer("jwks_url: http://id.example.com/jwks"), "identity.jwt[0].jwks_url: must be https"),
    ("no such file", issuer("jwks_file: away.json"), "identity.jwt[0].jwks_file: is not a file"),
    ("a shared secret", issuer("key_file: guard.yaml, algorithms: [HS256]"), "identity.jwt[0].algorithms[0]: is not"),
    ("no signature", issuer("key_file: guard.yaml, algorithms: [none]"), "identity.jwt[0].algorithms[0]: is not known"),
    ("one key for two", issuer("key_file: guard.yaml, algorithms: [RS256, ES256]"), "identity.jwt[0].algorithms: must"),
    ("an unknown scope", issuer("jwks_url: https://a/b, scopes: [root]"), "identity.jwt[0].scopes: must be some of"),
    ("no network", issuer("jwks_url: https://a/b, networks: [10.0.0.1/8]"), "identity.jwt[0].networks: must be"),
    ("open all the same, too", issuer() + "open: true", ":3: open: contradicts identity"),
    # what is wrong, text, what the message says
    ("open all the same", STORE + "open: true", ":3: open: contradicts identity"),
    ("no such directory", MINIMAL + "identity: {key_store: away/keys.db}", "identity.key_store: is in a directory"),
    ("a directory", MINIMAL + "identity: {key_store: policies}", "identity.key_store: is a directory"),
]


@pytest.mark.parametrize(("text", "message"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_does_not_fit_is_refused(tmp_path: Path, text: str, message: str) -> None:
    assert message in refusal(tmp_path, text)
