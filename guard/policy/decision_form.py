"""What a policy may answer at each entry point, as types: the JSON Schemas of decisions are made from these.

The readers in `decision.py` and `point_decision.py` have the last word; a test holds both against each other. What a
schema can't say (names of finding groups, a `min` above its `max`) only they refuse.
"""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from guard.core.action import Action
from guard.core.facts import Scalar
from guard.core.plan import FailureMode, ReleaseMode
from guard.core.style import Style
from guard.core.taxonomy import CLASSIFIERS

ActionWord = Annotated[str, Meta(extra_json_schema={"enum": [action.word for action in Action]})]
StyleWord = Annotated[str, Meta(extra_json_schema={"enum": [style.value for style in Style]})]
ReleaseWord = Annotated[str, Meta(extra_json_schema={"enum": [mode.value for mode in ReleaseMode]})]
FailureWord = Annotated[str, Meta(extra_json_schema={"enum": [mode.value for mode in FailureMode]})]
ClassifierName = Annotated[str, Meta(extra_json_schema={"enum": sorted(CLASSIFIERS)})]
Score = Annotated[float, Meta(ge=0, le=1)]
Chars = Annotated[int, Meta(ge=1, le=1_048_576)]
Path = Annotated[str, Meta(pattern=r"^\$(\.[^.\[\]]+|\[([0-9]{1,6}|\*)\])*$")]


class _Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Each key may be absent."""


class DenialForm(_Form, frozen=True):
    """A reason: `message` is shown to the client, `internal` stands in the decision log only."""

    code: Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,63}$")] = "policy_denied"
    message: str = ""
    internal: str = ""


class ApprovalForm(_Form, frozen=True):
    """What the person who is asked reads, and how long the question stands."""

    reason: str = ""
    timeout_s: Annotated[float, Meta(gt=0, le=86_400)] = 300


class RouteForm(_Form, frozen=True):
    """Where the request goes: a backend of the configuration, and the model's name there."""

    backend: str = ""
    model: str = ""


class LimitsForm(_Form, frozen=True):
    """Most tokens of the answer, how fast, and most tokens of thinking."""

    max_tokens: Annotated[int, Meta(ge=1, le=2_147_483_647)] = 1
    tokens_per_s: Annotated[float, Meta(gt=0, le=2_147_483_647)] = 1
    thinking_tokens: Annotated[int, Meta(ge=0, le=2_147_483_647)] = 0


class ParametersForm(_Form, frozen=True):
    """Which of the request's own members travel, which are set, and the largest value of others."""

    allow: tuple[str, ...] = ()
    force: dict[str, Scalar] = {}
    max: dict[str, float] = {}


class PackForm(_Form, frozen=True):
    """What a pack may say of a request. Sets count as arrays."""

    deny: tuple[str | DenialForm, ...] = ()
    actions: dict[str, ActionWord] = {}
    prompt_actions: dict[str, ActionWord] = {}
    answer_actions: dict[str, ActionWord] = {}
    styles: dict[str, StyleWord] = {}
    prompt_styles: dict[str, StyleWord] = {}
    answer_styles: dict[str, StyleWord] = {}
    thresholds: dict[str, Score] = {}
    hold_chars: Chars = 1
    release: ReleaseWord = "held"
    ahead_chars: Chars = 1
    classifiers: tuple[ClassifierName, ...] = ()
    on_failure: FailureWord = "block"
    labels: dict[str, str] = {}
    route: RouteForm = RouteForm()
    limits: LimitsForm = LimitsForm()
    parameters: ParametersForm = ParametersForm()
    require_approval: bool | ApprovalForm = False


class RequestForm(PackForm, frozen=True):
    """What `data.guard.request` may be: the operator's word, and beside it those of the packs."""

    members: tuple[str, ...] = ()
    packs: dict[str, PackForm] = {}


class ResponseForm(_Form, frozen=True):
    """What `data.guard.response` may be."""

    action: ActionWord = "allow"
    labels: dict[str, str] = {}


class BoundForm(_Form, frozen=True):
    """What an argument's value may be; with `clamp` a number is moved to the nearest bound."""

    min: float = 0
    max: float = 0
    one_of: tuple[Scalar, ...] = ()
    prefixes: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    clamp: bool = False


class PackToolForm(_Form, frozen=True):
    """What a pack may say of a tool call."""

    deny: tuple[str | DenialForm, ...] = ()
    require_approval: bool | ApprovalForm = False
    redact: tuple[Path, ...] = ()
    bounds: Annotated[dict[str, BoundForm], Meta(extra_json_schema={"propertyNames": {"pattern": r"^\$"}})] = {}
    labels: dict[str, str] = {}


class ToolForm(PackToolForm, frozen=True):
    """What `data.guard.tool` may be: the operator's word, and beside it those of the packs."""

    packs: dict[str, PackToolForm] = {}


class AdminForm(_Form, frozen=True):
    """What `data.guard.admin` may be."""

    allow: bool = False
    deny: tuple[str | DenialForm, ...] = ()


FORMS: dict[str, Any] = {"request": RequestForm, "response": ResponseForm, "tool": ToolForm, "admin": AdminForm}
"""By entry point."""
