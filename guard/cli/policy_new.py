"""`guard policy new`: puts a pack of rules into a directory of policies and says what to edit."""

from pathlib import Path

import click


@click.command()
@click.argument("pack")
@click.argument("directory", default="policies", type=click.Path(file_okay=False, path_type=Path))
def new(pack: str, directory: Path) -> None:
    """Put PACK into DIRECTORY (`policies` by default), with the starter policy and tests where they are not there yet.

    Files that are there stay as they are. The packs are described in docs/packs.md.
    """
    from guard.config import bundled_policies
    from guard.policy.pack import copy

    copied = copy(bundled_policies(), pack, directory)
    for path in copied.made:
        click.echo(f"made {path}")
    for path in copied.kept:
        click.echo(f"kept {path}")
    click.echo("")
    if not copied.named:
        click.echo(f'add "{pack}" to packs in {directory / "settings.rego"}')
    click.echo(f"edit {directory / 'packs' / pack / 'settings.rego'}")
    click.echo(f"then run guard policy test {directory}")
