"""What models are asked about whole texts, and what they say of them."""

from collections.abc import Mapping

import msgspec

from guard.core.discreet import Discreet
from guard.core.event import EngineStatus
from guard.core.finding import Finding


class Passage(Discreet, frozen=True):
    """A whole text to score, and who speaks in it: a role of the API (`user`, `tool`, …)."""

    text: str
    role: str


class Assessment(msgspec.Struct, frozen=True):
    """What the classifiers say of one passage.

    `scores` are calibrated, 0 to 1, by classifier, whatever the threshold; a classifier that gave none has a `status`
    that says why. `findings` name types and places. `types` shares a score out among the finding types it stands for,
    where a classifier tells them apart. `tokens` are what models read for it: none of a text that they remember.
    """

    scores: Mapping[str, float] = {}
    findings: tuple[Finding, ...] = ()
    status: Mapping[str, EngineStatus] = {}
    types: Mapping[str, float] = {}
    tokens: int = 0


class SlotText(Discreet, frozen=True):
    """A whole text; `json`: it is JSON, in whose strings letters may be escaped."""

    text: str
    json: bool = False


class TextVerdict(msgspec.Struct, frozen=True):
    """What an engine says of one whole text. Without `OK` it says nothing. `tokens` are what its model read for it."""

    findings: tuple[Finding, ...] = ()
    status: EngineStatus = EngineStatus.OK
    tokens: int = 0
