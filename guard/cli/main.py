"""The command `guard`. Maps every foreseen error to one line on stderr and an exit status; tracebacks are for bugs."""

import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from guard import __version__
from guard.cli.approval import approvals, approve, deny
from guard.cli.check import check
from guard.cli.config import config
from guard.cli.energy import energy
from guard.cli.exit_code import ExitCode
from guard.cli.key import key
from guard.cli.ledger import ledger
from guard.cli.models import models
from guard.cli.policy import policy
from guard.cli.record import record
from guard.cli.replay import replay
from guard.cli.serve import serve
from guard.cli.usage import usage
from guard.errors import GuardError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="guard")
def guard() -> None:
    """A guardrail proxy for token streams."""


_COMMANDS = (serve, check, config, policy, record, replay, ledger, usage, energy, key, models, approvals, approve, deny)
for command in _COMMANDS:
    guard.add_command(command)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs one command and exits with its status. `arguments` are the process's own by default."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and gives its exit status."""
    try:
        status = guard.main(args=arguments, prog_name="guard", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return ExitCode.MISUSED
    except click.ClickException as error:
        return _misused(error.format_message())
    except click.Abort:
        return ExitCode.INTERRUPTED
    except GuardError as error:
        return _misused(error.message)
    return int(status or 0)


def _misused(message: str) -> int:
    click.echo(f"guard: {' '.join(message.split())}", err=True)
    return ExitCode.MISUSED
