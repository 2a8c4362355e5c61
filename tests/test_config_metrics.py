"""The section `metrics`: who may read the page is said, or refused."""

from pathlib import Path

import pytest

from guard.config import load
from guard.errors import ConfigError
from tests.configuration import MINIMAL, written

TOKEN = "0123456789abcdef"


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "{listen: '127.0.0.1:9464'}",
        "{listen: 'localhost:9464', labels: []}",
        f"{{listen: '0.0.0.0:9464', token: {TOKEN}}}",
        "{listen: '0.0.0.0:9464', open: true, labels: [tenant], series: 5}",
    ],
)
def test_what_is_sound_is_read(tmp_path: Path, text: str) -> None:
    load(written(tmp_path, f"{MINIMAL}metrics: {text}\n"), {})


@pytest.mark.parametrize(
    ("text", "key", "cure"),
    [
        ("{listen: '0.0.0.0:9464'}", "metrics.listen", "add metrics.token"),
        ("{listen: '127.0.0.1'}", "metrics.listen", "ADDRESS:PORT"),
        ("{listen: '127.0.0.1:8080'}", "metrics.listen", "another port"),
        ("{token: short}", "metrics.token", "16 or more"),
        ("{token: 'with spaces in it here'}", "metrics.token", "without spaces"),
        (f"{{listen: '0.0.0.0:9464', token: {TOKEN}, open: true}}", "metrics.open", "contradicts"),
        ("{labels: [model, model]}", "metrics.labels", "twice"),
        ("{labels: [user]}", "metrics.labels", "tenant"),
        ("{series: 0}", "metrics.series", "at least 1"),
    ],
)
def test_what_is_not_is_refused_with_its_key_and_cure(tmp_path: Path, text: str, key: str, cure: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load(written(tmp_path, f"{MINIMAL}metrics: {text}\n"), {})
    assert key in str(refused.value)
    assert cure in str(refused.value)
    assert "with spaces" not in str(refused.value)
