"""Addresses with a password in them are found whole; ports, paths and placeholders are not taken for passwords."""

import pytest

from guard.security.url_credentials import PATTERNS
from tests.pii.reference import find

FOUND = (
    ("see https://user:pass@host/path, then", ["https://user:pass@host/path"]),
    ("postgres://app:s3cret@db.internal:5432/app?sslmode=require", None),
    ("postgresql+psycopg2://app:s3cret@db/app", None),
    ("jdbc:mysql://app:s3cret@db/app", ["mysql://app:s3cret@db/app"]),
    ("redis://:s3cret@cache:6379/0", None),
    ("mongodb+srv://app:s3cret@cluster0.example.net/test", None),
    ("amqps://app:s3cret@mq/vhost", None),
    ("git clone https://bot:s3cret@git.example/x.git", ["https://bot:s3cret@git.example/x.git"]),
    ("FTP://USER:PASS@HOST", None),
    ("postgres://app:p%40ss%2Fword@db/app", None),
    ("postgres://app:p@ss/word@db/app", None),
    ("https://app:12345@host/x@y", None),
    ("https://u:s3cret@host/?mail=jane@example.com", None),
    ('DATABASE_URL="mysql://app:s3cret@db/app"', ["mysql://app:s3cret@db/app"]),
    ("<https://u:s3cret@host/>", ["https://u:s3cret@host/"]),
    ("[link](https://u:s3cret@host/x).", ["https://u:s3cret@host/x"]),
    ("https://u:s3cret@a/ https://u:s3cret@b/", ["https://u:s3cret@a/", "https://u:s3cret@b/"]),
    ("https://usér:pässword@host", None),
)

NOT_FOUND = (
    "https://example.com/path",
    "https://example.com:8080/a@b.example",
    "https://example.com:8080?x=a@b.example",
    "https://example.com/users/a:b@c",
    "https://user@example.com/",
    "https://[2001:db8::1]:443/a@b",
    "postgres://app:${DB_PASSWORD}@db/app",
    "postgres://app:$DB_PASSWORD@db/app",
    "postgres://app:{{ password }}@db/app",
    "postgres://app:{password}@db/app",
    "postgres://app:[password]@db/app",
    "postgres://app:****@db/app",
    "postgres://app:@db/app",
    "https://<user>:<password>@host/",
    "mailto:user:pass@host",
    "xhttps://user:pass@host",
    "scheme://user:pass@host",
)


@pytest.mark.parametrize(("text", "values"), FOUND)
def test_addresses_with_a_password_are_found(text: str, values: list[str] | None) -> None:
    assert find(PATTERNS, text, "SECRET_CONNECTION_STRING") == ([text] if values is None else values)


@pytest.mark.parametrize("text", NOT_FOUND)
def test_addresses_without_one_are_left_alone(text: str) -> None:
    assert find(PATTERNS, text, "SECRET_CONNECTION_STRING") == []
