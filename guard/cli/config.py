"""`guard config check` and `guard config schema`."""

from pathlib import Path

import click

from guard.app import gitleaks_files, recognized
from guard.cli.source import config_option, configured
from guard.config import Settings
from guard.config import schema as json_schema


@click.group()
def config() -> None:
    """The configuration file."""


@config.command("check")
@config_option
def check(config_file: Path | None) -> None:
    """Read the configuration as `guard serve` would, and say what it holds."""
    settings = configured(config_file)
    recognizers = {pattern.rule for pattern in recognized(settings.recognizers)}
    own = sum(len(file.patterns) for file in gitleaks_files(settings.secrets))
    names = ", ".join(backend.name for backend in settings.backends)
    access = _access(settings)
    rules = f"{len(recognizers)} recognizers" + (f"; {own} rules in gitleaks' format" if own else "")
    click.echo(f"sound: listens on {settings.listen}; {access}; backends: {names}; {rules}")


def _access(settings: Settings) -> str:
    kinds = [f"{len(settings.keys)} keys"] if settings.keys else []
    kinds += ["a key store"] if settings.identity.key_store is not None else []
    kinds += [f"tokens of {len(settings.identity.jwt)} issuers"] if settings.identity.jwt else []
    return " and ".join(kinds) or "no key asked for"


@config.command("schema")
def schema() -> None:
    """Print the JSON Schema of the configuration, for editors."""
    click.echo(json_schema())
