"""Signatures of bundles: what the real OPA signs is taken, and nothing else is."""

import base64
import json
from collections.abc import Callable
from pathlib import Path

import jwt
import pytest

from guard.errors import BundleError, ConfigError
from guard.policy.bundle.archive import Files, unpack
from guard.policy.bundle.directory import read_directory
from guard.policy.bundle.key import VerificationKey
from guard.policy.bundle.signature import Verifier
from tests.policy.bundle_world import FILES, SECRET, built, key_pair, signed, write

HMAC = ("--signing-key", SECRET, "--signing-alg", "HS256")
Change = Callable[[dict[str, bytes]], object]


def verifier(scope: str = "", key_id: str = "", secret: str = SECRET) -> Verifier:
    return Verifier(VerificationKey(material=secret.encode(), algorithm="HS256", scope=scope, key_id=key_id))


@pytest.fixture
def bundle(tmp_path: Path) -> Files:
    return unpack(built(write(tmp_path / "p", FILES), *HMAC))


@pytest.mark.parametrize("algorithm", ["RS256", "RS512", "PS256", "ES256", "ES384", "ES512"])
def test_a_bundle_that_opa_signs_is_taken(tmp_path: Path, algorithm: str) -> None:
    private, public = key_pair(tmp_path, algorithm)

    files = unpack(built(write(tmp_path / "p", FILES), "--signing-key", private, "--signing-alg", algorithm))

    Verifier(VerificationKey(material=public, algorithm=algorithm)).check(files)  # type: ignore[arg-type]


DOCUMENTS = {
    "numbers": '{"a": [0, -0, 1.0, 1e3, 1E+3, -1.5e-9, 12345678901234567890, 0.1]}',
    "texts": '{"a": "<&>\\u003c \\u2028\\u2029 \\u0007\\b\\f\\n\\r\\t\\u007f\\" \\\\ \\/ ü 😀 \\ud83d\\ude00"}',
    "order": '{"b": 1, "a": {"ü": 1, "z": 2, "Z": 3, "": 4, "😀": 5, "\\uffff": 6}, "c": []}',
    "kinds": '{"a": [true, false, null, {}, [], [{}]], "b": ""}',
    "a mark": '\ufeff{"a": 1}',
}
YAML = {
    "numbers": "a: [0, 12, -3, 1.0, 1.50, 1.0e+3, 2.5e-9, 1.0e+21, 123456789.5, -0.0]\n",
    "texts": "a: plain text\nb: 'on'\nc: \"<\\u2028>\"\nd: |\n  two\n  lines\ne: a.b-c/d\nf: v1.2\n",
    "kinds": "a: [true, False, null, ~, {}, []]\nb:\nc: {x: {w: [1]}}\n",
    "json": '{"a": 1.0}\n',
}


@pytest.mark.parametrize(
    ("name", "text"),
    [*(("data.json", text) for text in DOCUMENTS.values()), *(("d/data.yaml", t) for t in YAML.values())],
)
def test_digests_of_documents_are_those_that_opa_takes(tmp_path: Path, name: str, text: str) -> None:
    directory = signed(write(tmp_path / "p", {"a.rego": "package guard\n", name: text}), *HMAC)

    verifier().check(read_directory(directory, everything=True))


def test_a_directory_that_opa_signs_is_taken_with_all_that_is_in_it(tmp_path: Path) -> None:
    files = {**FILES, "README.md": "read me", ".manifest": '{"revision": "7", "metadata": {"by": ["us"], "n": 1.0}}'}
    directory = signed(write(tmp_path / "p", {**files, "x/y/data.json": "[1]"}), *HMAC)

    verifier().check(read_directory(directory, everything=True))


def replaced(name: str, content: bytes) -> Change:
    return lambda files: files.__setitem__(name, content)


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        (
            replaced("p/a.rego", b"package guard\n\nrequest := {}\n"),
            "bundle_tampered",
            "p/a.rego: is not what was signed",
        ),
        (replaced("p/a.rego", b""), "bundle_tampered", "p/a.rego: is not what was signed"),
        (replaced("data.json", b'{"v": "2"}'), "bundle_tampered", "data.json: is not what was signed"),
        (replaced(".manifest", b'{"revision": ""}'), "bundle_tampered", ".manifest: is not what was signed"),
        (replaced("b.rego", b"package guard\n"), "bundle_tampered", "b.rego: is not in the signature"),
        (replaced("p/data.json", b"{}"), "bundle_tampered", "p/data.json: is not in the signature"),
        (lambda files: files.pop("p/a_test.rego"), "bundle_tampered", "lacks a file"),
        (lambda files: files.pop(".signatures.json"), "bundle_unsigned", "has no .signatures.json"),
        (replaced(".signatures.json", b"{}"), "bundle_signature", "not exactly one token"),
        (replaced(".signatures.json", b"x"), "bundle_signature", "no JSON"),
        (replaced(".signatures.json", b'{"signatures": ["a", "b"]}'), "bundle_signature", "not exactly one token"),
        (replaced(".signatures.json", b'{"signatures": ["a.b.c"]}'), "bundle_signature", "not by the key"),
        (replaced(".signatures.json", b'{"signatures": ["a"], "plugin": "mine"}'), "bundle_signature", "plug-in"),
    ],
)
def test_a_bundle_that_is_not_what_was_signed_is_refused(bundle: Files, change: Change, code: str, says: str) -> None:
    files = dict(bundle)
    change(files)

    with pytest.raises(BundleError) as caught:
        verifier().check(files)

    assert (caught.value.code, says in caught.value.message) == (code, True), caught.value.message


def test_data_may_be_laid_out_anew(bundle: Files) -> None:
    verifier().check({**bundle, "data.json": b'{\n  "v" : "\\u0031"\n}\n'})


@pytest.mark.parametrize(
    ("checks", "says"),
    [
        (verifier(secret="another secret of at least thirty-two letters"), "not by the key"),
        (verifier(scope="write"), "another scope"),
        (verifier(key_id="rotated"), "another key"),
    ],
)
def test_a_signature_for_something_else_is_refused(bundle: Files, checks: Verifier, says: str) -> None:
    with pytest.raises(BundleError, match=says) as caught:
        checks.check(bundle)

    assert caught.value.code == "bundle_signature"


def test_the_scope_and_the_key_that_opa_writes_are_taken(tmp_path: Path) -> None:
    claims = write(tmp_path, {"claims.json": '{"scope": "write", "iss": "us", "iat": 4102444800}'}) / "claims.json"
    options = ("--claims-file", claims, "--verification-key-id", "k1")

    files = unpack(built(write(tmp_path / "p", FILES), *HMAC, *options))

    verifier(scope="write").check(files)
    with pytest.raises(BundleError, match="another scope"):
        verifier().check(files)


def forged(files: Files, token: str) -> Files:
    return {**files, ".signatures.json": json.dumps({"signatures": [token]}).encode()}


def payload(files: Files) -> dict[str, object]:
    token = json.loads(files[".signatures.json"])["signatures"][0]
    body = token.split(".")[1]
    found: dict[str, object] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return found


def test_the_token_does_not_choose_the_algorithm(tmp_path: Path, bundle: Files) -> None:
    _, public = key_pair(tmp_path, "RS256")
    checks = Verifier(VerificationKey(material=public, algorithm="RS256"))
    # The public key as a shared secret: PyJWT itself refuses to sign so.
    head, body = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")
        for part in ({"alg": "HS256", "typ": "JWT"}, payload(bundle))
    )
    mac = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(head + b"." + body, public)
    confused = b".".join((head, body, base64.urlsafe_b64encode(mac).rstrip(b"="))).decode()

    for token in (
        confused,
        jwt.encode(payload(bundle), None, "none"),
        jwt.encode(payload(bundle), SECRET * 2, "HS384"),
    ):
        with pytest.raises(BundleError, match="not by the key"):
            checks.check(forged(bundle, token))


@pytest.mark.parametrize(
    ("claims", "says"),
    [
        ({"files": "all"}, "lists no files"),
        ({}, "lists no files"),
        ({"files": [{"name": "a", "hash": "00", "algorithm": "SHA-256"}] * 2}, "twice"),
        ({"files": [{"name": "p/a.rego", "hash": "d41d8cd98f00b204e9800998ecf8427e", "algorithm": "MD5"}]}, "digest"),
    ],
)
def test_what_a_sound_token_must_say(bundle: Files, claims: dict[str, object], says: str) -> None:
    only = {"p/a.rego": b"", ".signatures.json": bundle[".signatures.json"]}

    with pytest.raises(BundleError, match=says) as caught:
        verifier().check(forged(only, jwt.encode(claims, SECRET, "HS256")))

    assert caught.value.code == "bundle_signature"


def private_pem(folder: Path) -> bytes:
    return key_pair(folder, "RS256")[0].read_bytes()


@pytest.mark.parametrize(
    ("material", "algorithm", "says"),
    [
        (private_pem, "RS256", "private"),
        (lambda folder: key_pair(folder, "ES384")[1], "ES256", "not one for ES256"),
        (lambda folder: key_pair(folder, "ES256")[1], "RS256", "not one for RS256"),
        (lambda folder: key_pair(folder, "RS256")[1], "HS256", "not one for HS256"),
        (lambda _: b"no key", "RS256", "not one for RS256"),
        (lambda _: b"", "HS256", "not one for HS256"),
        (lambda _: b"short", "HS256", "too short"),
    ],
)
def test_a_key_that_does_not_fit_is_refused(
    tmp_path: Path, material: Callable[[Path], bytes], algorithm: str, says: str
) -> None:
    with pytest.raises(ConfigError, match=says):
        Verifier(VerificationKey(material=material(tmp_path), algorithm=algorithm))  # type: ignore[arg-type]


def test_a_secret_does_not_show() -> None:
    assert SECRET not in repr(VerificationKey(material=SECRET.encode(), algorithm="HS256"))
