"""What was decided earlier in a conversation, as far as this process remembers.

A conversation is known by who asks and by how it begins, kept as a keyed hash; what is remembered are counts and types,
never text. The memory has a bound: who has not been heard of for longest is forgotten.
"""

import hashlib
import secrets
from collections import OrderedDict
from typing import Final

import msgspec

from guard.core.facts import ConversationFacts, Identity
from guard.core.prompt import Prompt

SYSTEM_ROLES: Final = frozenset({"system", "developer"})
"""Roles of the operator's own messages."""

_MOST: Final = 50_000
_MOST_TYPES: Final = 64
_NOTHING: Final = ConversationFacts()


class Conversations:
    """The conversations that were here last."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._secret = secrets.token_bytes(32)
        self._known: OrderedDict[bytes, ConversationFacts] = OrderedDict()

    def name(self, who: Identity, opening: str) -> bytes:
        """Names the conversation of a tenant's key that begins with this text."""
        digest = hashlib.blake2b(key=self._secret, digest_size=16)
        for part in (who.tenant, who.key, opening):
            encoded = part.encode("utf-8", "surrogatepass")
            digest.update(len(encoded).to_bytes(8, "big") + encoded)
        return digest.digest()

    def recall(self, name: bytes) -> ConversationFacts:
        """What is remembered of it."""
        return self._known.get(name, _NOTHING)

    def note(self, name: bytes, decision: str, types: tuple[str, ...]) -> None:
        """Remembers an exchange of it: its strongest action or `deny`, and the types of its findings."""
        before = self._known.pop(name, _NOTHING)
        self._known[name] = msgspec.structs.replace(
            before,
            exchanges=before.exchanges + 1,
            denied=before.denied + (decision == "deny"),
            blocked=before.blocked + (decision == "block"),
            redacted=before.redacted + (decision == "redact"),
            types=tuple(dict.fromkeys((*before.types, *types)))[:_MOST_TYPES],
        )
        if len(self._known) > self._most:
            self._known.popitem(last=False)


def opening_of(prompt: Prompt) -> str:
    """How the conversation begins: all up to its first message that is not the operator's."""
    said: list[str] = []
    roles = prompt.roles or ("user",) * len(prompt.frame.slots)
    for slot, role in zip(prompt.frame.slots, roles, strict=True):
        said.append(slot.text)
        if role and role not in SYSTEM_ROLES:
            break
    return "\0".join(said)
