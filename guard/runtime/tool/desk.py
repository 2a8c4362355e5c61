"""The desk that rules on tool calls: asks the policy about each, and a person where the policy says so.

Whatever goes wrong refuses the call. What is to change in the arguments is changed there alone.
"""

import asyncio
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import structlog
from ulid import ULID

from guard.core.action import Action
from guard.core.approval import ApprovalQuestion, outline
from guard.core.decision import Approval, Denial
from guard.core.facts import CallFacts
from guard.core.point_decision import ToolDecision
from guard.core.spans import Edit
from guard.core.tool_call import Refusal, Ruling, ToolCall
from guard.errors import PolicyError
from guard.ports import Approvals, PolicyEngine
from guard.runtime.approval import refusal
from guard.runtime.telemetry import place_of
from guard.runtime.tool.argument import Arguments, Misplaced, apart, redacted
from guard.runtime.tool.bound import Broken, bounded
from guard.runtime.tool.gate import Found, Rule
from guard.runtime.tool.scene import ToolScene

DENIED: Final = "TOOL_DENIED"
CHANGED: Final = "TOOL_ARGUMENT"
UNCLEAR: Final = Denial("tool_call_unclear", "clients would not agree on which call this is")
NO_DECISION: Final = Denial("policy_error", "the policy gave no usable decision")
UNREADABLE: Final = Denial("tool_arguments_unreadable", "the arguments are not the JSON that the policy bounds")
OUT_OF_BOUNDS: Final = "tool_argument_out_of_bounds"
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""What APIs take for the name of a function."""

_log: Final = structlog.get_logger("guard.tool")


class ToolDesk:
    """Implements `gate.CallDesk` for one exchange."""

    def __init__(
        self,
        policy: PolicyEngine,
        scene: ToolScene,
        exchange: str,
        is_mark: Callable[[str], bool],
        approvals: Approvals,
        patience_s: float = 10.0,
    ) -> None:
        """`is_mark`: see `ports.Dialect`.

        `patience_s` bounds the wait for each word of the policy's; approvals have a bound of their own.
        """
        self._policy = policy
        self._scene = scene
        self._exchange = exchange
        self._is_mark = is_mark
        self._approvals = approvals
        self._patience_s = patience_s
        self._tasks: set[asyncio.Task[None]] = set()
        self._open = 0
        self.strongest = Action.ALLOW
        """The strongest action that was taken: a refusal blocks, a change redacts."""
        self.types: dict[str, None] = {}
        """The finding types that stand for what was done."""
        self.waited_s = 0.0
        """How long people took."""
        self.labels: dict[str, str] = {}
        """What the policy wants noted."""

    @property
    def waiting(self) -> bool:
        """Whether a ruling is under way."""
        return self._open > 0

    def ask(self, calls: Sequence[ToolCall], found: Found, rule: Rule) -> None:
        """Rules on a choice's calls in a task of its own, which `close` calls off."""
        self._open += 1
        task = asyncio.get_running_loop().create_task(self._serve(calls, found, rule))
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def close(self) -> None:
        """Nothing is ruled after it."""
        for task in tuple(self._tasks):
            task.cancel()

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            _log.error("tool_call_failed", exchange=self._exchange, error=type(error).__name__, at=place_of(error))

    async def _serve(self, calls: Sequence[ToolCall], found: Found, rule: Rule) -> None:
        rulings: list[Ruling] | None = None
        try:
            rulings = await self._rule_on_all(calls, found)
        finally:
            self._open -= 1
            rule(rulings)

    async def _rule_on_all(self, calls: Sequence[ToolCall], found: Found) -> list[Ruling]:
        rulings: list[Ruling] = []
        made: list[CallFacts] = []
        for call in calls:
            ruling = await self._rule_on(call, found, made)
            rulings.append(ruling)
            self._note(ruling)
            if ruling.refusal is None:
                made.append(CallFacts(call.name, self._scene.offers(call.name)))
        return rulings

    async def _rule_on(self, call: ToolCall, found: Found, made: Sequence[CallFacts]) -> Ruling:
        if call.unclear or self._reads_twice(call):
            return _refused(call, UNCLEAR)
        arguments = Arguments(call.arguments, plain=call.plain)
        try:
            async with asyncio.timeout(self._patience_s):
                decision = await self._policy.tool(await self._scene.facts(call, arguments, found, made))
        except (PolicyError, TimeoutError):
            return _refused(call, NO_DECISION)
        self.labels.update(decision.labels)
        if decision.deny:
            return _refused(call, *decision.deny)
        try:
            edits = apart(_edits(decision, arguments))
        except Broken as broken:
            return _refused(call, Denial(OUT_OF_BOUNDS, f"the value at `{broken.path}` is out of its bounds"))
        except Misplaced:
            return _refused(call, UNREADABLE)
        if decision.require_approval is not None:
            denial = await self._approve(decision.require_approval, call, arguments)
            if denial is not None:
                return _refused(call, denial)
        return Ruling(edits=edits)

    def _reads_twice(self, call: ToolCall) -> bool:
        """Whether a client that takes one piece of a name for all of it would run another tool."""
        return len(call.names) > 1 and any(self._scene.offers(piece) for piece in call.names)

    async def _approve(self, wanted: Approval, call: ToolCall, arguments: Arguments) -> Denial | None:
        """Asks a person; the denial that the answer means, None if it is an approval."""
        question = ApprovalQuestion(
            id=str(ULID()),
            exchange=self._exchange,
            identity=self._scene.request.identity,
            point="tool",
            reason=wanted.reason,
            timeout_s=wanted.timeout_s,
            model=self._scene.request.model,
            backend=self._scene.request.backend,
            tool=call.name if self._scene.offers(call.name) else "",
            arguments=outline(arguments.value, self._is_mark),
        )
        verdict = await self._approvals.ask(question)
        self.waited_s += verdict.waited_s
        error = refusal(verdict)
        return None if error is None else Denial(error.code, error.message)

    def _note(self, ruling: Ruling) -> None:
        if ruling.refusal is not None:
            self.types[DENIED] = None
            self.strongest = Action.BLOCK
            _log.info("tool_call_refused", exchange=self._exchange, code=ruling.refusal.code)
        elif ruling.edits:
            self.types[CHANGED] = None
            self.strongest = max(self.strongest, Action.REDACT)


def _edits(decision: ToolDecision, arguments: Arguments) -> Iterator[Edit]:
    """What is to change. Raises Broken; Misplaced where there is nothing to change it in."""
    if (decision.redact or decision.bounds) and not arguments.readable:
        raise Misplaced
    for path in decision.redact:
        yield from (redacted(argument) for argument in arguments.at(path) if argument.value is not None)
    yield from bounded(arguments, decision.bounds)


def _refused(call: ToolCall, *denials: Denial) -> Ruling:
    name = call.name if _NAME.fullmatch(call.name) else ""
    return Ruling(Refusal(name, denials[0].code, " ".join(denial.message for denial in denials)))
