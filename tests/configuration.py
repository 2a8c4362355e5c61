"""Configurations to try."""

from pathlib import Path

DIGEST = "0123456789abcdef" * 4
MINIMAL = "backends: [{name: local, base_url: 'http://127.0.0.1:9001/v1'}]\n"
SECRET = "hush-hush-4711"


def written(directory: Path, text: str) -> Path:
    """The file, beside a directory of policies."""
    (directory / "policies").mkdir(exist_ok=True)
    path = directory / "guard.yaml"
    path.write_text(text)
    return path
