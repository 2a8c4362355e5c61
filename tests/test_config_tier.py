"""The section `tiers`: what is read, and what is refused."""

from pathlib import Path

import pytest

from guard.config import TierSettings, load
from guard.errors import ConfigError
from tests.configuration import DIGEST, MINIMAL, written

KEY = f"keys: [{{name: a, sha256: '{DIGEST}', tier: free}}]\n"


def test_tiers_are_read_by_their_names(tmp_path: Path) -> None:
    text = MINIMAL + KEY + "tiers:\n  free: {models: [small-*], tokens_per_min: 1000, weight: 0.5}\n  premium: {}\n"

    tiers = load(written(tmp_path, text), {}).tiers

    assert tiers == {
        "free": TierSettings(models=("small-*",), tokens_per_min=1000, weight=0.5),
        "premium": TierSettings(),
    }


@pytest.mark.parametrize(
    ("text", "key", "cure"),
    [
        (KEY + "tiers: {premium: {}}", "keys[0].tier", "use one of premium"),
        ("tiers: {premium: {}}", "tiers", "add it"),
        ("tiers: {default: {tokens: 5}}", "tiers.default.tokens", "unknown key"),
        ("tiers: {default: {requests_per_min: 0}}", "tiers.default.requests_per_min", "at least 1"),
        ("tiers: {default: {weight: 0}}", "tiers.default.weight", "more than 0"),
        ("tiers: {default: {}, default: {}}", "tiers.default", "second time"),
        ("tiers: {'a b': {}}", "tiers.…", "letters, digits"),
        ("tiers: [default]", "tiers", "mapping"),
        ("tiers: {default: {thinking_tokens: 5}}", "tiers.default.thinking_tokens", "vllm"),
    ],
)
def test_what_is_wrong_with_tiers_is_said_with_its_cure(tmp_path: Path, text: str, key: str, cure: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, MINIMAL + text + "\n"), {})

    assert f" {key}: " in caught.value.message
    assert cure in caught.value.message


LIMITED = "tiers: {default: {requests_per_min: 5}}\n"
BUSY = "backends: [{name: local, base_url: 'http://127.0.0.1:9001/v1', concurrency: 3"


@pytest.mark.parametrize(
    ("text", "key", "cure"),
    [
        (MINIMAL + LIMITED + "replicas: 2\n", "replicas", "counters.url"),
        (MINIMAL + "counters: {url: 'http://127.0.0.1'}\n", "counters.url", "redis://"),
        (MINIMAL + "counters: {ca_file: gone.pem}\n", "counters.ca_file", "PEM"),
        (MINIMAL + "counters: {fail: open}\n", "counters.fail", "closed, share"),
        (BUSY + "}]\nreplicas: 4\n", "backends[0].concurrency", "raise it"),
        (BUSY + ", priority: true}]\n", "backends[0].priority", "sglang, vllm"),
    ],
)
def test_what_several_processes_can_not_keep_is_refused(tmp_path: Path, text: str, key: str, cure: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, text), {})

    assert f" {key}: " in caught.value.message
    assert cure in caught.value.message


@pytest.mark.parametrize(
    "text",
    [
        MINIMAL + LIMITED + "replicas: 2\ncounters: {url: 'redis://127.0.0.1:6379/0'}\n",
        MINIMAL + "replicas: 2\ntiers: {default: {answer_tokens: 5}}\n",
        BUSY + ", kind: vllm, priority: true}]\nreplicas: 3\n",
    ],
    ids=["shared counters", "nothing is counted", "a place for each"],
)
def test_what_several_processes_can_keep_is_taken(tmp_path: Path, text: str) -> None:
    assert load(written(tmp_path, text), {}).replicas > 1
