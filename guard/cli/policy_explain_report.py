"""Shows explanations of recorded decisions: as tables, or as JSON."""

import time
from collections.abc import Sequence

import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text

from guard.cli.policy_report import decision_table, print_rules
from guard.cli.terminal import console, visible
from guard.core.decision_json import decision_json
from guard.policy.trace.explanation import Difference, Explanation
from guard.policy.trace.tracer import Fired


class _Explanation(msgspec.Struct, omit_defaults=True):
    decision_id: str
    point: str
    at: str
    recorded_generation: str
    generation: str
    recorded: msgspec.Raw | None
    now: msgspec.Raw | None
    recorded_error: str = ""
    error: str = ""
    differences: tuple[Difference, ...] = ()
    rules: tuple[Fired, ...] = ()
    warnings: tuple[str, ...] = ()


class _Report(msgspec.Struct, omit_defaults=True):
    decisions: list[_Explanation]
    erased: tuple[str, ...] = ()


def explanations_json(found: Sequence[Explanation], erased: Sequence[str]) -> str:
    """All decisions of the exchange as one JSON object, indented."""
    report = _Report([_told(one) for one in found], tuple(erased))
    return msgspec.json.format(msgspec.json.encode(report), indent=2).decode()


def print_explanations(found: Sequence[Explanation], erased: Sequence[str], *, everything: bool) -> None:
    """All decisions of the exchange for a reader, on standard output."""
    out = console()
    for number, one in enumerate(found):
        if number:
            out.print()
        _print(out, one, everything=everything)
    if erased:
        out.print(f"not in the record, so rules that read it may go another way here: {visible(', '.join(erased))}")


def _print(out: Console, one: Explanation, *, everything: bool) -> None:
    recorded, result = one.decision, one.evaluation
    out.print(f"{recorded.point}, {_time(recorded.at_ns)}, decided under generation {recorded.generation}")
    if recorded.generation != one.generation:
        out.print(f"these policies are generation {one.generation}: the rules are theirs")
    if result.decision is None:
        out.print(f"no decision: {visible(result.error)}")
    else:
        out.print(decision_table(decision_json(result.decision)))
    print_rules(out, result.fired, everything=everything)
    for warning in result.warnings:
        out.print(Text(f"warning: {visible(warning)}"))
    if one.differences:
        out.print(_differing(one.differences))
    else:
        out.print("the decision is the recorded one")


def _differing(differences: Sequence[Difference]) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("the decision differs", "recorded", "now"):
        table.add_column(column, overflow="fold")
    for one in differences:
        table.add_row(*(Text(visible(cell or "–")) for cell in (one.key, one.recorded, one.now)))
    return table


def _told(one: Explanation) -> _Explanation:
    recorded, result = one.decision, one.evaluation
    return _Explanation(
        decision_id=recorded.decision_id,
        point=recorded.point,
        at=_time(recorded.at_ns),
        recorded_generation=recorded.generation,
        generation=one.generation,
        recorded=msgspec.Raw(recorded.result) if recorded.result else None,
        now=None if result.decision is None else msgspec.Raw(decision_json(result.decision)),
        recorded_error=recorded.error,
        error=result.error,
        differences=one.differences,
        rules=result.fired,
        warnings=result.warnings,
    )


def _time(at_ns: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at_ns // 1_000_000_000))
