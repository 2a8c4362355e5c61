"""Where a command's settings come from: the file that is named, `guard.yaml` here, or the starter policies alone."""

import os
from pathlib import Path
from typing import Final

import click

from guard.config import Settings, load, standalone_settings, starter_policies
from guard.errors import ConfigError

DEFAULT: Final = Path("guard.yaml")

config_option = click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path),
    help="The configuration; guard.yaml in this directory by default.",
)


def configured(config_file: Path | None) -> Settings:
    """The settings of the file. Raises ConfigError, also when there is no file."""
    if config_file is None and not DEFAULT.is_file():
        raise ConfigError(
            "there is no guard.yaml here: write one (guard.example.yaml shows how), name one with --config, "
            "or try guard serve --demo"
        )
    return load(config_file or DEFAULT, os.environ)


def configured_or_starter(config_file: Path | None) -> Settings:
    """The settings of the file, or the starter policies' when none is named and none is here. Raises ConfigError."""
    if config_file is None and not DEFAULT.is_file():
        return standalone_settings(starter_policies(Path.cwd()))
    return configured(config_file)
