"""Who may do what to Guard itself: an administrator's key becomes an identity, and the policy allows each act.

Undefined is not allowed. A client's key is no administrator's.
"""

import time
from collections.abc import Mapping, Sequence

import msgspec

from guard.core.admin_facts import AdminFacts
from guard.core.facts import ClientFacts, Identity
from guard.core.grant import Key
from guard.errors import Forbidden, NotFound
from guard.metering.key.table import KeyTable
from guard.ports import Policies
from guard.runtime.admission import identity_of


class Administrator(msgspec.Struct, frozen=True):
    """Who acts, and from where. `identity.key` is the key's name; it has no tenant and no tier."""

    identity: Identity
    client: ClientFacts


class Administration:
    """The administrators' door."""

    def __init__(self, keys: Sequence[Key], policies: Policies) -> None:
        self._keys = KeyTable(keys)
        self._policies = policies

    def enter(self, authorization: str, address: str) -> Administrator:
        """Who the bearer is. Raises NotFound where nobody can be one, Unauthorized."""
        if not len(self._keys):
            raise NotFound("There is no admin API here: `guard key new --admin` makes a key for admin.keys.")
        return Administrator(identity_of(self._keys, authorization), ClientFacts(address))

    async def permit(self, who: Administrator, action: str, resource: Mapping[str, str]) -> None:
        """Lets an act pass that `data.guard.admin` allows. Raises Forbidden, PolicyError."""
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        facts = AdminFacts(who.identity, action, now, resource, who.client)
        decision = await self._policies.engine(who.identity).admin(facts)
        if decision.deny:
            raise Forbidden(" ".join(denial.message for denial in decision.deny))
        if not decision.allow:
            raise Forbidden(f"The policy does not allow {action} to this key: data.guard.admin has to say so.")
