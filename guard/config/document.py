"""One YAML document as a tree of nodes that know their lines. It must not construct objects.

Taken is a plain subset of YAML: one document, no aliases, bounded in size and depth. Messages never quote the file,
for what stands there may be a secret.
"""

from pathlib import Path
from typing import Final

import yaml

from guard.config.place import Place
from guard.errors import ConfigError

MAX_BYTES: Final = 1 << 20
MAX_DEPTH: Final = 32


def read_document(path: Path) -> yaml.MappingNode:
    """The file's top mapping. Raises ConfigError."""
    place = Place(file=str(path), line=0)
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise place.error(f"can't be read ({error.strerror}); name a readable file with --config") from None
    if len(data) > MAX_BYTES:
        raise place.error(f"is larger than {MAX_BYTES} bytes; a configuration is far smaller")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise place.error("is not UTF-8; save it as UTF-8") from None
    return compose(text, str(path))


def compose(text: str, file: str) -> yaml.MappingNode:
    """The top mapping of `text`. Raises ConfigError."""
    try:
        loader = _PlainLoader(text)
        node = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        raise _syntax(error, file) from None
    except yaml.YAMLError:
        raise ConfigError(f"{file}: holds characters that YAML does not allow; remove control characters") from None
    if not isinstance(node, yaml.MappingNode):
        raise ConfigError(f"{file}: must be a mapping of keys to values; start with 'backends:'")
    return node


def line_of(node: yaml.Node) -> int:
    """Where a node begins, counted from 1."""
    return int(node.start_mark.line) + 1


class _PlainLoader(yaml.SafeLoader):
    """SafeLoader's nodes, without aliases and without deep nesting (each level is a Python frame)."""

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise self._refusal("aliases are not taken; write the value out")
        if self._depth == MAX_DEPTH:
            raise self._refusal(f"nested deeper than {MAX_DEPTH} levels; flatten it")
        self._depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1

    def _refusal(self, problem: str) -> yaml.MarkedYAMLError:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        return yaml.MarkedYAMLError(problem=problem, problem_mark=event.start_mark)


def _syntax(error: yaml.MarkedYAMLError, file: str) -> ConfigError:
    line = error.problem_mark.line + 1 if error.problem_mark else 0
    problem = error.problem or "is not YAML"
    if "another document" in problem:
        problem = "holds a second document; keep one, without a further '---'"
    return Place(file=file, line=line).error(problem)
