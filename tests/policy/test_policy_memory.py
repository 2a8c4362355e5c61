"""Beside other C++ libraries the engine neither leaks nor ends the process."""

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import sys
import hyperscan  # brings libstdc++ into the process before the Rego engine comes
from pathlib import Path
import msgspec
from guard.policy.embedded import EmbeddedPolicy
from guard.policy.point import REQUEST

def resident_kib():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4

def asking(number):
    return msgspec.structs.replace(REQUEST.example, model=f"m{number}")

policy = EmbeddedPolicy(Path(sys.argv[1]))
for number in range(500):
    policy.request(asking(number))
before = resident_kib()
for number in range(2000):
    policy.request(asking(number))
print(resident_kib() - before)
"""


def test_two_thousand_decisions_beside_the_pattern_engine_leave_memory_as_it_was(starter: Path) -> None:
    run = subprocess.run([sys.executable, "-c", SCRIPT, str(starter)], capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stderr
    assert int(run.stdout) < 4096  # KiB; with two allocators it is above 20,000
