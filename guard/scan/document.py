"""Where a text stands in JSON: inside a string or outside, also in JSON that is itself a string of JSON.

Whoever replaces a number outside a string has to put quotes round what replaces it, written as the quotes there are. A
text that is no JSON but begins like an object is followed as well. It can't tell JSON from what only looks like it, nor
see quotes that are written in other escapes (`\\u0022`).
"""

from typing import Final

_SPACE: Final = " \t\r\n"


class Document:
    """One channel's place in its JSON. `json`: the text is JSON from its first character on."""

    __slots__ = ("_fresh", "_in_string", "_level")

    def __init__(self, json: bool) -> None:
        self._level = 0 if json else -1
        """How many strings the innermost document stands in; -1 outside all documents."""
        self._in_string = not json
        self._fresh = not json
        """Whether nothing but space and brackets has come of a string, so that it may still be a document."""

    @property
    def fresh(self) -> bool:
        """Whether the text may still begin a document."""
        return self._fresh

    @property
    def outside(self) -> bool:
        """Whether the text is no document."""
        return self._level < 0 and not self._fresh

    @property
    def quote(self) -> str:
        """Outside of strings, how a quote is written there; empty inside of one."""
        return "" if self._in_string else "\\" * ((1 << self._level) - 1) + '"'

    def run(self, text: str) -> None:
        """Takes characters that are no quotes and no escapes."""
        if self._fresh:
            self._begin(text.lstrip(_SPACE + "["))

    def char(self, said: str, written: str) -> None:
        """Takes a character and how it is written."""
        if said != '"' or written.count("\\") != len(written) - 1:
            self._begin(said.strip(_SPACE))
            return
        level = len(written).bit_length() - 1
        if level > self._level:
            self._fresh = False
        elif level < self._level:
            # The string that the inner documents stand in ends here.
            self._level, self._in_string, self._fresh = level, False, False
        else:
            self._in_string = self._fresh = not self._in_string

    def _begin(self, text: str) -> None:
        if text and self._fresh:
            self._fresh = False
            if text[0] == "{":
                self._level, self._in_string = self._level + 1, False
