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
