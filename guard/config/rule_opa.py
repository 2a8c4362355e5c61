"""What the section `opa` must keep beyond its types."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from guard.config.form import Complaint, url_cure
from guard.config.settings import Settings

_PATH: Final = re.compile(r"[A-Za-z_]\w*(?:/[A-Za-z_]\w*)*", re.ASCII)


def opa_rule(settings: Settings) -> Iterator[Complaint]:
    """Either OPA decides, or policies here."""
    opa = settings.opa
    if opa is None:
        return
    if settings.policies:
        yield "opa", "contradicts policies: OPA has policies of its own; remove one of the two"
    if cure := url_cure(opa.url, "http://127.0.0.1:8181", "opa.token"):
        yield "opa.url", cure
    if not _PATH.fullmatch(opa.path):
        yield "opa.path", "must be a package's name with slashes, like guard or acme/guard"
    token = opa.token.reveal() if opa.token is not None else "x"
    if not (token.isascii() and token.isprintable()) or " " in token:
        yield "opa.token", "must be printable ASCII without spaces, for it travels in a header"
    if opa.ca_file is not None and not Path(opa.ca_file).is_file():
        yield "opa.ca_file", "is not a file; name a PEM file of certificates"
