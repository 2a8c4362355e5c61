"""`guard ledger`: whether nobody touched the ledger, what was entered last, and the entries of one exchange."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from guard.cli.exit_code import ExitCode
from guard.cli.moment import written
from guard.cli.source import config_option, configured

if TYPE_CHECKING:
    from guard.config import Settings
    from guard.metering.ledger.chain import Check
    from guard.metering.ledger.reader import LedgerReader, Shown
    from guard.metering.ledger.verify import Verdict

_TAIL: Final = ("state", "exchange", "attempt", "tenant", "model", "status", "prompt_tokens", "completion_tokens")


@click.group()
def ledger() -> None:
    """The ledger of exchanges."""


@ledger.command("verify")
@click.option("--public-key", type=click.Path(path_type=Path), help="PEM file of the key that heads are signed with.")
@click.option("--signed", is_flag=True, help="Find fault with a ledger that has heads which this key did not sign.")
@config_option
def verify(public_key: Path | None, signed: bool, config_file: Path | None) -> None:
    """Find every entry that was changed, taken out, moved, added or cut off. May run while Guard serves."""
    settings = configured(config_file)
    check = _check(public_key, settings)
    if signed and check is None:
        raise click.UsageError("--signed needs --public-key, or ledger.signing_key in the configuration")
    verdict = _opened(settings).verify(check)
    for fault in verdict.faults:
        click.echo(f"{fault.kind}: shard {fault.shard}: {fault.told}")
    click.echo(_summary(verdict, check is not None))
    if verdict.faults or (signed and verdict.signed < verdict.heads):
        raise click.exceptions.Exit(ExitCode.FOUND)


@ledger.command("tail")
@click.option("--count", "-n", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many.")
@config_option
def tail(count: int, config_file: Path | None) -> None:
    """Print the entries made last, the newest at the end."""
    for row in _opened(configured(config_file)).tail(count):
        click.echo(_line(row))


@ledger.command("show")
@click.argument("exchange")
@config_option
def show(exchange: str, config_file: Path | None) -> None:
    """Print all entries of one EXCHANGE as JSON. Its id is in the answer's header x-guard-exchange."""
    import msgspec

    rows = _opened(configured(config_file)).show(exchange)
    if not rows:
        click.echo("guard: the ledger has no exchange of this id", err=True)
        raise click.exceptions.Exit(ExitCode.FOUND)
    click.echo(msgspec.json.format(msgspec.json.encode(rows), indent=2).decode())


def _opened(settings: "Settings") -> "LedgerReader":
    from guard.metering.ledger.reader import LedgerReader

    chosen = settings.ledger_section
    return LedgerReader(chosen.url, chosen.password.reveal() if chosen.password is not None else "")


def _check(public_key: Path | None, settings: "Settings") -> "Check | None":
    from guard.metering.ledger.chain import Check, Signer

    if public_key is not None:
        try:
            return Check.of_pem(public_key.read_text("ascii"))
        except (OSError, ValueError):
            cure = "openssl pkey -in KEY -pubout prints the public half of an Ed25519 key"
            raise click.UsageError(f"{public_key} holds no public key in PEM: {cure}") from None
    key = settings.ledger_section.signing_key
    return None if key is None else Signer(key.reveal()).check


def _summary(verdict: "Verdict", keyed: bool) -> str:
    found = "no fault" if not verdict.faults else f"{len(verdict.faults)}{' and more' if verdict.more else ''} faults"
    signatures = (
        f"{verdict.signed} of them signed by this key" if keyed else "signatures not checked, for want of a key"
    )
    former = f"; {verdict.former} rows of an earlier release, which has no chain" if verdict.former else ""
    counts = f"{verdict.entries} entries in {verdict.shards} shards, {verdict.heads} heads, {signatures}"
    return f"{found}: {counts}{former}"


def _line(row: "Shown") -> str:
    told = " ".join(f"{name}={'-' if row[name] is None else row[name]}" for name in _TAIL)
    return f"{written(int(row['started_ms'] or 0))} {told}"
