"""Generations of policies: one serves, the next is made ready beside it and takes its place whole, or not at all.

A new one is verified, compiled, type-checked, and its own tests are run, off the event loop; then one reference is
assigned. An exchange that has begun keeps the engine that it began with. What is refused changes nothing but the
status, which says why. This module knows no file and no network; see `bundle.feed`.
"""

import time
from typing import Final

import msgspec

from guard.core.policy_status import PolicyStatus
from guard.errors import BundleSignature, ConfigError, PolicyTestsFailed
from guard.policy.bundle.archive import Files
from guard.policy.bundle.feed import digest
from guard.policy.bundle.signature import SIGNATURES, Verifier
from guard.policy.embedded import EmbeddedPolicy
from guard.policy.serving import InProcess
from guard.policy.source import TEST_SUFFIX, assemble, naming
from guard.policy.trying import try_tests
from guard.ports import PolicyEngine

_SHOWN: Final = 3


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """What a bundle must pass. With a verifier it must be signed; `tests`: to replace others, its tests must pass."""

    verifier: Verifier | None = None
    tests: bool = True


class Generation(msgspec.Struct, frozen=True, kw_only=True):
    """Policies that can serve. `content` is the digest of the bundle they come from; `since` RFC 3339, UTC."""

    policy: EmbeddedPolicy
    engine: PolicyEngine
    revision: str
    content: bytes
    since: str


def prepare(files: Files, rules: Rules, place: str) -> Generation:
    """Makes a generation of a bundle's files. Takes its time: call it off the event loop. Raises ConfigError."""
    with naming(place):
        _verify(files, rules.verifier)
        source = assemble(files)
    policy = EmbeddedPolicy.of(source, place)
    if rules.tests:
        with naming(place):
            _test(files)
    return Generation(
        policy=policy, engine=InProcess(policy), revision=source.revision, content=digest(files), since=now()
    )


def now() -> str:
    """The time, RFC 3339, UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def _verify(files: Files, verifier: Verifier | None) -> None:
    if verifier is not None:
        verifier.check(files)
    elif SIGNATURES in files:
        raise BundleSignature(f"is signed, and no key is configured: name it in policy.verify, or remove {SIGNATURES}")


def _test(files: Files) -> None:
    if not any(name.endswith(TEST_SUFFIX) for name in files):
        return
    failed = [result for result in try_tests(files) if not result.passed]
    if failed:
        names = ", ".join(f"{result.file} {result.name}" for result in failed[:_SHOWN])
        more = f" and {len(failed) - _SHOWN} more" if len(failed) > _SHOWN else ""
        raise PolicyTestsFailed(f"{len(failed)} of its own tests fail ({names}{more}): run `guard policy test` on it")


def failing(status: PolicyStatus, error: ConfigError) -> PolicyStatus:
    """The status with an error; one that is told again keeps its first time and is counted once."""
    if (status.error_code, status.error) == (error.code, error.message):
        return status
    return msgspec.structs.replace(
        status, refused=status.refused + 1, error_code=error.code, error=error.message, error_at=now()
    )
