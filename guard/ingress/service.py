"""The engines as a service: `POST /v1/guard/check` in Guard's own form, `POST /v1/moderations` in OpenAI's.

Nothing is forwarded; a key is asked for, a place is taken and an account is kept as for an exchange.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from itertools import islice
from typing import Final, Literal, NamedTuple, TypeVar, cast

import msgspec
from litestar import asgi
from litestar.handlers import ASGIRouteHandler
from litestar.types import Receive, Scope, Send
from ulid import ULID

from guard.core.action import Action
from guard.core.assessment import Assessment, Passage
from guard.core.event import EngineStatus
from guard.core.facts import Identity
from guard.dialects import guard_check, openai_moderation
from guard.dialects.guard_check import CheckFinding, CheckResponse, CheckResult, CheckText
from guard.dialects.openai_error import error_body
from guard.dialects.openai_moderation import ModerationResponse, ModerationResult
from guard.errors import EngineError, EngineTimeout, GuardError, MethodNotAllowed, NotFound
from guard.ingress.asgi import AsgiClient, read_body
from guard.ingress.openai import Door
from guard.ports import Classifier
from guard.runtime.account import Account
from guard.runtime.inquiry import Inquiries, Inquiry
from guard.runtime.reply import JSON
from guard.runtime.trial import CheckReport, Trial, TrialText

UNSAFE: Final = "unsafe"
AT_ONCE: Final = 32
"""Texts of one call that are inspected together."""
_T = TypeVar("_T")
Answer = Callable[[bytes, Identity, Account], Awaitable[bytes]]
CHECK: Final = "guard.check"
MODERATIONS: Final = "openai.moderations"
"""What the ledger calls them: `dialect`."""
_MODEL: Final = f"guard-{UNSAFE}"
Word = Literal["allow", "flag", "redact", "block"]
StatusWord = Literal["OK", "ERROR", "TIMEOUT", "SKIPPED"]


def check_route(door: Door, trial: Trial, inquiries: Inquiries) -> ASGIRouteHandler:
    """`POST /v1/guard/check`."""

    async def answer(body: bytes, who: Identity, account: Account) -> bytes:
        texts = [_trial_text(one) for one in guard_check.decode(body).texts()]
        reports = [report for some in _shares(texts) for report in await trial.check(some, who)]
        for report in reports:
            _note(report, account)
        return msgspec.json.encode(CheckResponse(tuple(map(_result, reports)), reports[0].generation))

    return _route("/v1/guard/check", door, answer, Kind(inquiries, CHECK))


def moderation_route(
    door: Door, classifier: Classifier | None, threshold: float, inquiries: Inquiries
) -> ASGIRouteHandler:
    """`POST /v1/moderations`. `threshold` is the score from which a text is flagged."""

    async def answer(body: bytes, _who: Identity, account: Account) -> bytes:
        if classifier is None or UNSAFE not in classifier.names:
            raise NotFound("No classifier of unsafe content runs here: name it under inference.classifiers.")
        given = openai_moderation.decode(body).texts()
        passages = [Passage(text, "user") for texts in given for text in texts]
        assessed = [one for some in _shares(passages) for one in await classifier.assess(some)]
        account.guard_tokens += sum(one.tokens for one in assessed)
        found = iter(assessed)
        results = tuple(_moderated(list(islice(found, len(texts))), threshold) for texts in given)
        return msgspec.json.encode(ModerationResponse(f"modr-{ULID()}", _MODEL, results))

    return _route("/v1/moderations", door, answer, Kind(inquiries, MODERATIONS, _MODEL))


class Kind(NamedTuple):
    """What the accounts of one service say."""

    inquiries: Inquiries
    dialect: str
    model: str = ""


def _shares(texts: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """A call's texts, some at a time: a long list must not keep others waiting."""
    return (texts[at : at + AT_ONCE] for at in range(0, len(texts), AT_ONCE))


def _note(report: CheckReport, account: Account) -> None:
    """What a check of one text came to. The strongest decision stands, and a refusal is stronger than any."""
    account.guard_tokens += report.tokens
    account.generation = report.generation
    account.types.update(dict.fromkeys(finding.type for finding in report.findings))
    if "deny" in (report.decision, account.decision):
        account.decision = "deny"
    else:
        account.decide(Action.parse(report.decision))


def _route(path: str, door: Door, answer: Answer, kind: Kind) -> ASGIRouteHandler:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        client, inquiry = AsgiClient(receive, send), Inquiry(str(ULID()))
        try:
            if scope.get("method") != "POST":
                raise MethodNotAllowed("This path takes POST only.")
            who = (await door.enter(scope, "check")).identity
            body = await read_body(receive, door.body_bytes)
            with door.admission.place():
                async with kind.inquiries.account(inquiry, who, kind.dialect, kind.model) as account:
                    data = await answer(body, who, account)
                await _send(client, 200, data, inquiry)
        except GuardError as error:
            later = () if error.retry_after_s is None else (("retry-after", str(error.retry_after_s)),)
            await _send(client, error.status, error_body(error, inquiry.exchange), inquiry, later)

    return asgi(path, copy_scope=False)(serve)


async def _send(
    client: AsgiClient, status: int, body: bytes, inquiry: Inquiry, more: Sequence[tuple[str, str]] = ()
) -> None:
    own = (JSON, ("content-length", str(len(body))), ("x-guard-exchange", inquiry.exchange))
    await client.start(status, (*own, *inquiry.limits, *more))
    await client.write(body)
    await client.finish()


def _trial_text(one: CheckText) -> TrialText:
    return TrialText(one.text, one.role, one.channel)


def _result(report: CheckReport) -> CheckResult:
    return CheckResult(
        findings=tuple(
            CheckFinding(f.type, f.group, f.start, f.end, f.score, f.engine, f.rule, cast("Word", f.action))
            for f in report.findings
        ),
        scores=report.scores,
        status=cast("dict[str, StatusWord]", _status(report)),
        decision="block" if report.decision == "deny" else cast("Word", report.decision),
        redacted=report.released,
    )


def _status(report: CheckReport) -> dict[str, str]:
    """By what an engine looks for: the patterns are the engine of personal data and of the security rules."""
    found = dict(report.engines)
    pattern = found.pop("pattern", EngineStatus.SKIPPED.value)
    return {"pii": pattern, "security": pattern, **found}


def _moderated(found: Sequence[Assessment], threshold: float) -> ModerationResult:
    """The result of a text by what was found in its parts."""
    types = openai_moderation.joined([_unsafe_types(one) for one in found])
    return openai_moderation.result(max(map(_score, found)), threshold, types)


def _score(one: Assessment) -> float:
    status = one.status.get(UNSAFE, EngineStatus.OK)
    if status is EngineStatus.TIMEOUT:
        raise EngineTimeout("The classifier was too slow for this text; try again, or send less at once.")
    if UNSAFE not in one.scores:
        raise EngineError("The classifier failed on this text; try again.")
    return one.scores[UNSAFE]


def _unsafe_types(one: Assessment) -> dict[str, float]:
    return {type_: part for type_, part in one.types.items() if type_.startswith("UNSAFE_")}
