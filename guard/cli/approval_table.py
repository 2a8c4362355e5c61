"""Shows what waits for approval. Names in it come from strangers: a terminal must not obey them."""

import time
from collections.abc import Sequence
from datetime import timedelta

from rich.table import Table
from rich.text import Text

from guard.cli.terminal import visible
from guard.core.approval_view import ApprovalView
from guard.dialects.guard_admin import ApprovalList

_COLUMNS = ("id", "left", "point", "who", "model", "tool", "reason")


def table(listed: ApprovalList) -> Table:
    """What waits, the oldest first, and a line of figures."""
    shown = Table(box=None, pad_edge=False, caption=_figures(listed), caption_justify="left")
    for column in _COLUMNS:
        shown.add_column(column, overflow="fold", no_wrap=column in ("id", "left", "point"))
    for one in listed.approvals:
        shown.add_row(*(Text(visible(cell)) for cell in _cells(one)))
    return shown


def _cells(one: ApprovalView) -> Sequence[str]:
    left = max(0, round(one.until_ms / 1000 - time.time()))
    arguments = ", ".join(f"{argument.path} {argument.type}" for argument in one.arguments)
    tool = f"{one.tool}({arguments})" if one.tool else ""
    return one.id, str(timedelta(seconds=left)), one.point, f"{one.tenant}/{one.key}", one.model, tool, one.reason


def _figures(listed: ApprovalList) -> str:
    counted = [f"{name} {count}" for name, count in listed.figures.items() if count or name == "waiting"]
    lost = {name: (listed.webhook or {}).get(name, 0) for name in ("given_up", "dropped")}
    counted += [f"events {name} {count}" for name, count in lost.items() if count]
    return visible(", ".join(counted))
