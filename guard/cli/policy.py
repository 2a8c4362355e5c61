"""`guard policy …`: the commands for those who write policies, one file each."""

import click

from guard.cli.policy_eval import evaluate
from guard.cli.policy_explain import explain
from guard.cli.policy_new import new
from guard.cli.policy_schema import schema
from guard.cli.policy_test import test


@click.group()
def policy() -> None:
    """Policies."""


for command in (test, evaluate, explain, new, schema):
    policy.add_command(command)
