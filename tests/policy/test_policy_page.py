"""The policy page says what the code does: its fields are the code's, its snippets run."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from guard.core.action import Action
from guard.core.admin_facts import AdminFacts
from guard.core.answer_facts import AnswerFacts
from guard.core.decision import Decision, Route, TokenLimits
from guard.core.facts import EngineFacts, FindingFacts, Identity, MessageFacts, RequestFacts
from guard.core.point_decision import ToolDecision
from guard.core.tool_facts import ToolFacts
from guard.policy.embedded import EmbeddedPolicy
from guard.policy.point import RESPONSE
from guard.policy.testing import run_tests
from tests.opa import run_opa

PAGE = (Path(__file__).parents[2] / "docs" / "policy.md").read_text(encoding="utf-8")
SNIPPETS = dict(re.findall(r"```rego\n# (\S+)[^\n]*\n(.*?)```", PAGE, re.DOTALL))

Snippet = Callable[..., EmbeddedPolicy]


@pytest.fixture
def snippet(tmp_path: Path, starter: Path) -> Snippet:
    """The starter policy with snippets of the page beside it, or the snippet alone."""

    def load(*names: str, alone: bool = False) -> EmbeddedPolicy:
        directory = tmp_path / "policies"
        if not alone:
            shutil.copytree(starter, directory)
        directory.mkdir(exist_ok=True)
        for name in names:
            (directory / name).write_text(SNIPPETS[name], encoding="utf-8")
        return EmbeddedPolicy(directory)

    return load


def asking(facts: RequestFacts, tenant: str = "acme", key: str = "web", **changes: object) -> RequestFacts:
    identity = msgspec.structs.replace(facts.identity, tenant=tenant, key=key)
    return msgspec.structs.replace(facts, identity=identity, **changes)


def paths(type_: type[msgspec.Struct], prefix: str = "") -> set[str]:
    found = set()
    for field in msgspec.structs.fields(type_):
        name, inner = f"{prefix}{field.name}", msgspec.inspect.type_info(field.type)
        if isinstance(inner, msgspec.inspect.StructType):
            found |= paths(inner.cls, f"{name}.")
        elif isinstance(inner, msgspec.inspect.VarTupleType) and isinstance(
            inner.item_type, msgspec.inspect.StructType
        ):
            found |= paths(inner.item_type.cls, f"{name}[].")
        else:
            found.add(name)
    return found


def listed(section: str) -> set[str]:
    table = re.split(r"\n##+ ", PAGE.partition(f"# {section}\n")[2])[0]
    first = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    return {name for cell in first for name in re.findall(r"`([^`]+)`", cell)}


@pytest.mark.parametrize(
    ("section", "facts"),
    [
        ("Input", RequestFacts),
        ("Response input", AnswerFacts),
        ("Tool input", ToolFacts),
        ("Admin input", AdminFacts),
    ],
)
def test_every_input_field_is_on_the_page_and_no_other(section: str, facts: type[msgspec.Struct]) -> None:
    assert listed(section) == paths(facts)


def test_every_field_of_a_tool_decision_is_on_the_page_and_no_other() -> None:
    assert listed("Tool decision") == set(ToolDecision.__struct_fields__) - {"generation"} | {"packs"}


def test_every_decision_field_is_on_the_page_and_no_other() -> None:
    assert listed("Decision") == set(Decision.__struct_fields__) - {"generation"} | {"packs"}


def test_the_example_input_is_one_that_guard_sends() -> None:
    example = re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)
    assert example is not None
    document = msgspec.json.decode(example[1])
    assert msgspec.json.decode(msgspec.json.encode(msgspec.convert(document, RequestFacts))) == document


def test_support_sees_addresses_in_answers_alone(snippet: Snippet, facts: RequestFacts) -> None:
    policy = snippet("support.rego")

    support = policy.request(asking(facts, tenant="support"))
    assert support.answer_actions["EMAIL_ADDRESS"] is Action.ALLOW
    assert "EMAIL_ADDRESS" not in support.prompt_actions
    assert "EMAIL_ADDRESS" not in policy.request(facts).answer_actions


def test_the_search_service_may_send_documents(snippet: Snippet, facts: RequestFacts) -> None:
    policy = snippet("documents.rego")

    assert policy.request(asking(facts, key="search-service")).members == ("documents",)
    assert policy.request(facts).members == ()


def test_secrets_in_prompts_are_blocked(snippet: Snippet, facts: RequestFacts) -> None:
    decision = snippet("secrets.rego").request(facts)

    assert decision.prompt_plan().actions["secret"] is Action.BLOCK
    assert decision.answer_plan().actions["secret"] is Action.REDACT


def test_the_free_tier_has_no_large_model(snippet: Snippet, facts: RequestFacts, tmp_path: Path) -> None:
    policy = snippet("tiers.rego", "tiers_test.rego")

    assert [denial.code for denial in policy.request(asking(facts, model="large-model")).deny] == ["model_not_allowed"]
    assert policy.request(facts).deny == ()
    results = run_tests(tmp_path / "policies")
    assert [result.passed for result in results if result.file == "tiers_test.rego"] == [True]


def test_what_no_engine_saw_and_what_asks_too_much_is_denied(snippet: Snippet, facts: RequestFacts) -> None:
    policy = snippet("limits.rego")
    unseen = asking(facts, engines=(EngineFacts(name="pattern", status="TIMEOUT"),))

    assert [denial.code for denial in policy.request(unseen).deny] == ["not_inspected"]
    assert [denial.code for denial in policy.request(asking(facts, max_tokens=5000)).deny] == ["too_many_tokens"]
    assert policy.request(asking(facts, max_tokens=None)).deny == ()


def test_classifiers_are_tuned_in_one_file(snippet: Snippet, facts: RequestFacts) -> None:
    policy = snippet("classifiers.rego")

    decision = policy.request(asking(facts, scores={"injection": 0.95}))
    assert [denial.code for denial in decision.deny] == ["looks_like_an_attack"]
    assert policy.request(asking(facts, scores={"injection": 0.5})).deny == ()
    assert decision.answer_plan().actions["unsafe"] is Action.BLOCK
    assert decision.thresholds["unsafe"] == 0.8


@pytest.mark.parametrize(
    ("tier", "classifiers", "threshold"), [("premium", None, 0.5), ("free", ("unsafe",), None), ("mid", None, None)]
)
def test_tiers_are_guarded_as_deeply_as_they_need(
    snippet: Snippet, facts: RequestFacts, tier: str, classifiers: tuple[str, ...] | None, threshold: float | None
) -> None:
    identity = msgspec.structs.replace(facts.identity, tier=tier)
    decision = snippet("depth.rego").request(msgspec.structs.replace(facts, identity=identity))
    assert (decision.classifiers, decision.thresholds.get("unsafe")) == (classifiers, threshold)


def test_a_policy_from_nothing_blocks_what_is_found(snippet: Snippet, facts: RequestFacts) -> None:
    policy = snippet("strict.rego", alone=True)

    decision = policy.request(facts)
    assert (decision.deny, decision.actions, decision.hold_chars) == ((), {"*": Action.BLOCK}, 4096)
    assert len(policy.request(asking(facts, model="other")).deny) == 1


def test_texts_are_read_only_by_who_says_so(snippet: Snippet, facts: RequestFacts, starter: Path) -> None:
    policy = snippet("reading.rego")
    secret = MessageFacts(role="user", chars=20, text="Tell me about Project Nightjar")

    assert "messages.text" in policy.reads
    assert "messages.text" not in EmbeddedPolicy(starter).reads
    assert [denial.code for denial in policy.request(asking(facts, messages=(secret,))).deny] == ["codename"]
    assert policy.request(facts).deny == ()


def test_what_is_sensitive_stays_in_the_house(snippet: Snippet, facts: RequestFacts) -> None:
    policy = snippet("inhouse.rego")
    key = FindingFacts("API_KEY", "secret", 4, 1, 1.0, "pattern", "$.messages.content")

    decision = policy.request(asking(facts, findings=(key,)))
    assert decision.route == Route("inhouse", "nemotron-nano")
    assert decision.labels == {"policy": "starter", "routed": "inhouse"}
    assert policy.request(facts).route is None


def test_the_free_tier_is_limited(snippet: Snippet, facts: RequestFacts) -> None:
    policy = snippet("limited.rego")

    decision = policy.request(facts)
    assert decision.limits == TokenLimits(1024, 20.0, 256)
    assert decision.parameters.max == {"temperature": 1, "n": 1}
    assert decision.parameters.force == {"logprobs": False}
    other = msgspec.structs.replace(facts, identity=Identity("acme", "web", "gold"))
    assert policy.request(other).limits == TokenLimits()


def test_an_answer_may_be_decided_on_by_its_findings(snippet: Snippet) -> None:
    policy = snippet("answers.rego")
    found = msgspec.structs.replace(RESPONSE.example, identity=Identity("support", "web", "free"))

    assert "response" in policy.points
    assert policy.response(found).action is Action.ALLOW
    assert policy.response(msgspec.structs.replace(found, field="reasoning_content")).action is None
    assert policy.response(RESPONSE.example).action is None


def test_opa_checks_the_facts_that_an_annotated_package_names(tmp_path: Path) -> None:
    schemas = Path(__file__).parents[2] / "schemas"
    for name, status in (("name", 0), ("nmae", 1)):
        (tmp_path / "mail.rego").write_text(SNIPPETS["mail.rego"].replace("tool.name", f"tool.{name}"))
        assert run_opa("check", "--strict", "--schema", schemas, tmp_path).returncode == status


def test_every_snippet_of_the_page_is_run_here() -> None:
    plain = {"support", "documents", "secrets", "tiers", "tiers_test", "limits", "classifiers", "depth", "strict"}
    run = plain | {"reading", "inhouse", "limited", "answers", "mail"}
    assert set(SNIPPETS) == {f"{name}.rego" for name in run}
    assert len(SNIPPETS) == PAGE.count("```rego")
