"""The public PII leak benchmark (`pii-leak-benchmark`, profile v2), driven through Guard, every cut of every value.

It plants values in answers, cuts them at every place, and looks for them, whole or in part, in what the client got; and
it looks whether the values that the caller's own prompt had come back to the caller (fidelity).
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .process import Guard

SEED = "c0ffee0000000001"


def _read(path: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(path.read_text())
    return value


@pytest.mark.timeout(300)
def test_nothing_leaks_and_no_part_of_it(guard: Guard, capture_port: int, tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("pii-leak-benchmark-v2")), "--out", str(tmp_path), "--only", "guard"]
    target = ["--gateway-url", f"{guard.base_url}/chat/completions", "--upstream-port", str(capture_port)]
    manner = ["--model", "capture-model", "--exhaustive-splits", "--partial-emission", "--seed", SEED]
    summary = tmp_path / "summary.json"
    environment = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    done = subprocess.run(
        [*command, *target, *manner, "--json-out", str(summary)],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (row,) = _read(summary)["rows"]
    partial = _read(tmp_path / "guard.partial-emission.json")["metrics"]
    print(done.stdout)
    assert row["cases_applicable"] > 0
    assert row["cases_applicable"] == row["cases_attempted"]
    assert row["inconclusive"] == 0
    assert (row["leak_single_chunk"], row["leak_adversarial"]) == (0, 0)
    assert row["request_path_leak"] == []
    assert partial["cases_applicable"] > 0
    assert partial["partitions_tried"] > partial["cases_applicable"]
    assert partial["partial_emission_rate"]["overall"] == 0
    assert (partial["partitions_partial"], partial["cases_complete_leak"]) == (0, 0)
    assert row["fidelity_rate"] == 1.0
