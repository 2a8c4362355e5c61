"""Rego's values in Python: JSON's, and sets, and objects whose keys are any value.

`True == 1` in Python and not in Rego, so values are compared and stored by their `ident`, which tells them apart.
Arrays are lists. Statements build arrays, sets and objects in place; once a rule has its value, nothing changes it.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Set
from typing import TypeAlias

import msgspec

Value: TypeAlias = "bool | int | float | str | list[Value] | SetValue | ObjectValue | None"
MaybeValue: TypeAlias = "Value | msgspec.UnsetType"
"""UNSET is Rego's undefined."""


def ident(value: Value) -> Hashable:
    """What is equal for equal Rego values only; sets and objects compare without order."""
    if isinstance(value, bool):
        return ("bool", value)
    if isinstance(value, list):
        return ("array", *map(ident, value))
    if isinstance(value, SetValue):
        return ("set", frozenset(value.idents()))
    if isinstance(value, ObjectValue):
        return ("object", frozenset((ident(key), ident(item)) for key, item in value.items()))
    return value


class SetValue(Set[Value]):
    """A set, in the order in which its members came."""

    def __init__(self, members: Iterable[Value] = ()) -> None:
        self._members = {ident(member): member for member in members}

    def __repr__(self) -> str:
        return f"{{{', '.join(map(repr, self))}}}"

    def add(self, member: Value) -> None:
        self._members[ident(member)] = member

    def idents(self) -> Iterable[Hashable]:
        return self._members.keys()

    def __contains__(self, member: object) -> bool:
        return ident(member) in self._members  # type: ignore[arg-type]  # whatever else it is, it is no member

    def __iter__(self) -> Iterator[Value]:
        return iter(self._members.values())

    def __len__(self) -> int:
        return len(self._members)


class ObjectValue(Mapping[Value, Value]):
    """An object, in the order in which its keys came."""

    def __init__(self, items: Iterable[tuple[Value, Value]] = ()) -> None:
        self._items = {ident(key): (key, item) for key, item in items}

    def __repr__(self) -> str:
        return f"{{{', '.join(f'{key!r}: {item!r}' for key, item in self.items())}}}"

    def insert(self, key: Value, item: Value) -> None:
        self._items[ident(key)] = (key, item)

    def __getitem__(self, key: Value) -> Value:
        return self._items[ident(key)][1]

    def __iter__(self) -> Iterator[Value]:
        return (key for key, _ in self._items.values())

    def __len__(self) -> int:
        return len(self._items)

    def over(self, other: "ObjectValue") -> "ObjectValue":
        """Both objects' items; where both have a key, this one's, and objects in objects likewise."""
        merged = ObjectValue(other.items())
        for key, item in self.items():
            below = merged.get(key)
            deep = isinstance(item, ObjectValue) and isinstance(below, ObjectValue)
            merged.insert(key, item.over(below) if deep else item)  # type: ignore[union-attr, arg-type]
        return merged


def from_json(document: object) -> Value:
    """The Rego value of what `msgspec.json.decode` gives."""
    if isinstance(document, list):
        return [from_json(item) for item in document]
    if isinstance(document, dict):
        return ObjectValue((key, from_json(item)) for key, item in document.items())
    assert document is None or isinstance(document, bool | int | float | str)
    return document


def to_json(value: Value) -> object:
    """The JSON value that stands for it: sets become sorted arrays, keys that are no strings their JSON text."""
    if isinstance(value, list):
        return [to_json(item) for item in value]
    if isinstance(value, SetValue):
        return sorted((to_json(member) for member in value), key=_order)
    if isinstance(value, ObjectValue):
        return {_key(key): to_json(item) for key, item in value.items()}
    return value


def same_as_json(value: Value, document: object) -> bool:
    """Whether a JSON value stands for this one, whatever the order of its sets."""
    if isinstance(value, SetValue):
        if not isinstance(document, list) or len(document) != len(value):
            return False
        return all(any(same_as_json(member, item) for item in document) for member in value)
    if isinstance(value, list):
        return isinstance(document, list) and len(document) == len(value) and all(map(same_as_json, value, document))
    if isinstance(value, ObjectValue):
        if not isinstance(document, dict) or len(document) != len(value):
            return False
        return all(_key(key) in document and same_as_json(item, document[_key(key)]) for key, item in value.items())
    return (type(value) is type(document) and value == document) or _same_number(value, document)


def _same_number(value: object, document: object) -> bool:
    numbers = isinstance(value, int | float) and isinstance(document, int | float)
    return numbers and not isinstance(value, bool) and not isinstance(document, bool) and value == document


def _key(key: Value) -> str:
    return key if isinstance(key, str) else msgspec.json.encode(to_json(key)).decode()


def _order(document: object) -> tuple[str, str]:
    return type(document).__name__, repr(document)
