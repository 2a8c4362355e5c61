"""What an exchange costs, and by which price."""

import msgspec


class Rating(msgspec.Struct, frozen=True):
    """`cost_nanousd` is whole nano-dollars (10⁻⁹ USD); None where the book has no price, which is never zero.

    `version` names the book that said so.
    """

    cost_nanousd: int | None
    version: str
