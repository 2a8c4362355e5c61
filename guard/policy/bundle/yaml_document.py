"""Data in YAML, as far as YAML 1.1, YAML 1.2 and OPA read it alike; what they read differently is refused.

`on`, `0o17`, `1_000`, `12:30` are booleans, numbers or strings, as the version of the reader has it. Guard says so
instead of choosing. Anchors are refused as well: a few lines of them unfold to gigabytes.
"""

import re
from typing import TYPE_CHECKING, Final

import yaml

from guard.errors import BundleError
from guard.policy.bundle.number import Number, go_spelling

if TYPE_CHECKING:
    from guard.policy.bundle.document import Value

_NULL: Final = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEAN: Final = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,18})")
_FLOAT: Final = re.compile(r"-?(?:0|[1-9][0-9]{0,18})\.[0-9]{1,18}(?:[eE][-+][0-9]{1,3})?")
_DOUBTFUL: Final = re.compile(r"(?i)y|n|yes|no|on|off|=|<<|[-+]?\.(?:inf|nan)|[-+.]?[0-9][-+_:. 0-9a-z]*")
_LARGEST: Final = 1024 * 1024
_QUOTE: Final = "is read differently by different versions of YAML: put it in quotes"


class _Composer(yaml.SafeLoader):
    """Makes a tree without anchors and tags."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]  # the stubs lack it
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None or event.tag is not None:
            raise BundleError(f"line {event.start_mark.line + 1}: anchors, aliases and tags are not read: write it out")
        return super().compose_node(parent, index)


def decode_yaml(text: str) -> "Value":
    """The value of one document. Raises BundleError that names the line."""
    if len(text) > _LARGEST:
        raise BundleError(f"is larger than {_LARGEST >> 20} MiB: write large data as JSON")
    try:
        node = yaml.compose(text, Loader=_Composer)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark is not None else 1
        raise BundleError(f"line {line}: is not sound YAML: correct it") from None
    except yaml.YAMLError:  # a character that YAML has no place for
        raise BundleError("is not sound YAML: remove control characters") from None
    return None if node is None else _value(node)


def _value(node: yaml.Node) -> "Value":
    if isinstance(node, yaml.SequenceNode):
        return [_value(item) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        return _mapping(node)
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node)
    raise _at(node, "is no value: write a string, a number, a list or a mapping")


def _mapping(node: yaml.MappingNode) -> "dict[str, Value]":
    found: dict[str, Value] = {}
    for key, item in node.value:
        name = _value(key)
        if not isinstance(name, str):
            raise _at(key, "a name is not a string: put it in quotes")
        if name in found:
            raise _at(key, "a mapping has one name twice: keep one of them")
        found[name] = _value(item)
    return found


def _scalar(node: yaml.ScalarNode) -> "Value":
    text: str = node.value
    if node.style is not None:  # quoted, or a block of text
        return text
    if text in _NULL:
        return None
    if text in _BOOLEAN:
        return _BOOLEAN[text]
    if _INTEGER.fullmatch(text):
        return Number(str(int(text)))
    if _FLOAT.fullmatch(text):
        return Number(go_spelling(float(text)))
    if _DOUBTFUL.fullmatch(text):
        raise _at(node, _QUOTE)
    return text


def _at(node: yaml.Node, message: str) -> BundleError:
    return BundleError(f"line {node.start_mark.line + 1}: {message}")
