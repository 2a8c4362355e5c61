"""What `policies` and the section `policy` must keep beyond their types."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from guard.config.form import Complaint, url_cure
from guard.config.policy import CandidateSettings, PolicySettings, VerifySettings
from guard.config.settings import Settings

_EXAMPLE: Final = "https://bundles.example.com/guard.tar.gz"
_ARCHIVE: Final = ".tar.gz"


def policy_rule(settings: Settings) -> Iterator[Complaint]:
    """Where policies come from, and what they are verified with."""
    policy = settings.policy
    if settings.opa is not None:
        if policy != PolicySettings():
            yield "policy", "contradicts opa: OPA has policies of its own; remove one of the two"
        return
    if policy.source and settings.policies:
        yield "policies", "says what policy.source says as well; keep one of them"
    key, source = ("policy.source", policy.source) if policy.source else ("policies", settings.policies)
    yield from _source(key, source)
    if not is_address(source):
        for name, value in (("token", policy.token), ("ca_file", policy.ca_file), ("persist", policy.persist)):
            if value is not None:
                yield f"policy.{name}", "is for a bundle server; take it out, or name an http(s) address as the source"
    if policy.ca_file is not None and not Path(policy.ca_file).is_file():
        yield "policy.ca_file", "is not a file; name a PEM file of certificates"
    if policy.verify is not None:
        yield from _verify(policy.verify)
    if policy.candidate is not None:
        yield from _candidate(policy.candidate)


def _candidate(candidate: CandidateSettings) -> Iterator[Complaint]:
    yield from _source("policy.candidate.source", candidate.source)
    if not is_address(candidate.source):
        for name, value in (("token", candidate.token), ("ca_file", candidate.ca_file)):
            if value is not None:
                yield f"policy.candidate.{name}", "is for a bundle server; take it out, or name an http(s) address"
    if candidate.ca_file is not None and not Path(candidate.ca_file).is_file():
        yield "policy.candidate.ca_file", "is not a file; name a PEM file of certificates"


def is_address(source: str) -> bool:
    """Whether policies come from a server."""
    return source.startswith(("http://", "https://"))


def _source(key: str, source: str) -> Iterator[Complaint]:
    if is_address(source):
        if cure := url_cure(source, _EXAMPLE, "policy.token"):
            yield key, cure
    elif Path(source).is_file():
        if not source.endswith(_ARCHIVE):
            yield key, f"is a file that does not end in {_ARCHIVE}; name a bundle, or the directory"
    elif not Path(source).is_dir():
        yield key, f"must be a directory of Rego files, a bundle or its address, and {source} is none; create it"


def _verify(verify: VerifySettings) -> Iterator[Complaint]:
    symmetric = verify.algorithm.startswith("HS")
    if symmetric != (verify.secret is not None) or symmetric == (verify.key_file is not None):
        yield "policy.verify", "needs key_file, or for an HS algorithm secret, and not both"
    elif verify.key_file is not None and not Path(verify.key_file).is_file():
        yield "policy.verify.key_file", "is not a file; name a PEM file of the public key"
