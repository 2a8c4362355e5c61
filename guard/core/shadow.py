"""What a candidate policy would have decided differently: counts, and a few examples. Facts, never text."""

import msgspec


class Difference(msgspec.Struct, frozen=True):
    """One way in which two decisions differ.

    `kind` is the part of a decision (`deny`, `prompt_action`, `route`, …); `detail` says which rule, type or label, and
    from what to what (`EMAIL_ADDRESS: redact > allow`, `+model_not_allowed`), empty where the kind says it all.
    """

    kind: str
    detail: str = ""


class DifferenceCount(msgspec.Struct, frozen=True):
    """How often one difference came up for one tenant at one entry point."""

    point: str
    tenant: str
    kind: str
    detail: str
    count: int


class DifferenceSample(msgspec.Struct, frozen=True):
    """One decision that differs. `facts`, `live` and `candidate` are JSON; `at` is RFC 3339, UTC."""

    exchange: str
    at: str
    point: str
    tenant: str
    differences: tuple[Difference, ...]
    facts: msgspec.Raw
    live: msgspec.Raw
    candidate: msgspec.Raw

    def __repr__(self) -> str:
        return f"DifferenceSample(exchange={self.exchange!r}, point={self.point!r}, differences={self.differences!r})"


class ShadowFigures(msgspec.Struct, frozen=True):
    """The candidate beside the live policies, since its generation is there.

    `compared` decisions were made by both, `different` of them differ, in `failed` the candidate gave none; `dropped`
    found no room to wait. `unseen` are facts that it reads and is not told, so that it may decide otherwise in earnest.
    """

    generation: str
    tenants_percent: float
    compared: int = 0
    different: int = 0
    failed: int = 0
    dropped: int = 0
    unseen: tuple[str, ...] = ()
    differences: tuple[DifferenceCount, ...] = ()
    samples: tuple[DifferenceSample, ...] = ()
