"""`guard policy schema`: the JSON Schemas that OPA type-checks policies with."""

from pathlib import Path

import click

from guard.errors import ConfigError

_POINTS = ("request", "response", "tool", "admin")


@click.command()
@click.argument("directory", required=False, type=click.Path(file_okay=False, path_type=Path))
@click.option("--point", type=click.Choice(_POINTS), help="One entry point only.")
@click.option("--decision", is_flag=True, help="Print what the policy may answer, not what it is asked.")
def schema(directory: Path | None, point: str | None, decision: bool) -> None:
    """Write the schemas of inputs into DIRECTORY, and those of decisions below it; without one, print a schema.

    opa check --strict --schema DIRECTORY policies
    """
    from guard.policy.schema import decision_schemas, input_schemas

    if directory is None:
        chosen = (decision_schemas() if decision else input_schemas())[point or "request"]
        click.echo(chosen.decode(), nl=False)
        return
    inputs = {name: text for name, text in input_schemas().items() if point in (None, name)}
    decisions = {f"decision/{name}": text for name, text in decision_schemas().items() if point in (None, name)}
    for name, text in {**inputs, **decisions}.items():
        _write(directory / f"{name}.json", text)


def _write(path: Path, text: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)
    except OSError as error:
        raise ConfigError(f"{path}: can't be written ({error.strerror}): name another directory") from None
    click.echo(path)
