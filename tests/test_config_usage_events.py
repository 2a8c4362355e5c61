"""The section `usage_events`: what is read, and what is refused."""

from pathlib import Path

import pytest

from guard.config import load
from guard.errors import ConfigError
from tests.configuration import MINIMAL, written

URL = "url: 'https://openmeter.example.com/api/v1/events'"
SECRET = "secret: whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"


@pytest.mark.parametrize(
    "text",
    [
        f"{{{URL}, token: some-token}}",
        f"{{{URL}, {SECRET}}}",
        f"{{{URL}, {SECRET}, token: a, name: meter, source: 'https://guard.example.com', subject: key, batch: 1000}}",
    ],
)
def test_what_is_sound_is_read(tmp_path: Path, text: str) -> None:
    settings = load(written(tmp_path, f"{MINIMAL}usage_events: {text}\n"), {})
    assert settings.usage_events is not None
    assert settings.usage_events.history is False


@pytest.mark.parametrize(
    ("text", "key", "cure"),
    [
        (f"{{{URL}}}", "usage_events", "needs token or secret"),
        ("{url: 'ftp://a/b', token: a}", "usage_events.url", "http"),
        ("{url: 'https://me:hush-hush-4711@a/b', token: a}", "usage_events.url", "credentials"),
        (f"{{{URL}, secret: hush-hush-4711}}", "usage_events.secret", "whsec_"),
        (f"{{{URL}, token: 'hush hush-4711'}}", "usage_events.token", "without spaces"),
        (f"{{{URL}, token: a, name: ../../etc}}", "usage_events.name", "letters"),
        (f"{{{URL}, token: a, source: 'a b'}}", "usage_events.source", "without spaces"),
        (f"{{{URL}, token: a, subject: model}}", "usage_events.subject", "tenant"),
        (f"{{{URL}, token: a, ca_file: none.pem}}", "usage_events.ca_file", "is not a file"),
        (f"{{{URL}, token: a, batch: 1001}}", "usage_events.batch", "at most"),
    ],
)
def test_what_is_not_is_refused_with_its_key_and_cure(tmp_path: Path, text: str, key: str, cure: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load(written(tmp_path, f"{MINIMAL}usage_events: {text}\n"), {})
    assert key in str(refused.value)
    assert cure in str(refused.value)
    assert "4711" not in str(refused.value)


def test_a_ledger_in_memory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="needs a ledger that stays"):
        load(written(tmp_path, f"{MINIMAL}ledger: 'sqlite://'\nusage_events: {{{URL}, token: a}}\n"), {})
