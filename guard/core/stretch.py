"""A stretch of text that is to be redacted, and what stands in its place.

Findings that overlap make one stretch. What replaces it is the business of a `Write`; without pseudonyms that is
`mask`, which needs no text.
"""

from collections.abc import Callable, Sequence
from typing import Final

from guard.core.discreet import Discreet
from guard.core.finding import Finding
from guard.core.style import Style
from guard.core.taxonomy import PSEUDONYM

BEFORE_CHARS: Final = 4_096
"""How much of the text in front of a stretch is remembered, where pseudonyms are restored."""


class Stretch(Discreet, frozen=True):
    """`text` covers `[start, end)` of its channel and is as it was received; `findings` are those that make it.

    `json`: the channel's text is JSON. `style` is the plan's for the finding that names the stretch.
    `before` is what was received in front of it, `after` the character behind it, as far as they are remembered.
    """

    start: int
    end: int
    text: str
    findings: tuple[Finding, ...]
    json: bool = False
    style: Style = Style.MASK
    before: str = ""
    after: str = ""

    @property
    def named(self) -> Finding:
        """The finding that says what the stretch is: the longest."""
        return naming(self.findings)

    @property
    def bare(self) -> bool:
        """Whether it stands in JSON and outside a string, so that what replaces it needs quotes of its own."""
        return any(finding.bare for finding in self.findings if finding.start == self.start)

    def quoted(self, text: str) -> str:
        """What stands in its place, in quotes if it needs some."""
        quotes = [finding.quote for finding in self.findings if finding.bare and finding.start == self.start]
        quote = max(quotes, default="")
        return f"{quote}{text}{quote}"


Write = Callable[[Stretch], str]
"""What stands in a stretch's place."""


def naming(findings: Sequence[Finding]) -> Finding:
    """The finding that says what all of them are: a pseudonym that covers the others, or else the longest other one.

    Of several that are as long it is the one with the highest score.
    """
    start, end = min(f.start for f in findings), max(f.end for f in findings)
    for finding in findings:
        if finding.type == PSEUDONYM and (finding.start, finding.end) == (start, end):
            return finding
    return min(findings, key=lambda f: (f.type == PSEUDONYM, f.continues, f.start - f.end, -f.score, f.start, f.type))


def mask(stretch: Stretch) -> str:
    """`[EMAIL_ADDRESS]`; nothing for hidden text and further pieces of a value, which had their mask already."""
    named = stretch.named
    if named.continues or named.type.startswith("HIDDEN_") or stretch.style is Style.DROP:
        return "null" if stretch.bare and not named.continues else ""
    return stretch.quoted(f"[{named.type}]")
