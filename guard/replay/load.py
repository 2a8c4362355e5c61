"""What the simulation is asked: which exchanges come, and what fleet they meet."""

from collections.abc import Mapping

import msgspec

from guard.inference.schedule import Limits
from guard.inference.stepper import StepLimits


class Ask(msgspec.Struct, frozen=True):
    """One exchange that comes. Seconds; `first_s` and `gap_s` are the backend's own times for its first token and for
    each further one, `answer_tokens` what it will write. One that is not `forwarded` is denied or blocked before that.
    """

    at_s: float
    prompt_chars: int
    prompt_tokens: int
    answer_tokens: int
    first_s: float
    gap_s: float
    stream: bool = True
    forwarded: bool = True
    tenant: str = ""
    tier: str = ""
    model: str = ""


class TierLimit(msgspec.Struct, frozen=True):
    """What one tier may do: exchanges a minute over the whole fleet, as a bucket that holds `burst` of them."""

    per_minute: float
    burst: float = 1.0


class Fleet(msgspec.Struct, frozen=True):
    """What the exchanges meet.

    `replicas` of Guard, each on `cores` of its own, for which `others` more threads compete on average (a load
    generator, a backend). `exchanges` is `limits.exchanges`, `verdict_s`, `batch`, `lanes` and `step` are what
    `inference` in the configuration says. `backends` model servers write `backend_lanes` answers each at one time, 0
    for as many as come; an exchange waits for one for `patience_s`.
    """

    replicas: int = 1
    cores: int = 2
    others: float = 0.0
    exchanges: int = 4096
    verdict_s: float = 10.0
    batch: Limits = Limits()
    lanes: int = 1
    step: StepLimits = StepLimits()
    backends: int = 1
    backend_lanes: int = 0
    patience_s: float = 120.0
    tiers: Mapping[str, TierLimit] = {}


class Price(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What tokens of one model cost, in nano-dollars each."""

    prompt_nanousd: float
    completion_nanousd: float
