"""One evaluation for whoever writes the policy: the decision, the rules that held, and what looks like a mistake."""

import difflib
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from guard.core.record import AnyDecision
from guard.core.taxonomy import GROUP_OF, group_of
from guard.errors import PolicyError
from guard.policy.document import sound
from guard.policy.point import UNDEFINED, Point
from guard.policy.reading import fields_read
from guard.policy.source import Source
from guard.policy.trace.blame import blame
from guard.policy.trace.tracer import Fired, Traced, Tracer

_BY_TYPE: Final = (
    "actions",
    "prompt_actions",
    "answer_actions",
    "styles",
    "prompt_styles",
    "answer_styles",
    "thresholds",
)


class Evaluation(msgspec.Struct, frozen=True):
    """What a policy makes of an input.

    `decision` is None if there is none to use, and `error` says why, with the place where it is known. `answered` is
    whether the policy answered at all; where it did not, the decision is Guard's own. `fired` are the rules that held.
    """

    decision: AnyDecision | None
    answered: bool
    error: str
    fired: tuple[Fired, ...]
    warnings: tuple[str, ...]


def evaluate(source: Source, point: Point[Any, Any], document: Mapping[str, object]) -> Evaluation:
    """Evaluates an entry point for an input as it stands. Raises ConfigError if the policy does not compile."""
    tracer = Tracer(source, (point.entrypoint,))
    traced = tracer.trace(point.entrypoint, msgspec.json.decode(sound(msgspec.json.encode(document))))
    decision, error = _decision(source, point, traced)
    warnings = [*_about_input(source, point, document), *_about_types(decision)]
    if not traced.agrees:
        warnings.append("the trace differs from the engine: the rules below may be wrong")
    return Evaluation(decision, traced.value is not msgspec.UNSET, error, traced.fired, tuple(warnings))


def _decision(source: Source, point: Point[Any, Any], traced: Traced) -> tuple[AnyDecision | None, str]:
    if traced.failure:
        place = traced.place
        return None, f"{place.file}: line {place.line}: {traced.failure}" if place else traced.failure
    if traced.value is msgspec.UNSET:
        return point.refuse(UNDEFINED, source.generation), ""
    try:
        return point.parse(traced.value, source.generation), ""
    except PolicyError as error:
        found = blame(error.message, source.modules, traced.fired, f"guard.{point.name}")
        return None, f"{found[0]}: line {found[1]}: {error.message}" if found else error.message


def _about_input(source: Source, point: Point[Any, Any], document: Mapping[str, object]) -> Iterator[str]:
    known = point.facts.__struct_fields__
    for name in document:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            yield f"the input has {name}, which Guard never sends" + (f": did you mean {near[0]}?" if near else "")
    for name in fields_read(source.modules, point.facts):
        if name not in document:
            yield f"the input lacks {name}, which the policy reads and Guard always sends"


def _about_types(decision: AnyDecision | None) -> Iterator[str]:
    for key in _BY_TYPE:
        for scope in getattr(decision, key, {}):
            if scope.isupper() and group_of(scope) == scope.lower():
                near = difflib.get_close_matches(scope, GROUP_OF, n=1)
                cure = f"did you mean {near[0]}?" if near else "nothing of Guard's own finds it"
                yield f"{key} names the finding type {scope}, which is not known here: {cure}"
