"""Optional parts of Guard: what brings them, said before they are missed."""

from collections.abc import Sequence
from importlib.util import find_spec

from guard.errors import ConfigError


def need(command: str, extra: str, modules: Sequence[str]) -> None:
    """Raises ConfigError with the cure if a module that comes with an extra is not installed."""
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        raise ConfigError(f"{command} needs {', '.join(missing)}: pip install 'guard-proxy[{extra}]'")
