"""Reads a node tree as a struct: unknown keys, wrong types and numbers out of range are refused where they stand.

It follows the structs' own types, so a new setting is a new field and nothing here. It must not know any setting.
"""

import difflib
import re
from collections.abc import Mapping
from typing import Final

import msgspec
import yaml
from msgspec import inspect

from guard.config.document import line_of
from guard.config.form import NAME, NAME_CURE
from guard.config.interpolation import Interpolation
from guard.config.place import Place
from guard.config.secret import Secret

_CORE: Final = "tag:yaml.org,2002:"
_INT: Final = re.compile(r"-?(0|[1-9][0-9]{0,17}|[1-9][0-9]{0,2}(_[0-9]{3}){1,5})")
_FLOAT: Final = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,9})?")
_QUOTE: Final = "must be text; put it in quotes"


class Reader:
    """Reads one file. `places` remembers where each key stood, for rules that look at several of them."""

    def __init__(self, interpolation: Interpolation) -> None:
        self._interpolation = interpolation
        self.places: dict[str, Place] = {}

    def value(self, kind: inspect.Type, node: yaml.Node, place: Place) -> object:
        """What `node` says, as a value of type `kind`. Raises ConfigError."""
        self.places[place.path] = place
        match kind:
            case inspect.Metadata():
                return self.value(kind.type, node, place)
            case inspect.UnionType():
                return self._union(kind, node, place)
            case inspect.StructType():
                return self._struct(kind, node, place)
            case inspect.DictType():
                return self._named(kind, node, place)
            case inspect.VarTupleType():
                return self._items(kind, node, place)
            case inspect.LiteralType():
                return self._choice(kind, node, place)
            case inspect.CustomType(cls) if cls is Secret:
                return Secret(self._text(node, place))
            case inspect.BoolType():
                return _flag(node, place)
            case inspect.IntType() | inspect.FloatType():
                return _number(kind, node, place)
            case _:
                return self._text(node, place)

    def _struct(self, kind: inspect.StructType, node: yaml.Node, place: Place) -> object:
        if not isinstance(node, yaml.MappingNode):
            raise place.error("must be a mapping of keys to values")
        fields = {field.encode_name: field for field in kind.fields}
        values: dict[str, object] = {}
        for key, child in node.value:
            name = _known(key, fields, place)
            below = place.key(name, line_of(key))
            if fields[name].name in values:
                raise below.error("stands here a second time; keep one")
            values[fields[name].name] = self.value(fields[name].type, child, below)
        for field in kind.fields:
            if field.required and field.name not in values:
                raise place.key(field.encode_name, place.line).error("is missing; add it")
        built: object = kind.cls(**values)
        return built

    def _named(self, kind: inspect.DictType, node: yaml.Node, place: Place) -> dict[str, object]:
        """A mapping whose keys are names that the file's author chose."""
        if not isinstance(node, yaml.MappingNode):
            raise place.error("must be a mapping of names to what they stand for")
        values: dict[str, object] = {}
        for key, child in node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else ""
            if not NAME.fullmatch(name):
                raise place.key("…", line_of(key)).error(NAME_CURE)
            below = place.key(name, line_of(key))
            if name in values:
                raise below.error("stands here a second time; keep one")
            values[name] = self.value(kind.value_type, child, below)
        return values

    def _items(self, kind: inspect.VarTupleType, node: yaml.Node, place: Place) -> tuple[object, ...]:
        if not isinstance(node, yaml.SequenceNode):
            raise place.error("must be a list; write its items as '- …' lines or in [ ]")
        if len(node.value) < (kind.min_length or 0):
            raise place.error("is empty; name at least one")
        return tuple(
            self.value(kind.item_type, child, place.item(index, line_of(child)))
            for index, child in enumerate(node.value)
        )

    def _union(self, kind: inspect.UnionType, node: yaml.Node, place: Place) -> object:
        if node.tag == _CORE + "null":
            return None
        kinds = [one for one in kind.types if not isinstance(one, inspect.NoneType)]
        # Where there is a choice it is between a section and a text.
        fits = [one for one in kinds if isinstance(one, inspect.StructType) == isinstance(node, yaml.MappingNode)]
        return self.value((fits or kinds)[0], node, place)

    def _choice(self, kind: inspect.LiteralType, node: yaml.Node, place: Place) -> str:
        text = self._text(node, place)
        words = [str(word) for word in kind.values]
        if text not in words:
            raise place.error(f"is not known{_nearest(text, words)}; use one of {', '.join(words)}")
        return text

    def _text(self, node: yaml.Node, place: Place) -> str:
        if node.tag == _CORE + "null":
            raise place.error("has no value; give it one or leave the key out")
        if not isinstance(node, yaml.ScalarNode) or node.tag != _CORE + "str":
            raise place.error(_QUOTE)
        text = self._interpolation.expand(node.value, place)
        if not text:
            raise place.error("is empty; give it a value or leave the key out")
        return text


def _known(key: yaml.Node, fields: Mapping[str, object], place: Place) -> str:
    if not isinstance(key, yaml.ScalarNode):
        raise place.error("has a key that is not a word")
    name = str(key.value)
    if name not in fields:
        # A stray line may be a secret in the wrong column: only what looks like a key is repeated.
        shown = name if re.fullmatch(r"[a-z_][a-z0-9_]{0,31}", name) else "…"
        known = f"{_nearest(name, list(fields))}; keys here are {', '.join(fields)}"
        raise place.key(shown, line_of(key)).error(f"is an unknown key{known}")
    return name


def _nearest(word: str, words: list[str]) -> str:
    near = difflib.get_close_matches(word[:64], words, n=1)
    return f", did you mean {near[0]}?" if near else ""


def _flag(node: yaml.Node, place: Place) -> bool:
    if not isinstance(node, yaml.ScalarNode) or node.tag != _CORE + "bool":
        raise place.error("must be true or false")
    return node.value.lower() in ("true", "yes", "on")


def _number(kind: inspect.IntType | inspect.FloatType, node: yaml.Node, place: Place) -> float:
    """Also for whole numbers: an int is a float to the type checker, and stays an int here."""
    whole = isinstance(kind, inspect.IntType)
    tags = (_CORE + "int",) if whole else (_CORE + "int", _CORE + "float")
    if not isinstance(node, yaml.ScalarNode) or node.tag not in tags:
        raise place.error(f"must be a {'whole ' if whole else ''}number, without quotes")
    if not (_INT if whole else _FLOAT).fullmatch(node.value):
        raise place.error("must be a plain decimal number, like 4096" if whole else "must be a number like 2.5")
    value: float = int(node.value) if whole else float(node.value)
    for sound, words in (
        (kind.ge is None or value >= kind.ge, f"at least {kind.ge}"),
        (kind.gt is None or value > kind.gt, f"more than {kind.gt}"),
        (kind.le is None or value <= kind.le, f"at most {kind.le}"),
    ):
        if not sound:
            raise place.error(f"must be {words}")
    return value


def struct_type(cls: type[msgspec.Struct]) -> inspect.StructType:
    """The description of a struct that `Reader.value` follows."""
    kind = inspect.type_info(cls)
    assert isinstance(kind, inspect.StructType)
    return kind
