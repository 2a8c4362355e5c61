"""Two engines, one answer: the embedded engine and a real OPA decide alike on generated inputs, at every entry point.

The inputs are drawn from a seed: awkward names, empty and many of everything, numbers at their bounds.
"""

import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from guard.core.facts import Scalar
from guard.core.taxonomy import GROUP_OF
from guard.errors import PolicyError
from guard.policy.breaker import Breaker
from guard.policy.embedded import EmbeddedPolicy
from guard.policy.opa_client import OpaClient, OpaOptions
from guard.policy.point import POINTS, Point
from guard.policy.server import OpaPolicy
from guard.policy.source import read
from guard.policy.testing import find_tests
from tests.opa import OpaServer, run_opa

SEED, INPUTS = 20_260_301, 60
WORDS = ("", "a", "free", "gold", "small-model", "großes Modell", "模型", 'q"uote', "back\\slash", "nul\0", "{{x}}",
         "../..", "true", "null", "1e3", "openai.chat", "openai.embeddings", "user", "tool", "system", "content",
         "image", "text", "OK", "ERROR", "send_mail", "$.to", "2026-03-01T12:00:00Z", "e\u0301", "\u202e", "x" * 300,
         "policy.show", "approval.approve", "internal_assistant", "kids", *list(GROUP_OF)[:12])  # fmt: skip
NUMBERS = (0, 1, 2, 4, 5, 100, 1024, 4096, 100_000, 2**53, 2**70, -1)
FRACTIONS = (0.0, 0.25, 0.5, 0.9, 1.0)


def drawn(kind: Any, dice: random.Random) -> Any:
    """A value of a type."""
    if kind is Scalar:
        return dice.choice([None, True, 7, 0.5, dice.choice(WORDS)])
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return kind(**{field.name: drawn(field.type, dice) for field in msgspec.structs.fields(kind)})
    if kind in (str, bool, int, float, object):
        return dice.choice({str: WORDS, bool: (True, False), int: NUMBERS, float: FRACTIONS, object: OBJECTS}[kind])
    inner = get_args(kind)
    if type(None) in inner:
        return dice.choice([None, drawn(inner[0], dice)])
    many = range(dice.choice([0, 1, 3]))
    if len(inner) == 2 and inner[1] is not Ellipsis:
        return {dice.choice(WORDS): drawn(inner[1], dice) for _ in many}
    return tuple(drawn(inner[0], dice) for _ in many)


OBJECTS = (None, {}, [], "text", 3, {"to": "a@example.com", "list": [1, {"b": None}]}, {"path": "/etc", "n": -1.5})


def told(ask: Any) -> Any:
    """A decision as JSON without its generation, the reasons in an order of their own; or that there is none."""
    if isinstance(ask, PolicyError):
        return "no decision"
    decision = msgspec.to_builtins(ask, enc_hook=str)
    decision.pop("generation")
    decision["deny"] = sorted(decision.get("deny", []), key=str)
    return decision


OWN = """package guard

further["limits"] := {"max_tokens": 10} if {
	some finding in input.findings
	finding.severity > 2
}

deny contains sprintf("%v of %d", [input.model, count(input.tools)]) if input.tokens > 1000

deny contains {"code": "spoken", "message": concat(", ", sort(spoken))} if count(spoken) > 1

spoken contains lower(message.role) if some message in input.messages

labels["tier"] := input.identity.tier if input.identity.tier != ""

labels["claims"] := concat(",", sort(object.keys(input.identity.claims)))

further["route"] := {"model": trim_space(upper(input.route))} if startswith(input.client.address, "1")

response := {"action": "block", "labels": {"field": input.field}} if {
	input.finding.score >= 0.5
	not input.finding.type in {"EMAIL_ADDRESS"}
}

tool := {"deny": refusals, "redact": paths, "require_approval": count(input.findings) > 1}

refusals contains "mail after the web" if {
	some source in input.sources
	source.tool == "send_mail"
	source.untrusted
}

refusals contains sprintf("%v", [value]) if {
	walk(input.tool.arguments, [path, value])
	is_string(value)
	count(path) > 0
	contains(value, "@")
}

paths contains "$.to" if input.tool.arguments.to
"""


@pytest.fixture(scope="module", params=["the starter policy", "every pack", "rules of one's own"])
def directory(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Policies to decide by."""
    place = tmp_path_factory.mktemp("rego") / "policies"
    shutil.copytree(Path(__file__).parents[2] / "policies", place)
    settings = place / "settings.rego"
    if request.param == "every pack":
        packs = msgspec.json.encode(sorted(path.name for path in (place / "packs").iterdir())).decode()
        settings.write_text(settings.read_text().replace("\npacks := []\n", f"\npacks := {packs}\n"))
        assert packs in settings.read_text()
    elif request.param == "rules of one's own":
        (place / "own.rego").write_text(OWN)
    return place


@pytest.fixture(scope="module")
def embedded(directory: Path) -> EmbeddedPolicy:
    return EmbeddedPolicy(directory)


@pytest.fixture(scope="module")
def server(directory: Path) -> Iterator[OpaServer]:
    with OpaServer(directory.parent, [directory]) as running:
        yield running


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
async def test_both_engines_decide_alike(embedded: EmbeddedPolicy, server: OpaServer, point: Point[Any, Any]) -> None:
    opa = OpaPolicy(OpaClient(OpaOptions(server.url, timeout_s=20)), Breaker())
    dice = random.Random(SEED)
    differing = []
    try:
        for number in range(INPUTS):
            facts = drawn(point.facts, dice)
            try:
                here = getattr(embedded, point.name)(facts)
            except PolicyError as error:
                here = error
            try:
                there = await getattr(opa, point.name)(facts)
            except PolicyError as error:
                there = error
            if told(here) != told(there):
                differing.append((number, told(here), told(there)))
    finally:
        await opa.close()
    assert differing == []
    assert point.name not in embedded.points or opa.figures().outcomes["answered"] > 0
    assert opa.figures().outcomes.keys() <= {"answered", "undefined", "policy"}


def test_every_policy_test_runs_on_both_engines(starter: Path) -> None:
    ours = {f"{test.package}.{test.rule}" for test in find_tests(read(starter, tests=True))}
    done = run_opa("test", "--format", "json", starter)
    theirs = msgspec.json.decode(done.stdout)
    assert {f"{one['package'].removeprefix('data.')}.{one['name']}" for one in theirs} == ours
    assert [one["name"] for one in theirs if one.get("fail") or one.get("error")] == []
