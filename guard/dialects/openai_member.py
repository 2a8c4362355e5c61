"""Members of a request that smuggle: they carry text or token ids past inspection, or steer the backend past the tier.

It names them; the policy says which may pass.
"""

from typing import Final

from guard.dialects.json_text import Leaf
from guard.dialects.openai_shape import GUARDED, NESTED_SMUGGLING, SMUGGLING, TOKEN_ID_TEXTS

_NOTHING: Final = frozenset({b"null", b"false", b"[]", b"{}"})
_ON_BY_DEFAULT: Final = "add_generation_prompt"
_PARTS: Final = ("messages[]", "messages[].content[]")


def member_of(leaf: Leaf, literal: bytes) -> str | None:
    """The smuggling member that a value belongs to, by its dotted path without indices; None if it belongs to none.

    A member that says nothing (`null`, `false`, an empty list) is none.
    """
    if leaf.name or not leaf.path:
        return None
    top = leaf.path[0]
    if top in SMUGGLING:
        nothing = (b"null", b"true") if top == _ON_BY_DEFAULT else _NOTHING
        return None if literal in nothing else _named(leaf)
    if top in TOKEN_ID_TEXTS:
        return f"{top}.token_ids" if leaf.kind in ("number", "numbers") else None
    if top == "messages":
        for parts in _PARTS:
            step = leaf.where.removeprefix(parts + ".").partition(".")[0].removesuffix("[]")
            if leaf.where.startswith(parts + ".") and step in NESTED_SMUGGLING and literal not in _NOTHING:
                return f"{parts}.{step}"
    return None


def misspelled(name: str) -> bool:
    """Whether a backend that does not heed case would read this top-level name as one that Guard reads itself."""
    folded = name.casefold()
    return folded != name and folded in GUARDED


def _named(leaf: Leaf) -> str:
    """`nvext.token_data`, or the top name alone: extensions within `nvext` are allowed one by one."""
    steps = leaf.where.split(".")
    return ".".join(steps[: 2 if steps[0] == "nvext" else 1]).removesuffix("[]")
