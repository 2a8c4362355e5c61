"""What a line that the engine can't read probably wants: the cure for its error, from the habits of other languages."""

import re
from collections.abc import Sequence
from typing import Final

_CURES: Final = tuple(
    (re.compile(pattern), cure)
    for pattern, cure in (
        (r"[“”„‘’]", "write strings in straight double quotes"),
        (r"'", "write strings in double quotes"),
        (r"^\s*//|^\s*/\*", "begin a comment with #"),
        (r"&&|(?<=\S)\s+and\s+(?=\S)", "write each condition on a line of its own in the body: all must hold"),
        (r"\|\||(?<=\S)\s+or\s+(?=\S)", "write a second rule of the same name: one of them must hold"),
        (r"!(?!=)", "write `not …` for what must not hold"),
        (r"=\s+=", "compare with `==`"),
        (r"\b(?:some|every)\b[^{]*\s(?:of|from)\s", "write `some … in …` or `every … in … { … }`"),
        (r"\b(?:elif|elsif|elseif)\b|\belse\s+if\b|\belse\s*\{", "write `} else := VALUE if {`"),
        (r"^\s*(?:for|while|foreach)\b", "write `some … in …` or `every … in … { … }` for a loop"),
        (r"^\s*(?:def|func|function|return)\b", "write a function as `name(argument) := value if { … }`"),
        (r"^\s*import\b", "put imports right after the package, before the rules"),
        (r"^\s*package\b", "begin the module with its package"),
        (r"^[\w.]+\s+\"\"", "define a set with `contains`: `name contains ITEM if …`"),
        (r",\s*,", "remove the second comma"),
        (r"\bif\s*\{[^|{}]*,", "part conditions with `;` or new lines"),
        (r"^[^\"]*\"[^\"]*$", "close the string with a double quote"),
    )
)
_STRING: Final = re.compile(r'`[^`]*`|"(?:\\.|[^"\\\n])*"')
_COMMENT: Final = re.compile(r"#.*")
_BY_MESSAGE: Final = (
    ("unclosed", "close it with its bracket"),
    ("collection", "part the members with commas, and close each bracket"),
)
_OTHERWISE: Final = "correct the policy there"


def cure(message: str, lines: Sequence[str]) -> str:
    """The cure for an engine's message about a line; `lines` are that one and the next."""
    for text in lines:
        # Strings and comments may hold anything; an open string remains as its quote.
        bare = _COMMENT.sub("", _STRING.sub('""', text))
        for pattern, told in _CURES:
            if pattern.search(bare):
                return told
    return next((told for word, told in _BY_MESSAGE if word in message), _OTHERWISE)
