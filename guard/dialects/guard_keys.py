"""`/v1/guard/admin/keys`: the wire's own structs, and nothing else."""

from collections.abc import Mapping
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from guard.core.discreet import Discreet
from guard.core.grant import SCOPES
from guard.core.key_record import KeyRecord
from guard.dialects.complaint import decoded

_LONGEST_S: Final = 10 * 366 * 86_400
_DAY_S: Final = 86_400
_Items = Annotated[tuple[str, ...], Meta(max_length=64)]


class KeyRequest(Discreet, frozen=True, forbid_unknown_fields=True):
    """A key to be made. `networks` are CIDR; `expires_s` is how long it is good for, null: for ever."""

    name: str
    tenant: str = "default"
    tier: str = "default"
    scopes: _Items = SCOPES
    models: _Items = ("*",)
    networks: _Items = ()
    expires_s: Annotated[int, Meta(ge=1, le=_LONGEST_S)] | None = None


class RotationRequest(Discreet, frozen=True, forbid_unknown_fields=True):
    """How long the old key is taken as well."""

    overlap_s: Annotated[int, Meta(ge=0, le=_LONGEST_S)] = _DAY_S


class KeyList(msgspec.Struct, frozen=True):
    """The key store's keys, and how many requests this instance has refused at the door, by the error's code."""

    keys: tuple[KeyRecord, ...]
    refused: Mapping[str, int]


def decode_key(body: bytes) -> KeyRequest:
    """Raises MalformedRequest that names the member and repeats nothing of it."""
    return decoded(body, KeyRequest)


def decode_rotation(body: bytes) -> RotationRequest:
    """No body is a day. Raises MalformedRequest."""
    return decoded(body, RotationRequest) if body.strip() else RotationRequest()
