"""`guard approvals`, `guard approve`, `guard deny`: answers what waits in a running Guard."""

import time
from typing import Final

import click
import msgspec

from guard.cli.admin import AdminClient, server_options
from guard.cli.terminal import console, visible
from guard.core.approval_view import ApprovalView
from guard.dialects.guard_admin import REASON_CHARS, ApprovalList, ApprovalReason

PAUSE_S: Final = 1.0
_reason = click.option("--reason", default="", help="What you say about it; the client is told if you deny.")


@click.command()
@click.option("--watch", is_flag=True, help="Show it again every second, until interrupted.")
@click.option("--json", "as_json", is_flag=True, help="Print what the server answers.")
@server_options
def approvals(client: AdminClient, watch: bool, as_json: bool) -> None:
    """Show what waits for approval."""
    if watch and as_json:
        raise click.UsageError("--watch shows a table: leave --json out")
    listed = client.get("/approvals", ApprovalList)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(listed), indent=2))
        return
    from guard.cli.approval_table import table

    if not watch:
        console().print(table(listed))
        return
    from rich.live import Live

    with Live(table(listed), console=console(), auto_refresh=False) as live:
        while True:
            time.sleep(PAUSE_S)
            live.update(table(client.get("/approvals", ApprovalList)), refresh=True)


@click.command()
@click.argument("approval", metavar="ID")
@_reason
@server_options
def approve(client: AdminClient, approval: str, reason: str) -> None:
    """Let what waits under ID go on."""
    _decide(client, approval, "approve", reason)


@click.command()
@click.argument("approval", metavar="ID")
@_reason
@server_options
def deny(client: AdminClient, approval: str, reason: str) -> None:
    """Refuse what waits under ID."""
    _decide(client, approval, "deny", reason)


def _decide(client: AdminClient, approval: str, word: str, reason: str) -> None:
    if not approval.isascii() or not approval.isalnum():
        raise click.UsageError("ID is 26 letters and digits: guard approvals lists those that wait")
    if len(reason) > REASON_CHARS:
        raise click.UsageError(f"the reason is longer than {REASON_CHARS} characters: shorten it")
    body = msgspec.json.encode(ApprovalReason(reason)) if reason else b""
    one = client.post(f"/approvals/{approval.upper()}/{word}", ApprovalView, body)
    click.echo(visible(f"{one.id} {one.state} by {one.decided_by}"))
