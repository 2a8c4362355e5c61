"""The packs: each one serves, alone and with all others, and its page says what its rules say."""

import re
import shutil
from pathlib import Path

import msgspec
import pytest

from guard.core.action import Action
from guard.core.decision import Decision
from guard.core.facts import CallFacts, EngineFacts, RequestFacts
from guard.core.finding import Finding
from guard.core.tool_facts import OneCall, SourceFacts
from guard.errors import ConfigError
from guard.policy.embedded import EmbeddedPolicy
from guard.policy.pack import TOOL_ENTRY, copy, names
from guard.policy.point import TOOL
from tests.cli.command import guard
from tests.opa import run_opa

ROOT = Path(__file__).parents[2]
PACKS = sorted(path.name for path in (ROOT / "policies/packs").iterdir())
CODE = re.compile(r'(?:"code": |denial\()"(\w+)"')
SETTING = re.compile(r"^(\w+) :=", re.MULTILINE)


def enable(starter: Path, place: Path, *packs: str) -> EmbeddedPolicy:
    directory = place / "policies"
    shutil.copytree(starter, directory)
    settings = directory / "settings.rego"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("packs := []", f"packs := {list(packs)}".replace("'", '"')), encoding="utf-8")
    return EmbeddedPolicy(directory)


def codes(decision: Decision) -> list[str]:
    return [denial.code for denial in decision.deny]


def rules(pack: str) -> str:
    files = sorted((ROOT / "policies/packs" / pack).glob("*.rego"))
    return "".join(file.read_text(encoding="utf-8") for file in files if not file.name.endswith("_test.rego"))


@pytest.mark.parametrize("pack", PACKS)
def test_a_pack_takes_part_and_says_so(starter: Path, tmp_path: Path, facts: RequestFacts, pack: str) -> None:
    decision = enable(starter, tmp_path, pack).request(facts)

    assert pack.replace("-", "_") in decision.labels
    assert "pack_missing" not in codes(decision)


def test_all_packs_agree_with_each_other(starter: Path, tmp_path: Path, facts: RequestFacts) -> None:
    decision = enable(starter, tmp_path, *PACKS).request(facts)

    assert {pack.replace("-", "_") for pack in PACKS} <= set(decision.labels)
    assert not {"pack_missing", "packs_disagree", "no_backend_allowed"} & set(codes(decision))


def test_a_pack_tightens_what_the_operator_set(starter: Path, tmp_path: Path, facts: RequestFacts) -> None:
    decision = enable(starter, tmp_path, "pci-dss").request(facts)
    track, card = Finding("CARD_TRACK_DATA", 0, 1), Finding("CREDIT_CARD", 0, 1, score=0.6)

    assert decision.prompt_plan().action(track) is Action.BLOCK
    assert decision.answer_plan().action(card) is Action.REDACT
    assert decision.prompt_plan().style(card).value == "mask"
    assert decision.prompt_plan().action(Finding("EMAIL_ADDRESS", 0, 1)) is Action.REDACT


def test_a_pack_denies_what_no_engine_has_read(starter: Path, tmp_path: Path, facts: RequestFacts) -> None:
    policy = enable(starter, tmp_path, "pci-dss")
    late = msgspec.structs.replace(facts, engines=(EngineFacts("pattern", "TIMEOUT"),))

    assert codes(policy.request(facts)) == []
    assert codes(policy.request(late)) == ["pci_dss_not_inspected"]


def test_a_pack_that_is_not_there_denies(starter: Path, tmp_path: Path, facts: RequestFacts) -> None:
    assert codes(enable(starter, tmp_path, "pci_dss").request(facts)) == ["pack_missing"]


WEB = CallFacts("read_web", answered=True)


@pytest.mark.parametrize(
    ("calls", "refused"), [((), []), ((WEB,), ["agents_sends_after_outside"])], ids=["at once", "after reading the web"]
)
def test_no_mail_goes_out_after_the_web_was_read(
    starter: Path, tmp_path: Path, facts: RequestFacts, calls: tuple[CallFacts, ...], refused: list[str]
) -> None:
    shutil.copytree(starter, tmp_path / "with-tools")
    (tmp_path / "with-tools/tool.rego").write_text(TOOL_ENTRY, encoding="utf-8")
    policy = enable(tmp_path / "with-tools", tmp_path, "agents")
    mail = OneCall("send_mail", offered=True, valid=True, arguments={"to": "ada@example.com"})
    sources = (SourceFacts("$.to", "user"),)
    asked = msgspec.structs.replace(TOOL.example, tool=mail, calls=calls, sources=sources)

    assert codes(policy.request(facts)) == []
    assert [denial.code for denial in policy.tool(asked).deny] == refused


def test_without_the_entry_point_for_tools_the_pack_for_agents_denies(
    starter: Path, tmp_path: Path, facts: RequestFacts
) -> None:
    assert codes(enable(starter, tmp_path, "agents").request(facts)) == ["tools_not_asked_about"]


@pytest.mark.parametrize("pack", PACKS)
def test_a_packs_page_lists_its_denials_and_settings(pack: str) -> None:
    page = (ROOT / "docs/packs" / f"{pack}.md").read_text(encoding="utf-8")
    settings = (ROOT / "policies/packs" / pack / "settings.rego").read_text(encoding="utf-8")
    table = page.partition("Denials:")[2].partition("\n## ")[0]

    assert set(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == set(CODE.findall(rules(pack)))
    assert [name for name in SETTING.findall(settings) if f"`{name}`" not in page.partition("## Settings")[2]] == []


@pytest.mark.parametrize("pack", PACKS)
def test_a_packs_page_names_the_types_of_its_settings(pack: str) -> None:
    page = (ROOT / "docs/packs" / f"{pack}.md").read_text(encoding="utf-8")
    settings = (ROOT / "policies/packs" / pack / "settings.rego").read_text(encoding="utf-8")
    types = set(re.findall(r'"([A-Z][A-Z0-9_]+)": "(?:allow|flag|redact|block)"', settings))

    assert {type_ for type_ in types if f"`{type_}`" not in page} == set()


def test_every_pack_is_in_the_index_and_in_the_table_of_packs() -> None:
    index = (ROOT / "docs/packs.md").read_text(encoding="utf-8")
    table = (ROOT / "policies/packs.rego").read_text(encoding="utf-8")

    assert re.findall(r"^\| \[([\w-]+)\]\(packs/\1\.md\)", index, re.MULTILINE) == PACKS
    assert set(PACKS) <= set(re.findall(r'^said_by_packs\["([\w-]+)"\]', table, re.MULTILINE))
    confined = set(re.findall(r'^lists_by_pack\["([\w-]+)"\]', table, re.MULTILINE))
    assert {pack for pack in PACKS if re.search(r"^backends :=", rules(pack), re.MULTILINE)} <= confined


@pytest.mark.parametrize("pack", PACKS)
def test_every_deny_rule_has_a_test_with_its_attribute_missing(pack: str) -> None:
    """A test's name says that something is missing: `…_without_…` or `…_missing…`, one at least for each denial."""
    tests = "".join(
        file.read_text(encoding="utf-8") for file in sorted((ROOT / "policies/packs" / pack).glob("*_test.rego"))
    )
    bodies = re.findall(r"^test_\w*(?:without|missing)\w* if \{\n(.*?)^\}", tests, re.MULTILINE | re.DOTALL)
    tested = {code for body in bodies for code in CODE.findall(rules(pack)) if f'"{code}"' in body}

    assert set(CODE.findall(rules(pack))) == tested


@pytest.mark.parametrize("pack", PACKS)
def test_a_copied_pack_serves_by_itself_and_passes_its_tests(starter: Path, tmp_path: Path, pack: str) -> None:
    copied = copy(starter, pack, tmp_path)
    tested = run_opa("test", "--verbose", tmp_path)

    assert (copied.named, copied.kept) == (True, ())
    assert ("tool" in EmbeddedPolicy(tmp_path).points) == ("\ntool :=" in rules(pack))
    assert tested.returncode == 0, tested.stdout
    assert f"packs/{pack}/" in tested.stdout


def test_what_an_operator_has_stays(starter: Path, tmp_path: Path) -> None:
    copy(starter, "gdpr", tmp_path)
    (tmp_path / "settings.rego").write_text("package guard.settings\n", encoding="utf-8")
    copied = copy(starter, "hipaa", tmp_path)

    assert not copied.named
    assert (tmp_path / "settings.rego").read_text(encoding="utf-8") == "package guard.settings\n"
    assert {path.parent.name for path in copied.made} == {"hipaa"}


def test_a_pack_that_does_not_exist_is_named_with_the_nearest(starter: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no pack pci_dss: did you mean pci-dss"):
        copy(starter, "pci_dss", tmp_path)
    with pytest.raises(ConfigError, match="choose one of agents, eu-ai-act-logging"):
        copy(starter, "x", tmp_path)
    assert names(starter) == tuple(PACKS)


def test_the_command_says_what_to_edit(tmp_path: Path) -> None:
    done = guard(tmp_path, "policy", "new", "agents", "rules")
    told = done.stdout.decode()

    assert done.returncode == 0
    assert "made rules/tool.rego" in told
    assert told.endswith("edit rules/packs/agents/settings.rego\nthen run guard policy test rules\n")
    again = guard(tmp_path, "policy", "new", "agents", "rules").stdout.decode()
    assert 'add "agents" to packs in rules/settings.rego' in again
    assert "made" not in again


def test_the_page_shows_the_entry_point_that_the_command_writes() -> None:
    assert TOOL_ENTRY in (ROOT / "docs/packs/agents.md").read_text(encoding="utf-8")
