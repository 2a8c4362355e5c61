"""Settings without a file: for the demo, and for commands that need only policies."""

from importlib import resources
from pathlib import Path

from guard.config.settings import BackendSettings, LogSettings, Settings
from guard.errors import ConfigError


def starter_policies(directory: Path) -> Path:
    """`policies/` in `directory` if there is one, else the copy that comes with Guard. Raises ConfigError."""
    path = directory / "policies"
    return path.absolute() if path.is_dir() else bundled_policies()


def bundled_policies() -> Path:
    """The policies that come with Guard, all packs among them. Raises ConfigError."""
    package = Path(str(resources.files("guard")))
    # The wheel carries them inside the package; in a source checkout they lie beside it.
    for path in (package / "starter_policies", package.parent / "policies"):
        if path.is_dir():
            return path.absolute()
    raise ConfigError("there are no policies here: create policies/, or name a configuration with --config")


def bundled_models() -> Path:
    """The models that come with Guard: inside the package in a wheel, beside it in a source checkout."""
    package = Path(str(resources.files("guard")))
    inside = package / "bundled_models"
    return (inside if inside.is_dir() else package.parent / "models").absolute()


def demo_settings(backend_url: str, policies: Path, listen: str = "127.0.0.1:8080") -> Settings:
    """Guard before the bundled demo backend, open to this machine only; its ledger is in memory."""
    return Settings(
        listen=listen,
        backends=(BackendSettings(name="demo", base_url=backend_url),),
        policies=str(policies),
        models=str(bundled_models()),
        ledger="sqlite://",
        log=LogSettings(format="text"),
    )


def standalone_settings(policies: Path) -> Settings:
    """Settings for inspecting text without serving: no backend, a ledger in memory."""
    return Settings(backends=(), policies=str(policies), models=str(bundled_models()), ledger="sqlite://")
