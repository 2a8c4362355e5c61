"""What one exchange hides from the backend and gives back to the client: names on one side, values on the other.

A vault lives as long as its exchange. It restores only what it hid itself: a name that it does not know stays as it
is, and a value that the model brings is a finding like any other. It can't see what was hidden in other exchanges.
"""

from collections.abc import Collection, Sequence
from typing import Final

import msgspec

from guard.core.assessment import SlotText
from guard.core.facts import Identity
from guard.core.stretch import Stretch, mask
from guard.core.style import Style
from guard.core.taxonomy import PSEUDONYM
from guard.pii.pseudonym.address import is_address, within_address
from guard.pii.pseudonym.escape import in_string, value_of, written
from guard.pii.pseudonym.form import GLUED, Name, read
from guard.pii.pseudonym.keyring import Keyring
from guard.pii.pseudonym.label import label_of
from guard.pii.pseudonym.literal import LiteralEngine
from guard.pii.pseudonym.mint import Mint
from guard.pii.pseudonym.surrogate import surrogate
from guard.pii.pseudonym.surrogate_name import common_words

_SURROGATE_TRIES: Final = 8
_MOST_CHARS: Final = 4_096
"""Longer values are masked: a name of a few letters in an answer must not become megabytes."""

_MOST_SURROGATES: Final = 256
"""Each is looked for in the whole request and in the whole answer; further values get placeholders."""

_PERSON: Final = "PERSON"
_ESCAPES: Final = frozenset("%&\\")
"""What they spell may be a space, and is a part of an address all the same."""


class Vaults:
    """Implements `ports.Vaults`: opens a vault for each exchange."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring

    def open(self, who: Identity, texts: Sequence[str], opening: str, lookalikes: Collection[SlotText]) -> "Vault":
        """A vault for a tenant's request.

        `texts` are the request's; `opening` is how its conversation begins; `lookalikes` are texts in it that look
        like placeholders: none of them will be restored.
        """
        taken = {name for text in lookalikes if (name := read(text.text, text.json)) is not None}
        return Vault(Mint(self._keyring.key(who.tenant, opening), taken), texts)


class Vault:
    """Implements `ports.Vault`."""

    def __init__(self, mint: Mint, texts: Sequence[str] = ()) -> None:
        self._mint = mint
        self._texts = texts
        self._values: dict[Name, str] = {}
        self._surrogates: dict[str, str] = {}
        """Values by their surrogates, which are in one case."""
        self._parts: dict[str, str] = {}
        """The same of their parts, which count with a capital letter alone: many a name is a word as well."""
        self._chosen: dict[tuple[str, str], str | None] = {}
        self._searched: Sequence[str] | None = None

    @property
    def empty(self) -> bool:
        """Whether nothing was hidden, so that there is nothing to restore."""
        return not (self._values or self._surrogates)

    @property
    def engine(self) -> LiteralEngine | None:
        """What finds this vault's surrogates in an answer; None without any."""
        return LiteralEngine((*self._surrogates, *self._parts)) if self._surrogates else None

    def hide(self, stretch: Stretch) -> str:
        """What stands in the stretch's place on the way to the backend."""
        return self._replaced(stretch, keep=True)

    def show(self, stretch: Stretch) -> str:
        """What stands in the stretch's place on the way to the client: the value that was hidden, or a mask.

        What stands in the address of a link is not restored: whoever follows it would carry the value out; nor is an
        address that the model goes on with. Tools get their arguments with the values.
        """
        if stretch.named.type == PSEUDONYM:
            value = self._value(stretch)
            if value is not None and not _carries_out(value, stretch):
                return written(value, stretch)
        found = tuple(finding for finding in stretch.findings if finding.type != PSEUDONYM)
        return self._replaced(msgspec.structs.replace(stretch, findings=found), keep=False) if found else stretch.text

    def _value(self, stretch: Stretch) -> str | None:
        if stretch.named.rule == LiteralEngine.rule:
            text = value_of(stretch)
            whole, part = self._surrogates.get(text.casefold()), self._parts.get(text.casefold())
            return part if whole is None and not text[:1].islower() else whole
        name = read(stretch.text, stretch.json)
        return None if name is None else self._values.get(name)

    def _replaced(self, stretch: Stretch, *, keep: bool) -> str:
        named = stretch.named
        label = label_of(named.type)
        if label is None or named.continues or stretch.style in (Style.MASK, Style.DROP):
            return mask(stretch)
        value = value_of(stretch)
        if len(value) > _MOST_CHARS and stretch.style is not Style.HASH:
            return mask(stretch)
        text = self._pseudonym(named.type, label, value, stretch.style, keep=keep)
        text = in_string(text) if stretch.json else text
        return stretch.quoted(text)

    def _pseudonym(self, type_: str, label: str, value: str, style: Style, *, keep: bool) -> str:
        if style is Style.HASH:
            return f"[{type_}:{self._mint.digest(label, value)}]"
        if style is Style.SURROGATE:
            text = self._surrogate(type_, label, value)
            if text is not None:
                if keep:
                    self._keep(type_, text, value)
                return text
        name = self._mint.name(label, value)
        if keep:
            self._values[name] = value
        return str(name)

    def _surrogate(self, type_: str, label: str, value: str) -> str | None:
        """A surrogate that stands nowhere in the request and for no other value; None if there is none to be had."""
        key = type_, value
        if key not in self._chosen:
            if len(self._chosen) >= _MOST_SURROGATES:
                return None
            self._chosen[key] = self._choose(type_, label, value)
        return self._chosen[key]

    def _choose(self, type_: str, label: str, value: str) -> str | None:
        for attempt in range(_SURROGATE_TRIES):
            text = surrogate(type_, value, self._mint.number(label, value, attempt))
            if text is None:
                return None
            folded = text.casefold()
            if self._surrogates.get(folded, value) == value and self._is_free(folded):
                return text
        return None

    def _is_free(self, folded: str) -> bool:
        """Whether a text is no word of everyday language and stands nowhere in the request."""
        return folded not in common_words() and not any(folded in known for known in self._folded())

    def _keep(self, type_: str, text: str, value: str) -> None:
        if self._surrogates.get(text.casefold()) == value:
            return
        self._surrogates[text.casefold()] = value
        if type_ != _PERSON:
            return
        # Models go on with one part of a name: that part stands for the same part of the value.
        parts, values = text.split(), value.split()
        if len(parts) == len(values) > 1:
            for part, given in zip(parts, values, strict=True):
                if self._is_free(part.casefold()):
                    self._parts.setdefault(part.casefold(), given)

    def _folded(self) -> Sequence[str]:
        if self._searched is None:
            self._searched = [text.casefold() for text in self._texts]
        return self._searched


def _carries_out(value: str, stretch: Stretch) -> bool:
    """Whether a value restored there would be a part of an address, or an address with something of the model's."""
    if stretch.json:
        return False
    if is_address(value) and (stretch.after in _ESCAPES or any(finding.rule in GLUED for finding in stretch.findings)):
        return True
    return within_address(stretch.before)
