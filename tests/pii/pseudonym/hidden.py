"""A vault that has hidden some values, as a request's check does it."""

from guard.core.assessment import SlotText
from guard.core.facts import Identity
from guard.core.finding import Finding
from guard.core.stretch import Stretch
from guard.core.style import Style
from guard.pii.pseudonym.keyring import Keyring
from guard.pii.pseudonym.vault import Vault, Vaults

WHO = Identity("acme", "app", "free")
SECRET = b"sixteen bytes and more"


def vault(*lookalikes: str, texts: tuple[str, ...] = (), tenant: str = "acme", opening: str = "") -> Vault:
    """A fresh vault."""
    seen = [SlotText(text) for text in lookalikes]
    return Vaults(Keyring(SECRET)).open(Identity(tenant, "app", "free"), texts, opening, seen)


def stretch(
    type_: str, text: str, style: Style = Style.PLACEHOLDER, *, json: bool = False, bare: bool = False
) -> Stretch:
    """A whole text that is one finding."""
    return Stretch(0, len(text), text, (Finding(type_, 0, len(text), bare=bare),), json, style)
