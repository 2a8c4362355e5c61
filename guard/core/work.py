"""What an exchange made a backend do, and when: what its energy is attributed by. Counts and times, never text."""

import msgspec

from guard.core.usage import Usage


class Work(msgspec.Struct, frozen=True):
    """One exchange that asked a backend, once it is over.

    Times are seconds on the process's monotonic clock: `asked_s` when the backend was asked, `first_s` the first byte
    of the answer that the client got (None: there was none), `ended_s` the end. `stream` is whether the answer came as
    it was written. `cost_nanousd` is None where there is no price.
    """

    exchange: str
    backend: str
    model: str
    tier: str
    tenant: str
    usage: Usage
    asked_s: float
    first_s: float | None
    ended_s: float
    stream: bool = True
    cost_nanousd: int | None = None
