"""`guard replay` over a real record: what it prints, what it writes, and its exit status."""

import re
import time
from pathlib import Path

import msgspec
import pytest

from guard.cli import extra
from guard.cli.exit_code import ExitCode
from guard.cli.main import run
from guard.errors import ConfigError
from guard.replay.result import Result
from tests.replay import recording
from tests.replay.exchanges import facts

BEGIN_MS = time.time_ns() // 1_000_000 - 3_600_000
SAME = 'package guard\n\nrequest := {"actions": {"pii": "redact"}}\n'
STRICT = """package guard

request := {"actions": {"pii": "block"}} if input.identity.tenant != "acme"

request := {"actions": {"pii": "redact"}, "limits": {"max_tokens": 50}} if input.identity.tenant == "acme"
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration with a record of 300 exchanges, an hour old, and two policies."""
    monkeypatch.chdir(tmp_path)
    recording.write(tmp_path / "record.db", recording.traffic(300, BEGIN_MS, 50.0))
    for name, rules in (("same", SAME), ("strict", STRICT)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "policy.rego").write_text(rules)
    (tmp_path / "guard.yaml").write_text(
        "backends: [{name: local, base_url: http://127.0.0.1:9/v1}]\n"
        "policies: same\n"
        "decisions: {record: {path: record.db}}\n"
    )
    (tmp_path / "prices.yaml").write_text("small-model: {prompt_nanousd: 150, completion_nanousd: 600}\n")
    return tmp_path


def told(capsys: pytest.CaptureFixture[str]) -> Result:
    return msgspec.json.decode(capsys.readouterr().out, type=Result)


def test_a_policy_that_says_the_same_differs_in_nothing(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["replay", "--policy", "same", "--since", "2h", "--format", "json"]) == ExitCode.CLEAN
    found = told(capsys)
    assert found.rollout is not None
    assert (found.rollout.exchanges, found.rollout.changed, found.rollout.changes) == (300, 0, ())
    assert found.rollout.generations == {recording.GENERATION: 300}


def test_a_stricter_policy_is_told_by_tenant_and_rule(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["replay", "--policy", "strict", "--format", "json", "--prices", "prices.yaml"]) == ExitCode.FOUND
    rollout = told(capsys).rollout
    assert rollout is not None
    kinds = {(change.tenant, change.kind, change.rule) for change in rollout.changes}
    assert kinds == {
        ("acme", "limited", "max_tokens=50"),
        *((tenant, "prompt blocked", "EMAIL_ADDRESS") for tenant in ("umbrella", "initech")),
        *((tenant, "prompt redacted", "EMAIL_ADDRESS") for tenant in ("umbrella", "initech")),
    }
    acme = next(bill for bill in rollout.bills if bill.tenant == "acme")
    assert acme.new_answer_tokens < acme.live_answer_tokens
    assert 0 < acme.new_cost_nanousd < acme.live_cost_nanousd


def test_one_tenant_and_a_stretch_of_time(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(["replay", "--policy", "strict", "--format", "json", "--tenant", "acme", "--tenant", "initech"])
    two = told(capsys).rollout
    run(["replay", "--policy", "strict", "--format", "json", "--tenant", "acme"])
    one = told(capsys).rollout
    assert one is not None
    assert two is not None
    assert {bill.tenant for bill in one.bills} == {"acme"}
    assert {bill.tenant for bill in two.bills} == {"acme", "initech"}
    assert run(["replay", "--policy", "strict", "--until", "2h"]) == ExitCode.MISUSED
    assert "nothing was recorded" in capsys.readouterr().err


def test_a_bundle_is_compared_with_a_directory(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import tarfile

    with tarfile.open(place / "bundle.tar.gz", "w:gz") as archive:
        archive.add(place / "strict" / "policy.rego", "policy.rego")
    assert run(["replay", "--policy", "bundle.tar.gz", "--against", "strict", "--format", "json"]) == ExitCode.CLEAN
    rollout = told(capsys).rollout
    assert rollout is not None
    assert rollout.live


def test_a_table_says_the_same_as_json(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["replay", "--policy", "strict"]) == ExitCode.FOUND
    out = capsys.readouterr().out
    assert re.search(r"umbrella\s+prompt blocked\s+EMAIL_ADDRESS\s+\d+", out)
    assert re.search(r"acme\s+limited\s+max_tokens=50\s+\d+", out)


def test_loads_are_simulated_beside_each_other(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    args = ["replay", "--load", "x1", "--load", "×10", "--backends", "2", "--lanes", "40", "--format", "json"]
    assert run([*args, "--tier", "free=1200/50", "--prices", "prices.yaml"]) == ExitCode.CLEAN
    found = told(capsys)
    one, ten = (load.forecast for load in found.loads)
    assert found.rollout is None
    assert 150 <= one.offered <= 300
    assert ten.offered == 10 * one.offered
    assert ten.refused["tier_limit"] > one.refused.get("tier_limit", 0)
    assert (ten.backend_utilisation or 0) > (one.backend_utilisation or 0)
    assert ten.cost_nanousd > one.cost_nanousd > 0
    assert found.calibrated is not None
    assert found.calibrated.errors


def test_a_recorded_load_simulated_once_takes_about_as_long_as_was_recorded(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["replay", "--load", "x1", "--cores", "8", "--format", "json"])
    found = told(capsys)
    assert found.recorded is not None
    assert found.recorded.first_s.p50 == 0.3
    assert found.loads[0].forecast.first_s.p50 == pytest.approx(found.recorded.first_s.p50, rel=0.1)
    assert found.loads[0].forecast.total_s.p50 == pytest.approx(found.recorded.total_s.p50, rel=0.1)


def test_the_page_needs_nothing_from_elsewhere_and_escapes_what_it_shows(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evil = '<script>alert("x")</script>'
    rules = STRICT + f"\nlabels := {{}}\n# {evil}\n"
    (place / "strict" / "policy.rego").write_text(rules.replace("max_tokens", "max_tokens"))
    named = msgspec.structs.replace(facts(model=evil), identity=msgspec.structs.replace(facts().identity, tenant=evil))
    recording.write(place / "record.db", [recording.exchange(9_001, named, BEGIN_MS + 5, ("EMAIL_ADDRESS",))])
    assert run(["replay", "--policy", "strict", "--load", "x2", "--html", "page.html"]) == ExitCode.FOUND
    page = (place / "page.html").read_text()
    assert page.count("<svg") == 5
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert not re.search(r"""(?:src|href)\s*=\s*["'](?!#)""", re.sub(r"xmlns(:\w+)?=", "", page))
    assert not re.search(r"(?:@import|url\((?!#))", page)
    assert "default-src 'none'" in page
    assert "umbrella" in page


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ([], "--policy"),
        (["--policy", "missing"], "missing"),
        (["--load", "much"], "write x10"),
        (["--load", "x0"], "write x10"),
        (["--load", "x2", "--tier", "free"], "free=60/10"),
        (["--policy", "same", "--since", "yesterday"], "7d"),
        (["--policy", "broken"], "policy.rego"),
        (["--policy", "same", "--prices", "guard.yaml"], "prompt_nanousd"),
        (["--load", "x1", "--calibration", "guard.yaml"], "guard replay calibrate"),
    ],
)
def test_misuse_says_what_to_do(args: list[str], says: str, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "broken").mkdir()
    (place / "broken" / "policy.rego").write_text("package guard\n\nrequest := {\n")
    assert run(["replay", *args]) == ExitCode.MISUSED
    assert says in capsys.readouterr().err


def test_without_a_record_it_says_how_to_keep_one(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "guard.yaml").write_text("backends: [{name: local, base_url: http://127.0.0.1:9/v1}]\npolicies: same\n")
    assert run(["replay", "--policy", "same"]) == ExitCode.MISUSED
    assert "decisions.record" in capsys.readouterr().err


def test_what_an_extra_brings_is_named_when_it_is_missing() -> None:
    with pytest.raises(ConfigError, match=r"guard replay needs no_such_module: pip install 'guard-proxy\[replay\]'"):
        extra.need("guard replay", "replay", ("json", "no_such_module"))
