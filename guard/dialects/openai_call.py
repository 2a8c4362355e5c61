"""Tool calls that a request of OpenAI's form speaks of: those made earlier with their results, and what is offered.

A result names its call by an id. Ids come from models and may repeat, so a result belongs to the latest call of its id;
one whose call is not there stands for itself.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from guard.core.prompt import EarlierCall, OfferedTool
from guard.dialects.json_text import Container, Leaf, Path
from guard.dialects.mark import Marks

CALL_NAMES: Final = frozenset(
    {
        "messages[].tool_calls[].function.name",
        "messages[].tool_calls[].custom.name",
        "messages[].function_call.name",
    }
)
CALL_ID: Final = "messages[].tool_calls[].id"
RESULT_ID: Final = "messages[].tool_call_id"
SPEAKER: Final = "messages[].name"
_NAMED_TOOLS: Final = frozenset({"tools[].function.name", "tools[].custom.name", "functions[].name"})
_RESULT_ROLES: Final = frozenset({"tool", "function"})
_OF_CALLS: Final = frozenset({*CALL_NAMES, CALL_ID, RESULT_ID, SPEAKER, "messages[].role"})

Read = Callable[[Leaf], str]
"""The text of a string."""


class _Call:
    """A call on its way to be an `EarlierCall`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.answered = False
        self.results: list[int] = []


def earlier_calls(
    leaves: Sequence[Leaf], read: Read, slots_of: Mapping[int, Sequence[int]], marks: Marks
) -> tuple[EarlierCall, ...]:
    """The calls in the order in which they were made. `slots_of` are the slots of each message, by its place."""
    messages: dict[int, list[Leaf]] = {}
    for leaf in leaves:
        if leaf.where in _OF_CALLS and leaf.kind == "string" and not leaf.name and isinstance(leaf.path[1], int):
            messages.setdefault(leaf.path[1], []).append(leaf)
    book = _Book(marks)
    for place in sorted(messages):
        said = {leaf.path[2:]: read(leaf) for leaf in messages[place]}
        if said.get(("role",)) in _RESULT_ROLES:
            book.result(said.get(("tool_call_id",)), said.get(("name",), ""), slots_of.get(place, ()))
        else:
            book.calls(said)
    return tuple(EarlierCall(call.name, call.answered, tuple(call.results)) for call in book.all)


class _Book:
    """What was called, and what was answered."""

    def __init__(self, marks: Marks) -> None:
        self.all: list[_Call] = []
        self._by_id: dict[str, _Call] = {}
        self._by_name: dict[str, _Call] = {}
        self._marks = marks

    def calls(self, said: Mapping[Path, str]) -> None:
        """A message's calls."""
        for path, text in said.items():
            if path[-1] == "name" and path != ("name",):
                call = _Call(self._name(text))
                self.all.append(call)
                self._by_name[text] = call
                if identifier := said.get((*path[:2], "id")):
                    self._by_id[identifier] = call

    def result(self, identifier: str | None, name: str, slots: Sequence[int]) -> None:
        """A message that is a result: by the call's id, or in the older form by the function's name."""
        call = self._by_id.get(identifier) if identifier else self._by_name.get(name)
        if call is None:
            call = _Call(self._name(name))
            self.all.append(call)
        call.answered = True
        call.results.extend(slots)

    def _name(self, text: str) -> str:
        return text if self._marks.is_mark(text) else ""


def offered_tools(
    leaves: Sequence[Leaf], read: Read, containers: Mapping[Path, Container], body: bytes, marks: Marks
) -> tuple[OfferedTool, ...]:
    """The tools that the request offers, each with its own schema."""
    found: list[OfferedTool] = []
    for leaf in leaves:
        if leaf.where in _NAMED_TOOLS and leaf.kind == "string" and not leaf.name:
            name, schema = read(leaf), containers.get((*leaf.path[:-1], "parameters"))
            found.append(OfferedTool(name, b"" if schema is None else body[schema.start : schema.end]))
    return tuple(tool for tool in found if marks.is_mark(tool.name))
