"""What the section `identity` must keep beyond its types."""

import ipaddress
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from guard.config.form import NAME, NAME_CURE, Complaint, url_cure
from guard.config.identity import JwtSettings
from guard.config.settings import Settings
from guard.metering.key.form import list_complaints

_EXAMPLE: Final = "https://id.example.com/jwks.json"
_SOURCES: Final = ("jwks_url", "jwks_file", "key_file")
_MOST_CLAIMS: Final = 32


def identity_rule(settings: Settings) -> Iterator[Complaint]:
    """Where the key store lies, and what each issuer's tokens are checked with."""
    store = settings.identity.key_store
    if store is not None and not Path(store).parent.is_dir():
        yield "identity.key_store", f"is in a directory that is not there; create {Path(store).parent}"
    if store is not None and Path(store).is_dir():
        yield "identity.key_store", "is a directory; name a file in it"
    seen: set[str] = set()
    for index, jwt in enumerate(settings.identity.jwt):
        path = f"identity.jwt[{index}]"
        if jwt.issuer in seen:
            yield f"{path}.issuer", "stands above already; keep one, or list both its keys in one JWKS"
        seen.add(jwt.issuer)
        for key, cure in (*_source(jwt), *_form(jwt)):
            yield f"{path}.{key}" if key else path, cure


def _source(jwt: JwtSettings) -> Iterator[Complaint]:
    named = [key for key in _SOURCES if getattr(jwt, key) is not None]
    if len(named) != 1:
        yield named[1] if named else "", f"needs exactly one of {', '.join(_SOURCES)}"
    if jwt.jwks_url is not None:
        if cure := url_cure(jwt.jwks_url, _EXAMPLE, "nothing: such lists are public", query=True):
            yield "jwks_url", cure
        elif not _is_safe(jwt.jwks_url):
            yield "jwks_url", "must be https, or anybody between could put a key of theirs in; use that, or jwks_file"
    for key in ("jwks_file", "key_file", "ca_file"):
        file = getattr(jwt, key)
        if file is not None and not Path(file).is_file():
            yield key, "is not a file; name one"
    if jwt.key_file is not None and len(jwt.algorithms) != 1:
        yield "algorithms", "must be one for key_file, which has one key"


def _is_safe(address: str) -> bool:
    """Whether nobody can change on the way what comes from there."""
    url = urlsplit(address)
    try:
        return url.scheme == "https" or ipaddress.ip_address(url.hostname or "").is_loopback
    except ValueError:
        return url.hostname == "localhost"


def _form(jwt: JwtSettings) -> Iterator[Complaint]:
    if not NAME.fullmatch(jwt.tier):
        yield "tier", NAME_CURE
    if len(jwt.claims) > _MOST_CLAIMS:
        yield "claims", f"are more than {_MOST_CLAIMS}; name those that policies read"
    yield from list_complaints(jwt.scopes, jwt.models, jwt.networks)
