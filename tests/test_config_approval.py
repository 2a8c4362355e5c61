"""`approval` and `admin`: what they take, and what they refuse."""

from pathlib import Path

import pytest

from guard.config import load
from tests.configuration import DIGEST, MINIMAL, written
from tests.test_config_refusal import refusal

SIGNING = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = DIGEST[::-1]


def webhook(url: str = "https://hooks.example.com/a?token=b", secret: str = SIGNING, more: str = "") -> str:
    return f"{MINIMAL}approval: {{webhook: {{url: '{url}', secret: '{secret}'{more}}}}}\n"


def admins(*keys: tuple[str, str]) -> str:
    return f"{MINIMAL}admin: {{keys: [{', '.join(f'{{name: {name}, sha256: {sha256}}}' for name, sha256 in keys)}]}}\n"


def test_without_a_word_nobody_is_told_and_nobody_may_approve(tmp_path: Path) -> None:
    settings = load(written(tmp_path, MINIMAL), {})
    assert (settings.approval.timeout_s, settings.approval.waiting, settings.approval.webhook) == (300, 1000, None)
    assert settings.admin.keys == ()


def test_every_key_is_read(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").touch()
    text = webhook(more=", timeout_s: 2, ca_file: ca.pem").replace("{webhook", "{timeout_s: 60, waiting: 5, webhook")
    approval = load(written(tmp_path, text), {}).approval
    assert (approval.timeout_s, approval.waiting) == (60, 5)
    assert approval.webhook is not None
    assert approval.webhook.url.reveal() == "https://hooks.example.com/a?token=b"
    assert (approval.webhook.timeout_s, approval.webhook.ca_file) == (2, str(tmp_path / "ca.pem"))


REFUSED = [
    # what is wrong, text, what the message says
    ("no URL", webhook(url="hooks.example.com"), ":2: approval.webhook.url: must be an http or https URL"),
    ("credentials", webhook(url="https://u:p@hooks.example.com/"), "approval.webhook.url: must not hold credentials"),
    ("a fragment", webhook(url="https://hooks.example.com/#a"), "approval.webhook.url: must end with its query"),
    ("no secret", webhook(secret="hush"), ":2: approval.webhook.secret: must be whsec_ and 24 to 64 random bytes"),
    ("a short secret", webhook(secret="whsec_aHVzaA=="), "approval.webhook.secret: must be whsec_"),
    ("no base64", webhook(secret="whsec_" + "!" * 40), "approval.webhook.secret: must be whsec_"),
    ("no authority file", webhook(more=", ca_file: no.pem"), "approval.webhook.ca_file: is not a file"),
    ("nobody may wait", MINIMAL + "approval: {waiting: 0}", "approval.waiting: must be at least 1"),
    ("no digest", admins(("alice", "abc")), ":2: admin.keys[0].sha256: must be 64 lower-case hex"),
    ("an odd name", admins(("'a b'", DIGEST)), ":2: admin.keys[0].name: must be 1 to 64"),
    ("one name twice", admins(("a", DIGEST), ("a", OTHER)), "admin.keys[1].name: names a key that stands above"),
    ("one key twice", admins(("a", DIGEST), ("b", DIGEST)), "admin.keys[1].sha256: is the digest of another key"),
    (
        "a client's key",
        admins(("a", DIGEST)) + f"keys: [{{name: app1, sha256: {DIGEST}}}]",
        "admin.keys[0].sha256: is the digest of another key",
    ),
]


@pytest.mark.parametrize(("text", "says"), [case[1:] for case in REFUSED], ids=[case[0] for case in REFUSED])
def test_a_mistake_is_refused_with_its_key_and_cure(tmp_path: Path, text: str, says: str) -> None:
    message = refusal(tmp_path, text)
    assert says in message
    assert "hush" not in message
