"""A place in the configuration file, for errors that name file, line, key and cure."""

import msgspec

from guard.errors import ConfigError


class Place(msgspec.Struct, frozen=True):
    """`path` is the key's dotted path (`backends[0].name`), empty for the file itself; `line` counts from 1."""

    file: str
    line: int
    path: str = ""

    def key(self, name: str, line: int) -> "Place":
        """The place of a key below this one."""
        return Place(file=self.file, line=line, path=f"{self.path}.{name}" if self.path else name)

    def item(self, index: int, line: int) -> "Place":
        """The place of a list's item below this one."""
        return Place(file=self.file, line=line, path=f"{self.path}[{index}]")

    def error(self, message: str) -> ConfigError:
        """The error to raise. `message` says what is wrong and what to do; it never quotes a secret."""
        where = f"{self.file}:{self.line}: " if self.line else f"{self.file}: "
        return ConfigError(f"{where}{self.path}: {message}" if self.path else f"{where}{message}")
