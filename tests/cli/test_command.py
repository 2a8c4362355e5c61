"""Every command says what it found by its status, and what was wrong in one line."""

import hashlib
import json
import re
from pathlib import Path

import pytest
from command import MINIMAL, complaint, guard

from guard import __version__
from guard.config import load


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "policies").mkdir()
    return tmp_path


MISUSES = [
    (["nonsense"], "No such command 'nonsense'"),
    (["serve", "--nonsense"], "No such option '--nonsense'"),
    (["serve"], "there is no guard.yaml here"),
    (["serve", "--config", "no.yaml"], "no.yaml: can't be read"),
    (["serve", "--demo", "--config", "no.yaml"], "leave --config out"),
    (["serve", "--demo", "--listen", "0.0.0.0:80"], "--listen: is reachable from other machines"),
    (["serve", "--demo", "--listen", "nowhere"], "--listen: must be ADDRESS:PORT"),
    (["config", "check"], "there is no guard.yaml here"),
    (["policy", "test", "no/such"], "does not exist"),
]


@pytest.mark.parametrize(("arguments", "says"), MISUSES, ids=[" ".join(case[0]) for case in MISUSES])
def test_a_misuse_is_one_line_and_status_3(place: Path, arguments: list[str], says: str) -> None:
    assert says in complaint(guard(place, *arguments))


def test_no_command_shows_the_help(place: Path) -> None:
    done = guard(place)
    assert done.returncode == 3
    assert b"serve" in done.stderr


def test_the_version_is_the_packages(place: Path) -> None:
    assert guard(place, "--version").stdout.decode().strip() == f"guard, version {__version__}"


def test_a_new_key_goes_with_its_line(place: Path) -> None:
    done = guard(place, "key", "new", "--name", "app2", "--tenant", "acme", "--tier", "mid")
    key, line = done.stdout.decode().splitlines()
    (place / "guard.yaml").write_text(f"{MINIMAL}keys:\n{line}\n")
    (read,) = load(place / "guard.yaml", {"KEY": "fake"}).keys
    assert (read.name, read.tenant, read.tier) == ("app2", "acme", "mid")
    assert read.sha256 == hashlib.sha256(key.encode()).hexdigest()


def test_an_administrators_key_goes_with_its_line(place: Path) -> None:
    key, line = guard(place, "key", "new", "--admin", "--name", "alice").stdout.decode().splitlines()
    (place / "guard.yaml").write_text(f"{MINIMAL}admin:\n  keys:\n  {line}\n")
    (read,) = load(place / "guard.yaml", {"KEY": "fake"}).admin.keys
    assert (read.name, read.sha256) == ("alice", hashlib.sha256(key.encode()).hexdigest())


def test_no_two_keys_are_alike_and_none_is_short(place: Path) -> None:
    keys = {guard(place, "key", "new").stdout.split()[0] for _ in range(2)}
    assert len(keys) == 2
    assert all(re.fullmatch(rb"guard_[A-Za-z0-9_-]{43}", key) for key in keys)


def test_a_key_is_stored_nowhere(place: Path) -> None:
    guard(place, "key", "new")
    assert [path.name for path in place.iterdir()] == ["policies"]


def test_a_sound_configuration_is_said_to_be(place: Path) -> None:
    (place / "guard.yaml").write_text(MINIMAL)
    done = guard(place, "config", "check", KEY="fake-4711")
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"sound: listens on 127.0.0.1:8080" in done.stdout
    assert b"4711" not in done.stdout


def test_an_unsound_configuration_is_refused_with_file_line_and_key(place: Path) -> None:
    (place / "mine.yaml").write_text(MINIMAL + "lisen: 127.0.0.1:1\n")
    says = complaint(guard(place, "config", "check", "--config", "mine.yaml", KEY="fake"))
    assert says.startswith("mine.yaml:2: lisen: is an unknown key, did you mean listen?")


def test_the_schema_is_printed_as_json(place: Path) -> None:
    document = json.loads(guard(place, "config", "schema").stdout)
    assert "backends" in document["$defs"]["Settings"]["required"]


PASSING = "package guard_test\n\ntest_sums if 1 + 1 == 2\n"
FAILING = "package guard_test\n\ntest_sums if 1 + 1 == 3\n"
POLICY = "package guard\n\nrequest := {}\n"


@pytest.mark.parametrize(
    ("rules", "status", "says"),
    [
        (PASSING, 0, "1 tests, 0 failed"),
        (FAILING, 1, "FAILED"),
        (PASSING + FAILING.partition("\n\n")[2].replace("sums", "more"), 1, "2 tests, 1 failed"),
        ("package guard_test\n", 1, "0 tests"),
    ],
    ids=["one passes", "one fails", "one of two fails", "none"],
)
def test_policy_tests_say_by_their_status_whether_all_passed(place: Path, rules: str, status: int, says: str) -> None:
    (place / "policies" / "request.rego").write_text(POLICY)
    (place / "policies" / "request_test.rego").write_text(rules)
    done = guard(place, "policy", "test", "policies")
    assert done.returncode == status, done
    assert says in done.stdout.decode()


def test_policies_here_are_tested_by_default(place: Path) -> None:
    (place / "policies" / "request.rego").write_text(POLICY)
    (place / "policies" / "request_test.rego").write_text(PASSING)
    assert b"1 tests, 0 failed" in guard(place, "policy", "test").stdout


def test_policies_that_do_not_compile_are_a_misuse(place: Path) -> None:
    (place / "policies" / "request.rego").write_text("package guard\n\nrequest := {")
    (place / "policies" / "request_test.rego").write_text(PASSING)
    assert "request.rego" in complaint(guard(place, "policy", "test", "policies"))
