"""Runs a bundle's own tests in a process of its own, for policies that are to replace others while streams flow.

Compiling tests takes seconds and a gigabyte where a policy is large: in a child neither holds anybody up nor stays, and
an engine that ends its process ends the child. Run as a program, this module is that child: files in on its standard
input, results out.
"""

import os
import subprocess
import sys
from typing import Final

import msgspec

from guard.errors import ConfigError, PolicyTestsFailed
from guard.policy.bundle.archive import Files
from guard.policy.source import assemble
from guard.policy.testing import RuleResult, run_tests_of

_LONGEST_S: Final = 300.0
_NICENESS: Final = 10


class _Outcome(msgspec.Struct):
    results: tuple[RuleResult, ...] = ()
    error: str = ""


def try_tests(files: Files) -> tuple[RuleResult, ...]:
    """The results of a bundle's tests. Takes its time. Raises ConfigError for tests that do not compile or end."""
    try:
        run = subprocess.run(  # noqa: S603  # ourselves
            [sys.executable, "-m", __name__],
            input=msgspec.msgpack.encode(files),
            capture_output=True,
            timeout=_LONGEST_S,
            check=True,
        )
        outcome = msgspec.msgpack.decode(run.stdout, type=_Outcome)
    except subprocess.TimeoutExpired:
        raise PolicyTestsFailed(f"its tests take longer than {_LONGEST_S:.0f} s: make them fewer") from None
    except (OSError, subprocess.CalledProcessError, msgspec.DecodeError):
        raise PolicyTestsFailed("its tests end the process that runs them: run `guard policy test` on it") from None
    if outcome.error:
        raise ConfigError(outcome.error)
    return outcome.results


def _main() -> None:
    os.nice(_NICENESS)
    files = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=dict[str, bytes])
    try:
        outcome = _Outcome(results=run_tests_of(assemble(files, tests=True)))
    except ConfigError as error:
        outcome = _Outcome(error=error.message)
    sys.stdout.buffer.write(msgspec.msgpack.encode(outcome))


if __name__ == "__main__":
    _main()
