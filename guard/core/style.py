"""How a stretch that is redacted is written anew."""

import enum


class Style(enum.Enum):
    """What stands in a value's place.

    `mask` names its type, `drop` leaves nothing, `hash` a keyed digest that nobody can turn back. `placeholder`
    (`<PERSON_k3f9>`) and `surrogate` (another value of the same kind) stand for the value in a prompt, and the answer
    gets it back.
    """

    MASK = "mask"
    DROP = "drop"
    HASH = "hash"
    PLACEHOLDER = "placeholder"
    SURROGATE = "surrogate"

    @property
    def comes_back(self) -> bool:
        """Whether an answer gets the value in its place."""
        return self in (Style.PLACEHOLDER, Style.SURROGATE)
