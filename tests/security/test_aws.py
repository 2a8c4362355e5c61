"""AWS key ids are found by their form, secret keys by their name. The keys are those of AWS's own documentation."""

import pytest

from guard.security.aws import PATTERNS
from tests.pii.reference import find

KEY_ID = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

KEY_IDS = (
    (f"aws_access_key_id = {KEY_ID}", [KEY_ID]),
    (f"({KEY_ID})", [KEY_ID]),
    (f"AWS_ACCESS_KEY_ID={KEY_ID};", [KEY_ID]),
    ("ASIAIOSFODNN7EXAMPLE", ["ASIAIOSFODNN7EXAMPLE"]),
    ("id A3TXIOSFODNN7EXAMPLE", ["A3TXIOSFODNN7EXAMPLE"]),
    (f"https://s3.example/?AWSAccessKeyId={KEY_ID}&x=1", [KEY_ID]),
)

NO_KEY_IDS = (
    "key = AKIAXXXXXXXXXXXXXXXX",
    "TODAYINASIAASACKOFRICEFELLOVER",
    "AKIAIOSFODNN7EXAMPL",
    KEY_ID + "Q",
    KEY_ID.lower(),
    "AIDAIOSFODNN7EXAMPLE",
)

SECRETS = (
    (f"aws_secret_access_key = {SECRET}", [SECRET]),
    (f"AWS_SECRET_ACCESS_KEY={SECRET}", [SECRET]),
    (f'export AWS_SECRET_ACCESS_KEY="{SECRET}"', [SECRET]),
    (f'"SecretAccessKey": "{SECRET}",', [SECRET]),
    (f"secretAccessKey: '{SECRET}'", [SECRET]),
    (f"<SecretAccessKey>{SECRET}</SecretAccessKey>", [SECRET]),
    (f"AWS Secret Access Key [None]: {SECRET}", [SECRET]),
    (f"aws_secret_key := {SECRET}", [SECRET]),
    (f":secret_access_key => '{SECRET}'", [SECRET]),
)

NO_SECRETS = (
    SECRET,
    f"aws_secret_access_key = {SECRET}x",
    f"aws_secret_access_key = {SECRET[:-1]}",
    "secret_key = da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "aws_secret_access_key = " + "x" * 40,
    "the secret key to success: persistence",
)


@pytest.mark.parametrize(("text", "values"), KEY_IDS)
def test_key_ids_are_found(text: str, values: list[str]) -> None:
    assert find(PATTERNS, text, "SECRET_AWS_ACCESS_KEY") == values


@pytest.mark.parametrize("text", NO_KEY_IDS)
def test_what_is_no_key_id_is_left_alone(text: str) -> None:
    assert find(PATTERNS, text, "SECRET_AWS_ACCESS_KEY") == []


@pytest.mark.parametrize(("text", "values"), SECRETS)
def test_secret_keys_are_found_behind_their_name(text: str, values: list[str]) -> None:
    assert find(PATTERNS, text, "SECRET_AWS_SECRET_KEY") == values


@pytest.mark.parametrize("text", NO_SECRETS)
def test_what_is_no_secret_key_is_left_alone(text: str) -> None:
    assert find(PATTERNS, text, "SECRET_AWS_SECRET_KEY") == []
