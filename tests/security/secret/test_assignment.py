"""Passwords and keys behind a name, in the ways that files write them; and what stands in such places and is none."""

import pytest

from guard.security.secret.assignment import PATTERNS
from guard.security.secret.randomness import entropy, wordiness
from tests.pii.reference import find
from tests.security.secret.example import made

PASSWORD = "Tr4vel" + "Mug#81"
KEY = made("{a32}")
HEX = made("{h40}")

PASSWORDS = (
    f"DB_PASSWORD={PASSWORD}",
    f'password = "{PASSWORD}"',
    f"passwd: '{PASSWORD}'",
    f'"pwd": "{PASSWORD}",',
    f"  password: {PASSWORD}",
    f"<password>{PASSWORD}</password>",
    f'<add key="SmtpPassword" value="{PASSWORD}" />',
    f"- name: DB_PASSWORD\n  value: {PASSWORD}",
    f"login anna password {PASSWORD}",
    f"CREATE USER a IDENTIFIED BY '{PASSWORD}'",
    f"mysql --password={PASSWORD}",
    f"user=anna password={PASSWORD}&x=1",
    f'setPassword("{PASSWORD}")',
    f":pass => '{PASSWORD}'",
    f"Mot de passe : {PASSWORD}",
    f"contrase\xf1a = {PASSWORD}",
    f'String password = "{PASSWORD}";',
    f'\\"password\\": \\"{PASSWORD}\\"',
)

KEYS = (
    f"API_KEY={KEY}",
    f'apiKey: "{KEY}",',
    f"client_secret = '{HEX}'",
    f'"accessToken": "{KEY}"',
    f"X-Api-Key: {KEY}",
    f"secret_key_base: {HEX}",
    f'set_var("CLIENT_SECRET", "{KEY}")',
    f"signing-key: {KEY}",
)

NONE = (
    "f(user, gr_passwd, @gr_members2)",
    'password = "changeme"',
    'password = "<your-password>"',
    "password = ${DB_PASSWORD}",
    "password: $PASSWORD1",
    "password = os.environ['DB_PASSWORD1']",
    "password = process.env.DB_PASSWORD2",
    'password: "{{ vault_password1 }}"',
    "password = getPassword1(user)",
    "password = user.password1",
    "password: str = None",
    "password_length = 128bits",
    'password = "xxxxxxxx1"',
    "the password must be 12 characters",
    "API_KEY=your_api_key_1234",
    "token = tokens[index1]",
    "token_url = https://auth.internal/v1/a8f3k2m9x7",
    "secret_name: projects/a8f3k2m9x7/db",
    "the key = 'a8f3k2m9x7q1'",
    f"sha256: {HEX}",
    f"commit {HEX}",
    f"integrity: sha512-{made('{b86}')}==",
    f'<img src="data:image/png;base64,{made("{b120}")}">',
    "api_version: 2024-05-13-preview2",
    "access_token_expires_at: 1718900000",
    "public_key_id = 'A8F3K2M9X7Q1W5'",
)


@pytest.mark.parametrize("text", PASSWORDS)
def test_passwords_are_found_behind_their_name(text: str) -> None:
    assert find(PATTERNS, text, "SECRET_PASSWORD") == [PASSWORD]


@pytest.mark.parametrize("text", KEYS)
def test_keys_are_found_behind_their_name(text: str) -> None:
    assert find(PATTERNS, text, "SECRET_HIGH_ENTROPY") == [KEY if KEY in text else HEX]


@pytest.mark.parametrize("word", ["Bearer", "Token"])
def test_headers_are_found(word: str) -> None:
    assert find(PATTERNS, f"Authorization: {word} {KEY}", "SECRET_HIGH_ENTROPY") == [KEY]


@pytest.mark.parametrize("text", NONE)
def test_what_is_no_secret_is_left_alone(text: str) -> None:
    assert [find(PATTERNS, text, type_) for type_ in ("SECRET_PASSWORD", "SECRET_HIGH_ENTROPY")] == [[], []]


def test_words_look_like_words_and_keys_do_not() -> None:
    assert wordiness("refresh_access_for_users") > 0.8
    assert wordiness("q8xkzv2jwpq7") < 0.1
    assert entropy("aaaaaaaa") == 0
    assert entropy("abcd") == 2
