"""`guard key`: keys for the configuration file, and keys of the key store.

A key is printed once, when it is made, and alone on standard output, so that it can go into a file or a secret store
unseen. Nothing else here prints one, nor a digest of one in the key store.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.table import Table
from rich.text import Text

from guard.cli.moment import Span, written
from guard.cli.source import config_option, configured
from guard.cli.terminal import console, visible
from guard.config import Settings
from guard.core.grant import ALL_SCOPES, SCOPES
from guard.core.key_record import FreshKey, KeyOrder, KeyRecord
from guard.errors import ConfigError, KeyConflict
from guard.metering.key.draw import draw
from guard.metering.key.store import KeyStore

_COLUMNS = ("name", "tenant", "tier", "state", "scopes", "models", "networks", "created", "ends")


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
    fresh, digest = draw()
    click.echo(fresh)
    whose = "" if admin else f', tenant: "{tenant}", tier: "{tier}"'
    click.echo(f'  - {{name: "{name}", sha256: "{digest}"{whose}}}')


def store_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options that name the key store: its file, or a configuration that does."""
    named = click.option("--store", "store_file", type=click.Path(path_type=Path), help="The key store's file.")
    return config_option(named(command))


@key.command("create")
@click.argument("name")
@click.option("--tenant", default="default", show_default=True, help="Whom its tokens are accounted to.")
@click.option("--tier", default="default", show_default=True, help="What policies grant it by.")
@click.option("--scope", "scopes", multiple=True, type=click.Choice(ALL_SCOPES), help="What it is for.")
@click.option("--model", "models", multiple=True, help="A model, or an fnmatch pattern; every model else.")
@click.option("--network", "networks", multiple=True, help="A network in CIDR that it is taken from; any else.")
@click.option("--expires", type=Span(), help="How long it is good for: 90d, 12h, 30m; for ever else.")
@store_options
def create(
    name: str,
    tenant: str,
    tier: str,
    scopes: tuple[str, ...],
    models: tuple[str, ...],
    networks: tuple[str, ...],
    expires: int | None,
    config_file: Path | None,
    store_file: Path | None,
) -> None:
    """Make a key called NAME in the key store and print it, this once.

    Running servers take it within half a second.
    """
    store, settings = _store(config_file, store_file)
    if settings is not None and name in {known.name for known in settings.keys}:
        raise KeyConflict("A key of this name stands in the configuration: choose another name.")
    until = None if expires is None else _now() + expires
    _show(store.create(KeyOrder(name, tenant, tier, scopes or SCOPES, models or ("*",), networks, until)))


@key.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@store_options
def list_(as_json: bool, config_file: Path | None, store_file: Path | None) -> None:
    """Show the key store's keys, without the keys themselves."""
    records = _store(config_file, store_file)[0].records()
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(records), indent=2))
        return
    shown = Table(box=None, pad_edge=False)
    for column in _COLUMNS:
        shown.add_column(column, overflow="fold")
    for record in records:
        shown.add_row(*(Text(visible(cell)) for cell in _cells(record)))
    console().print(shown)


@key.command("rotate")
@click.argument("name")
@click.option("--overlap", type=Span(), default="24h", show_default=True, help="How long the old key is taken as well.")
@store_options
def rotate(name: str, overlap: int, config_file: Path | None, store_file: Path | None) -> None:
    """Make a new key in the place of NAME's and print it, this once."""
    _show(_store(config_file, store_file)[0].rotate(name, overlap))


@key.command("revoke")
@click.argument("name")
@store_options
def revoke(name: str, config_file: Path | None, store_file: Path | None) -> None:
    """End a key for good. Running servers refuse it within half a second."""
    record = _store(config_file, store_file)[0].revoke(name)
    click.echo(f"{record.name} revoked")


def _store(config_file: Path | None, store_file: Path | None) -> tuple[KeyStore, Settings | None]:
    """The store, and the configuration that names it, if one does."""
    if store_file is not None:
        return KeyStore(store_file), None
    settings = configured(config_file)
    if settings.identity.key_store is None:
        raise ConfigError("there is no key store: name a file under identity.key_store, or with --store")
    return KeyStore(Path(settings.identity.key_store)), settings


def _show(fresh: FreshKey) -> None:
    click.echo(fresh.key)
    click.echo(f"{fresh.record.name}: this key is shown once; keep it safe now", err=True)


def _cells(record: KeyRecord) -> tuple[str, ...]:
    lists = (record.scopes, record.models, record.networks)
    ends = "" if record.expires_ms is None else written(record.expires_ms)
    joined = (", ".join(items) for items in lists)
    whose = (record.name, record.tenant, record.tier, record.state(_now()))
    return (*whose, *joined, written(record.created_ms), ends)


def _now() -> int:
    return time.time_ns() // 1_000_000
