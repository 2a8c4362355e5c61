"""`guard models` says which models there are, whether they are sound, how fast they are and how good."""

import json
import os
import pty
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from command import GUARD, complaint
from tiny import written

from guard.cli.main import run

Models = Callable[..., subprocess.CompletedProcess[bytes]]

ROWS = [
    {"text": "hello", "label": "injection", "source": "one"},
    {"text": "a", "label": "benign", "source": "one"},
    {"text": "a b", "label": 0, "source": "two"},
    {"text": "hello world", "label": 1, "source": "two"},
    {"text": "c", "label": True, "source": "two"},
    {"text": "hello", "label": 1, "source": "two", "role": "system"},
]


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Models:
    """Runs `guard models` in this process, in a directory of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KEY", "fake")

    def done(*arguments: str) -> subprocess.CompletedProcess[bytes]:
        status = run(["models", *arguments])
        return subprocess.CompletedProcess(arguments, status, *capfdbinary.readouterr())

    return done


def rows(directory: Path) -> str:
    path = directory / "rows.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in ROWS))
    return str(path)


def test_the_list_says_what_each_model_is_and_what_would_serve_it(models: Models, tmp_path: Path) -> None:
    (written(tmp_path) / "step.onnx").unlink()
    head, window, stream = models("list").stdout.decode().splitlines()
    for word in ("model", "kind", "size", "licence", "scores", "evaluation", "served by"):
        assert word in head
    for word in ("injection", "window", "MB", "Apache-2.0", "injection ≥ 0.75", "auc 0.97", "CPU"):
        assert word in window
    assert "missing" in stream


def test_the_list_names_the_server_that_runs_the_models(models: Models, tmp_path: Path) -> None:
    written(tmp_path)
    with (tmp_path / "guard.yaml").open("a") as file:
        file.write("inference: {server: {url: 'http://127.0.0.1:9'}}\n")
    assert b"http://127.0.0.1:9" in models("list").stdout


def test_sound_models_are_said_to_be_and_by_what_they_are_served(models: Models, tmp_path: Path) -> None:
    written(tmp_path)
    done = models("verify")
    assert done.returncode == 0, done
    lines = done.stdout.decode().splitlines()
    assert [line[:18] for line in lines] == ["ok     injection: ", "ok     stream: CPU"]
    assert all("CPUExecutionProvider" in line for line in lines)


def damaged(models: Path) -> None:
    with (models / "window.onnx").open("ab") as file:
        file.write(b"!")


@pytest.mark.parametrize(
    ("damage", "changes", "says"),
    [
        (damaged, {}, "SHA-256 differs"),
        (lambda models: (models / "window.onnx").unlink(), {}, "can't be read"),
        (lambda models: None, {"kind": "stream", "state": 4}, "a stream model has the inputs"),
        (lambda models: None, {"scores": [{"name": "injection", "column": 9}]}, "the manifest names 10"),
    ],
    ids=["another file", "no file", "another kind", "other columns"],
)
def test_a_model_that_is_not_sound_is_status_1_and_hides_no_other(
    models: Models, tmp_path: Path, damage: Callable[[Path], None], changes: dict[str, object], says: str
) -> None:
    damage(written(tmp_path, **changes))
    done = models("verify")
    first, second = done.stdout.decode().splitlines()
    assert done.returncode == 1
    assert first.startswith("FAILED injection: ")
    assert says in first
    assert second.startswith("ok     stream")


def test_without_a_manifest_there_are_no_models(models: Models, tmp_path: Path) -> None:
    (written(tmp_path) / "manifest.yaml").unlink()
    for command in (["list"], ["verify"], ["bench"], ["eval", rows(tmp_path)], ["export", "--triton", "out"]):
        assert "manifest.yaml" in complaint(models(*command))


def test_the_bench_measures_windows_batches_and_steps(models: Models, tmp_path: Path) -> None:
    written(tmp_path)
    done = models("bench")
    assert done.returncode == 0, done
    shown = done.stdout.decode()
    for what in ("one window of 32 tokens", "batches of 32 windows", "steps of 100 streams", "steps of 200 streams"):
        assert what in shown
    for unit in ("ms", "tokens/s", "tokens/s a core"):
        assert unit in shown


def test_an_evaluation_measures_each_source_and_all_of_them(models: Models, tmp_path: Path) -> None:
    written(tmp_path)
    found = json.loads(models("eval", rows(tmp_path), "--json").stdout)
    assert (found["model"], found["score"], found["threshold"]) == ("injection", "injection", 0.75)
    one, two = found["sources"]
    assert (one["source"], one["rows"], one["positives"]) == ("one", 2, 1)
    assert (one["auc"], one["average_precision"], one["recall"], one["false_alarms"]) == (1, 1, 1, 0)
    assert (two["source"], two["rows"], two["positives"], two["skipped"], two["failed"]) == ("two", 3, 2, 1, 0)
    # Sums of ids: "hello world" 24, "c" 11 and "a b" 14; 14 is above the threshold.
    assert (two["auc"], two["recall"], two["false_alarms"]) == (0.5, 0.5, 1)
    assert (found["overall"]["rows"], found["overall"]["positives"]) == (5, 3)


def test_the_stream_model_is_judged_by_its_score_at_the_end(models: Models, tmp_path: Path) -> None:
    written(tmp_path)
    found = json.loads(models("eval", rows(tmp_path), "--model", "stream", "--json").stdout)
    assert (found["model"], found["score"]) == ("stream", "injection")
    # It adds up all words and knows no roles: "a b" is 9 like "hello", "c" is 6.
    one, two = found["sources"]
    assert (one["recall"], one["false_alarms"]) == (1, 0)
    assert (two["rows"], two["positives"], two["recall"], two["false_alarms"]) == (4, 3, pytest.approx(2 / 3), 1)


def test_a_long_text_is_read_to_its_end_by_the_stream_model(models: Models, tmp_path: Path) -> None:
    written(tmp_path)
    path = tmp_path / "long.jsonl"
    path.write_text(json.dumps({"text": ". " * 3_000 + "\n\n" + "a " * 3, "label": 1}))
    found = json.loads(models("eval", str(path), "--model", "stream", "--json").stdout)
    # After the blank line it begins afresh: three words of 4 each.
    assert (found["overall"]["rows"], found["overall"]["failed"], found["overall"]["recall"]) == (1, 0, 1)


def test_a_text_without_a_verdict_counts_as_failed(models: Models, tmp_path: Path) -> None:
    written(tmp_path)
    path = tmp_path / "failing.jsonl"
    # The tiny models answer this token with what is not a number.
    path.write_text("".join(json.dumps({"text": text, "label": 1}) + "\n" for text in ("ab", "hello")))
    for model in ("injection", "stream"):
        found = json.loads(models("eval", str(path), "--model", model, "--json").stdout)["overall"]
        assert found["rows"] + found["failed"] == 2
        assert found["failed"] >= 1


def test_the_table_shows_the_same_and_a_terminal_does_not_obey_it(models: Models, tmp_path: Path) -> None:
    written(tmp_path)
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({"text": "hello", "label": 1, "source": "red \x1b[31m"}))
    shown = models("eval", str(path)).stdout.decode()
    for word in ("source", "AUC", "AP", "recall", "false alarms", "–", "1.000", "at 0.75", "red \\x1b[31m"):
        assert word in shown
    assert "\x1b" not in shown


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--model", "nonsense"], "there are, with their scores: injection (injection), stream (injection)"),
        (["--score", "unsafe"], "no model gives that score"),
        (["--model", "stream", "--score", "unsafe"], "no model gives that score"),
    ],
)
def test_a_model_or_score_that_is_not_there_is_named_with_those_that_are(
    models: Models, tmp_path: Path, arguments: list[str], says: str
) -> None:
    written(tmp_path)
    assert says in complaint(models("eval", rows(tmp_path), *arguments))


def test_a_bad_line_is_said_in_one_line(models: Models, tmp_path: Path) -> None:
    written(tmp_path)
    path = tmp_path / "rows.jsonl"
    path.write_text('{"text": "hello", "label": 1}\n{"text": "hush"}')
    says = complaint(models("eval", str(path)))
    assert "line 2: Object missing required field `label`" in says
    assert "hush" not in says
    assert "no.jsonl" in complaint(models("eval", "no.jsonl"))


def test_an_export_is_a_folder_for_each_model_and_writes_over_nothing(models: Models, tmp_path: Path) -> None:
    written(tmp_path)
    done = models("export", "--triton", "out")
    assert done.stdout.decode().splitlines() == ["wrote out/injection", "wrote out/stream"]
    for name, onnx in (("injection", "window.onnx"), ("stream", "step.onnx")):
        assert (tmp_path / "out" / name / "config.pbtxt").is_file()
        copy = tmp_path / "out" / name / "1" / "model.onnx"
        assert copy.read_bytes() == (tmp_path / "models" / onnx).read_bytes()
    assert "exists already" in complaint(models("export", "--triton", "out"))
    assert "--triton" in complaint(models("export"))


def test_the_models_that_come_with_guard_are_used_where_no_others_are_named(tmp_path: Path) -> None:
    done = subprocess.run([*GUARD, "models", "list"], cwd=tmp_path, capture_output=True, check=True)
    names = [line.split()[0] for line in done.stdout.decode().splitlines()[1:]]
    assert {"injection", "unsafe", "stream"} <= set(names)


def test_a_terminal_sees_how_far_it_is(tmp_path: Path) -> None:
    written(tmp_path)
    ours, theirs = pty.openpty()
    environ = {**os.environ, "KEY": "fake", "TERM": "xterm", "NO_COLOR": "1", "COLUMNS": "100"}
    child = subprocess.Popen(
        [*GUARD, "models", "eval", rows(tmp_path), "--json"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=theirs,
        env=environ,
    )
    out, _ = child.communicate(timeout=60)
    os.close(theirs)
    shown = os.read(ours, 65_536).decode()
    os.close(ours)
    assert child.returncode == 0
    assert "6/6" in shown
    assert json.loads(out)["overall"]["rows"] == 5


def test_a_pipe_sees_the_result_alone(models: Models, tmp_path: Path) -> None:
    written(tmp_path)
    assert models("eval", rows(tmp_path)).stderr == b""
