"""What `data.guard.admin` sees as `input`: who wants to do what to Guard itself."""

from collections.abc import Mapping

import msgspec

from guard.core.facts import ClientFacts, Identity


class AdminFacts(msgspec.Struct, frozen=True):
    """An administrator's action, for example `approval.approve`, on a resource that its members name."""

    identity: Identity
    action: str
    now: str
    resource: Mapping[str, str] = {}
    client: ClientFacts = ClientFacts()
