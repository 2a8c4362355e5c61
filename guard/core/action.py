"""Actions, in order of strength: `allow < flag < redact < block`."""

import enum


class Action(enum.IntEnum):
    """What is done about a finding. The order is meaningful: the strongest of several wins."""

    ALLOW = 0
    FLAG = 1
    REDACT = 2
    BLOCK = 3

    @classmethod
    def parse(cls, name: str) -> "Action":
        """From the policy's word. Raises ValueError that names the words there are."""
        try:
            return cls[name.upper()]
        except KeyError:
            raise ValueError(f"unknown action {name!r}: use allow, flag, redact or block") from None

    @property
    def word(self) -> str:
        """The policy's word for it."""
        return self.name.lower()
