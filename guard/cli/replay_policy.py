"""Opens the policies that a replay compares: a directory, or the archive of a bundle. Signatures are not asked for."""

from pathlib import Path

from guard.policy.bundle.archive import read_archive
from guard.policy.bundle.directory import read_directory
from guard.policy.embedded import EmbeddedPolicy
from guard.policy.serving import InProcess
from guard.policy.source import assemble, naming
from guard.ports import PolicyEngine


def opened_policy(path: Path) -> PolicyEngine:
    """The embedded engine on it, whatever engine serves. Raises ConfigError with file, line and cure."""
    place = str(path)
    with naming(place):
        source = assemble(read_directory(path) if path.is_dir() else read_archive(path))
    return InProcess(EmbeddedPolicy.of(source, place))
