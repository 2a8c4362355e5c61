"""`guard key new`: a fresh key and the line that makes it known."""

import hashlib
import secrets

import click


@click.group()
def key() -> None:
    """Clients' and administrators' keys."""


@key.command("new")
@click.option("--name", default="app1", show_default=True, help="The key's name.")
@click.option("--tenant", default="default", show_default=True, help="Whom its tokens are accounted to.")
@click.option("--tier", default="default", show_default=True, help="What policies grant it by.")
@click.option("--admin", is_flag=True, help="An administrator's key, for `admin.keys`.")
def new(name: str, tenant: str, tier: str, admin: bool) -> None:
    """Print a new key, and its line for `keys:` or `admin.keys:` in the configuration.

    The key is shown this once and stored nowhere; the configuration knows only its digest.
    """
    fresh = f"guard_{secrets.token_urlsafe(32)}"
    digest = hashlib.sha256(fresh.encode()).hexdigest()
    click.echo(fresh)
    whose = "" if admin else f', tenant: "{tenant}", tier: "{tier}"'
    click.echo(f'  - {{name: "{name}", sha256: "{digest}"{whose}}}')
