"""What does one decision on a request cost: remembered, evaluated in the process, asked of an OPA server on loopback?

    python -m benchmarks.policy

By the starter policy alone, and with packs. "Remembered" is a request that differs from earlier ones in nothing that
the policy reads; "evaluated" one that the engine sees for the first time. OPA is the real one (`make setup-opa`), a
process of its own on the same cores. Wall time of each call, in microseconds.
"""

import argparse
import asyncio
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from benchmarks.figure import Spread
from benchmarks.place import Place, place
from benchmarks.report import RESULTS, table, write
from guard.core.facts import EngineFacts, FindingFacts, MessageFacts, RequestFacts
from guard.policy.breaker import Breaker
from guard.policy.embedded import EmbeddedPolicy
from guard.policy.opa_client import OpaClient, OpaOptions
from guard.policy.point import REQUEST
from guard.policy.server import OpaPolicy
from tests.opa import OpaServer

QUESTION = "What does one decision on a request cost?"
POLICIES = Path(__file__).resolve().parents[1] / "policies"
CALLS = 1000
WARM = 50


class Row(msgspec.Struct, frozen=True):
    """One policy: packs that take part, and microseconds by the way of deciding."""

    packs: tuple[str, ...]
    remembered_us: Spread
    evaluated_us: Spread
    opa_us: Spread


class Result(msgspec.Struct, frozen=True):
    """Every row, and where they were measured."""

    question: str
    place: Place
    rows: tuple[Row, ...]


def asked(number: int) -> RequestFacts:
    """A request of six messages with two kinds of findings; each number has a model of its own."""
    finding = FindingFacts("EMAIL_ADDRESS", "pii.direct", 2, 1, 0.99, "pattern", "$.messages.content")
    return msgspec.structs.replace(
        REQUEST.example,
        model=f"model-{number}",
        messages=(MessageFacts(role="user", chars=120),) * 6,
        message_count=6,
        findings=(finding, msgspec.structs.replace(finding, type="PERSON", score=0.8)),
        engines=tuple(EngineFacts(name, "OK") for name in ("pattern", "injection", "unsafe")),
        scores={"injection": 0.03, "unsafe": 0.01},
        modalities=("text",),
        prompt_chars=720,
    )


@contextmanager
def policies(packs: Sequence[str]) -> Iterator[Path]:
    """A copy of the starter policy in which packs take part."""
    with tempfile.TemporaryDirectory(prefix="guard-bench-") as folder:
        copy = Path(folder) / "policies"
        shutil.copytree(POLICIES, copy)
        settings = copy / "settings.rego"
        enabled = f"\npacks := {msgspec.json.encode(list(packs)).decode()}\n"
        settings.write_text(settings.read_text().replace("\npacks := []\n", enabled))
        yield copy


def embedded(policy: EmbeddedPolicy, calls: int, step: int) -> Spread:
    """`step` 0 asks the same again, 1 something new each time."""
    taken = []
    for number in range(WARM + calls):
        facts = asked(number * step)
        begun = time.perf_counter_ns()
        policy.request(facts)
        taken.append((time.perf_counter_ns() - begun) / 1000)
    return Spread.of(taken[WARM:])


async def served(url: str, calls: int) -> Spread:
    """The same questions, one after the other, on one connection."""
    opa = OpaPolicy(OpaClient(OpaOptions(url, timeout_s=10.0)), Breaker())
    taken = []
    try:
        for number in range(WARM + calls):
            facts = asked(number)
            begun = time.perf_counter_ns()
            await opa.request(facts)
            taken.append((time.perf_counter_ns() - begun) / 1000)
    finally:
        await opa.close()
    return Spread.of(taken[WARM:])


def measured(packs: tuple[str, ...], calls: int) -> Row:
    """One row."""
    with policies(packs) as directory:
        policy = EmbeddedPolicy(directory)
        remembered, evaluated = embedded(policy, calls, 0), embedded(policy, calls, 1)
        with OpaServer(directory.parent, [directory]) as server:
            return Row(packs, remembered, evaluated, asyncio.run(served(server.url, calls)))


def run(calls: int = CALLS) -> Result:
    """The starter policy, alone and with two packs, as far as they are there."""
    where = place()
    there = [pack for pack in ("pci-dss", "gdpr", "hipaa", "kids") if (POLICIES / "packs" / pack).is_dir()]
    return Result(QUESTION, where, tuple(measured(packs, calls) for packs in ((), tuple(there[:2]))))


def show(result: Result) -> str:
    """The result as a Markdown table."""
    head = ("starter policy with", "remembered, µs", "p99", "evaluated, µs", "p99", "OPA on loopback, µs", "p99")
    lines = []
    for row in result.rows:
        spreads = (row.remembered_us, row.evaluated_us, row.opa_us)
        figures = [f"{figure:.0f}" for spread in spreads for figure in (spread.p50, spread.p99)]
        lines.append((", ".join(row.packs) or "nothing more", *figures))
    return table(head, lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--calls", type=int, default=CALLS)
    parser.add_argument("--out", type=Path, default=RESULTS)
    args = parser.parse_args()
    result = run(args.calls)
    write(args.out, "policy", result, QUESTION, result.place, show(result))


if __name__ == "__main__":
    main()
