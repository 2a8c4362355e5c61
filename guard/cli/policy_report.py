"""Shows what a policy decided: the decision, the rules that held, and warnings. Names in it may be a client's."""

from collections.abc import Iterator, Sequence

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from guard.cli.terminal import console, visible
from guard.core.decision_json import decision_json
from guard.policy.trace.evaluation import Evaluation
from guard.policy.trace.tracer import Fired


class _Report(msgspec.Struct, omit_defaults=True):
    decision: msgspec.Raw | None
    error: str = ""
    answered: bool = True
    rules: tuple[Fired, ...] = ()
    warnings: tuple[str, ...] = ()


def evaluation_json(result: Evaluation) -> str:
    """The result as one JSON object, indented; the decision in the words of a policy."""
    decision = None if result.decision is None else msgspec.Raw(decision_json(result.decision))
    report = _Report(decision, result.error, result.answered, result.fired, result.warnings)
    return msgspec.json.format(msgspec.json.encode(report), indent=2).decode()


def print_evaluation(result: Evaluation, *, everything: bool) -> None:
    """The result for a reader, on standard output."""
    out = console()
    if result.decision is None:
        out.print(f"no decision: {visible(result.error)}")
    else:
        if not result.answered:
            out.print("the policy has no answer: this is what Guard does then")
        out.print(decision_table(decision_json(result.decision)))
    print_rules(out, result.fired, everything=everything)
    for warning in result.warnings:
        out.print(Text(f"warning: {visible(warning)}"))


def decision_table(decision: bytes) -> Table:
    """A decision in the words of a policy, a line for each value."""
    table = Table(box=None, pad_edge=False)
    table.add_column("decision", overflow="fold")
    table.add_column("", overflow="fold")
    rows = list(_rows("", msgspec.json.decode(decision)))
    for key, value in rows or [("nothing", "every default holds")]:
        table.add_row(Text(visible(key)), Text(visible(value)))
    return table


def print_rules(out: Console, fired: Sequence[Fired], *, everything: bool) -> None:
    """The rules that held and read something of the input, or all that held."""
    shown = [rule for rule in fired if everything or rule.reads]
    table = Table(box=None, pad_edge=False)
    for column in ("rule that held", "place", "read"):
        table.add_column(column, overflow="fold")
    for rule in shown:
        table.add_row(rule.rule, f"{rule.file}:{rule.line}", Text(visible(", ".join(rule.reads))))
    out.print()
    if shown:
        out.print(table)
    if rest := len(fired) - len(shown):
        out.print(f"{rest} more rules held and read nothing of the input: --all shows them")


def _rows(key: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for name, item in value.items():
            yield from _rows(f"{key} {name}".strip(), item)
    elif isinstance(value, list) and any(isinstance(item, dict) for item in value):
        for item in value:
            yield key, ", ".join(f"{name}: {part}" for name, part in item.items())
    elif isinstance(value, str):
        yield key, value
    else:
        yield key, msgspec.json.encode(value).decode()
