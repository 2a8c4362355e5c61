"""`${NAME}` and `${file:/path}` in string values. It reads only what a value names, and never quotes what it found."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from guard.config.place import Place

FILE_BYTES: Final = 65_536
_TOKEN: Final = re.compile(r"\$\$\{|\$\{([^{}]*)\}?")
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Interpolation(msgspec.Struct, frozen=True):
    """Where values come from: the environment, and files below `base` when their path is relative."""

    environ: Mapping[str, str]
    base: Path

    def __repr__(self) -> str:
        return f"Interpolation(base={self.base!r})"

    def expand(self, text: str, place: Place) -> str:
        """`text` with its references replaced; `$${` stands for a literal `${`. Raises ConfigError."""
        return _TOKEN.sub(lambda match: self._value(match, place), text)

    def _value(self, match: re.Match[str], place: Place) -> str:
        if match[0] == "$${":
            return "${"
        if not match[0].endswith("}"):
            raise place.error("has '${' without '}'; close it, or write '$${' for a literal '${'")
        name = match[1]
        if name.startswith("file:"):
            return self._file(name.removeprefix("file:"), place)
        if not _NAME.fullmatch(name):
            raise place.error("has a '${…}' that is neither ${NAME} nor ${file:/path}")
        if name not in self.environ:
            raise place.error(f"needs the environment variable {name}, which is not set; set it")
        return self.environ[name]

    def _file(self, name: str, place: Place) -> str:
        path = self.base / name
        if not path.is_file():
            raise place.error(f"needs the file {path}, which is not there; create it")
        try:
            with path.open("rb") as stream:
                data = stream.read(FILE_BYTES + 1)
            text = data.decode("utf-8")
        except OSError as error:
            raise place.error(f"needs the file {path}, which can't be read ({error.strerror})") from None
        except UnicodeDecodeError:
            raise place.error(f"needs the file {path}, which is not UTF-8") from None
        if len(data) > FILE_BYTES:
            raise place.error(f"needs the file {path}, which is larger than {FILE_BYTES} bytes")
        return text.removesuffix("\n").removesuffix("\r")
