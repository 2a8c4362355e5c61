"""`guard policy test`: what it shows, what its status says, and that it runs again when a file changes."""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
from command import GUARD, complaint, guard

POLICY = (
    'package guard\n\nrequest := {"deny": deny}\n\ndeny contains "x" if {\n\tinput.model == "m"\n\tinput.stream\n}\n'
)
PASSING = """package guard_test

import data.guard

test_one if {
	count(guard.request.deny) == 0 with input.model as "y"
}
"""
FAILING = "\ntest_two if {\n\tcount(guard.request.deny) == 1\n}\n"
LATER = "\ntodo_test_three if 1 == 2\n"


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    directory = tmp_path / "policies"
    directory.mkdir()
    (directory / "a.rego").write_text(POLICY)
    (directory / "a_test.rego").write_text(PASSING)
    return directory


def test_what_failed_is_shown_with_its_line(tmp_path: Path, policies: Path) -> None:
    (policies / "a_test.rego").write_text(PASSING + FAILING + LATER)

    done = guard(tmp_path, "policy", "test")

    assert done.returncode == 1, done
    assert done.stdout.decode().splitlines() == [
        "ok     a_test.rego:5 guard_test.test_one",
        "FAILED a_test.rego:9 guard_test.test_two: undefined at line 10, `count(guard.request.deny) == 1`",
        "todo   a_test.rego:13 guard_test.todo_test_three",
        "3 tests, 1 failed, 1 to do",
    ]


def test_lines_that_no_test_reaches_are_shown(tmp_path: Path, policies: Path) -> None:
    shown = guard(tmp_path, "policy", "test", "policies", "--coverage").stdout.decode()

    assert "a.rego   50.0 %  5, 7" in shown
    assert "1 tests, 0 failed; 50.0 % of the lines reached" in shown


@pytest.mark.parametrize(("threshold", "status"), [("50", 0), ("50.1", 1)])
def test_a_threshold_decides_the_status(tmp_path: Path, policies: Path, threshold: str, status: int) -> None:
    done = guard(tmp_path, "policy", "test", "policies", "--threshold", threshold)

    assert done.returncode == status
    assert (b"50.1 % are asked for" in done.stderr) == bool(status)


def test_json_has_the_shape_of_opas_reports(tmp_path: Path, policies: Path) -> None:
    (policies / "a_test.rego").write_text(PASSING + FAILING + LATER)

    report = json.loads(guard(tmp_path, "policy", "test", "--format", "json", "--coverage").stdout)

    one, two, three = report["tests"]
    assert one == {"location": {"file": "a_test.rego", "row": 5}, "package": "data.guard_test", "name": "test_one"}
    assert two["fail"] is True
    assert "line 10" in two["detail"]
    assert three["skip"] is True
    assert report["coverage"]["files"]["a.rego"]["not_covered"] == [
        {"start": {"row": 5}, "end": {"row": 5}},
        {"start": {"row": 7}, "end": {"row": 7}},
    ]
    assert report["coverage"]["coverage"] == 50


def test_tests_are_chosen_by_an_expression(tmp_path: Path, policies: Path) -> None:
    (policies / "a_test.rego").write_text(PASSING + FAILING)

    assert b"1 tests, 0 failed" in guard(tmp_path, "policy", "test", "--run", "_one$").stdout
    assert guard(tmp_path, "policy", "test", "--run", "nothing").returncode == 1
    assert "no regular expression" in complaint(guard(tmp_path, "policy", "test", "--run", "("))


def test_a_change_runs_the_tests_again_until_interrupted(tmp_path: Path, policies: Path) -> None:
    command = [*GUARD, "policy", "test", "--watch"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stderr

        def until(stream: int, word: str) -> str:
            reader = process.stdout if stream == 1 else process.stderr
            return next(line for line in reader if word in line)

        assert "1 tests, 0 failed" in until(1, "tests, ")
        (policies / "a_test.rego").write_text(PASSING + FAILING)
        assert "2 tests, 1 failed" in until(1, "tests, ")
        (policies / "a.rego").write_text("package guard\n\nrequest := {")
        assert "a.rego: line 3" in until(2, "line 3")
        (policies / "a.rego").write_text(POLICY)
        assert "2 tests, 1 failed" in until(1, "tests, ")
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(20) == 130
