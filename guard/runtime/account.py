"""An exchange's account: opened when it begins, closed exactly once, whatever happens to it."""

import time
from collections.abc import Mapping
from typing import Final

import msgspec

from guard.core.action import Action
from guard.core.entry import Closing, Opening, Status
from guard.core.rate import Rating
from guard.core.stream import StreamGuard
from guard.core.usage import Usage
from guard.core.usage_note import UsageNote
from guard.core.work import Work
from guard.core.written import Written
from guard.metering.count.evidence import Counted, Evidence, Extent
from guard.metering.count.reckon import Reckoning, reckon
from guard.metering.count.withheld import Withheld, withheld_tokens
from guard.metering.usage import CHARS_PER_TOKEN, estimate
from guard.ports import EnergyMeter, Ledger, Purse, Rater, TokenCounters
from guard.runtime.counting import Counting, SentPrompt

_UNPRICED: Final = Rating(None, "")


class Account:
    """One exchange's entry in the making. Durations come from the monotonic clock."""

    def __init__(
        self,
        ledger: Ledger,
        opening: Opening,
        prompt_chars: int,
        rater: Rater | None = None,
        energy: EnergyMeter | None = None,
        counters: TokenCounters | None = None,
    ) -> None:
        self._ledger = ledger
        self._opening = opening
        self._rater = rater
        self._energy = energy
        self._counters = counters
        self._prompt_chars = prompt_chars
        self._begun = time.monotonic()
        self.first_ms: float | None = None
        """When the client got the first of the answer's body, from the start."""
        self._model = self._backend = ""
        self._closed = False
        self.status = Status.FAILED
        """How it ends. Whoever knows better says so before it is closed."""
        self.reason = "internal_error"
        self.decision = "allow"
        self.generation = ""
        self.types: dict[str, None] = {}
        """Finding types, in the order in which they came up."""
        self.labels: Mapping[str, str] = {}
        """The policy's, for reports."""
        self.pictures = 0
        """Pictures in the prompt."""
        self.asked = False
        """Whether a backend has been asked and did not refuse, so that the prompt cost something."""
        self._asked_s: float | None = None
        self.waited_s = 0.0
        """How much of its time it waited for people."""
        self.queued_s = 0.0
        """How much of it it waited for a place at the backend."""
        self.tokens = 0
        """What it came to, once it is closed."""
        self.guard_tokens = 0
        """What Guard's own models read for it."""
        self.purse: Purse | None = None
        """What is reserved for it in budgets."""
        self.answer_bound: int | None = None
        """The most tokens that its answers may have together; None if nothing bounds them."""
        self.unread = 0
        """Bytes of a whole answer that came and could not be read, or not yet."""
        self.written = Written()
        """Where the answer is to be counted as it comes."""
        self._cut_at: int | None = None
        self._cut_told = False
        self._counting: Counting | None = None
        self._counted: Counted | None = None
        """What a tokenizer said of the first so many characters."""
        self._counted_chars = -1
        self._progress = ledger.open(opening)

    def served_by(self, model: str, backend: str) -> None:
        """Says who serves it, where the policy sends it elsewhere."""
        self._model, self._backend = model, backend

    def cut_at(self, completion: int, *, told: bool = False) -> None:
        """The answer ends after so many tokens, for it may have no more. `told`: the backend counted them."""
        self._cut_at, self._cut_told = completion, told

    @property
    def started_ms(self) -> int:
        """When it began, Unix milliseconds."""
        return self._opening.started_ms

    @property
    def model(self) -> str:
        """The model that serves it."""
        return self._model or self._opening.model

    @property
    def priced(self) -> bool:
        """Whether the model has a price."""
        opening = self._opening
        model = self._model or opening.model
        return self._rater is not None and (
            self._rater.rate(model, opening.tier, Usage(), opening.started_ms).cost_nanousd is not None
        )

    def price(self, usage: Usage) -> Rating:
        """What these tokens cost. An exchange that asked no backend costs nothing."""
        if self._rater is None:
            return _UNPRICED
        opening = self._opening
        rating = self._rater.rate(
            self._model or opening.model, opening.tier, usage, opening.started_ms, self.pictures if self.asked else 0
        )
        return rating if self.asked else Rating(0, rating.version)

    def ask(self, prompt: SentPrompt | None = None) -> None:
        """A backend gets the prompt now, so that its tokens may come to be counted."""
        counter = None if self._counters is None or prompt is None else self._counters.of(self.model)
        if counter is not None and prompt is not None:
            self._counting = Counting(counter, prompt)
            self.written = Written(keeps=True)
        self.asked = True
        self._asked_s = time.monotonic()
        self._progress.asked(estimate(self._prompt_chars, 0), self.pictures)
        if self._energy is not None:
            opening = self._opening
            self._energy.asked(opening.exchange, self._backend or opening.backend, self._asked_s)

    def note(self, guard: StreamGuard) -> None:
        """Once per chunk: what has been read outlives the process from here on."""
        written = guard.written
        whole = written.whole
        self._progress.read(whole.pieces, whole.chars, guard.usage, written.reasoning.chars, written.tool.chars)
        if self._counting is not None:
            self._counting.look(guard)

    async def count(self, guard: StreamGuard | None) -> None:
        """Lets a tokenizer count what nobody reports of what is there by now. Nothing, where there is none."""
        chars = _chars(guard)
        if self._counting is None or not self.asked or chars == self._counted_chars:
            return
        self._counted_chars = chars
        self._counted = await self._counting.finish(guard, self._known(guard))

    def label(self, labels: Mapping[str, str]) -> None:
        """Adds what the policy said behind the request; the request's own labels stand."""
        if labels:
            self.labels = {**labels, **self.labels}

    def first_byte(self) -> None:
        """The client gets the first of the answer's body now."""
        if self.first_ms is None:
            self.first_ms = (time.monotonic() - self._begun) * 1000
            self._progress.first(self.first_ms)

    def ends(self, status: Status, reason: str = "") -> None:
        """Says how the exchange ends."""
        self.status, self.reason = status, reason

    def decide(self, action: Action) -> None:
        """Notes an action; the strongest of prompt and answer is the exchange's."""
        self.decision = max(Action.parse(self.decision), action).word

    def usage(self, guard: StreamGuard | None) -> Usage:
        """The counts so far: the backend's, completed with our own."""
        return self._reckoned(guard).usage

    def bill(self, guard: StreamGuard, withheld_chars: int) -> UsageNote:
        """What the answer came to, as `close` will settle it."""
        reckoning = self._reckoned(guard)
        rating = self.price(reckoning.usage)
        return UsageNote(
            exchange=self._opening.exchange,
            usage=reckoning.usage,
            source=reckoning.source,
            split_source=reckoning.split_source,
            withheld=_withheld(reckoning.usage, guard, withheld_chars),
            cost_nanousd=rating.cost_nanousd,
            price_version=rating.version,
        )

    def close(self, guard: StreamGuard | None, withheld_chars: int = 0) -> None:
        """Settles, once. `withheld_chars` are those of the answer that the client did not get."""
        if self._closed:
            return
        self._closed = True
        if self._counting is not None:
            self._counting.close()
        reckoning = self._reckoned(guard)
        usage = reckoning.usage
        self.tokens = (usage.prompt or 0) + (usage.completion or 0)
        withheld = 0
        if guard is not None:
            for finding in guard.findings:
                self.types[finding.type] = None
            withheld = _withheld(usage, guard, withheld_chars) if not self.unread else usage.completion or 0
        rating = self.price(usage)
        if self.purse is not None:
            self.purse.settle(usage, rating.cost_nanousd)
        self._ledger.close(self._closing(reckoning, withheld, rating))
        self._meter(usage, rating)

    def _closing(self, reckoning: Reckoning, withheld: int, rating: Rating) -> Closing:
        """The entry's end."""
        return Closing(
            exchange=self._opening.exchange,
            status=self.status,
            reason=self.reason,
            usage=reckoning.usage,
            source=reckoning.source,
            withheld=withheld,
            first_ms=self.first_ms,
            total_ms=(time.monotonic() - self._begun) * 1000,
            findings=tuple(self.types),
            decision=self.decision,
            generation=self.generation,
            model=self._model,
            backend=self._backend,
            cost_nanousd=rating.cost_nanousd,
            price_version=rating.version,
            labels=self.labels,
            attempt=self._opening.attempt,
            waited_ms=self.waited_s * 1000,
            queued_ms=self.queued_s * 1000,
            split_source=reckoning.split_source,
            guard_tokens=self.guard_tokens,
            reserved_tokens=self.purse.reserved_tokens if self.purse is not None else 0,
            reserved_nanousd=self.purse.reserved_nanousd if self.purse is not None else 0,
        )

    def _meter(self, usage: Usage, rating: Rating) -> None:
        """Tells what the backend did, where energy is metered."""
        if self._energy is None or self._asked_s is None:
            return
        opening = self._opening
        self._energy.note(
            Work(
                exchange=opening.exchange,
                backend=self._backend or opening.backend,
                model=self._model or opening.model,
                tier=opening.tier,
                tenant=opening.tenant,
                usage=usage,
                asked_s=self._asked_s,
                first_s=None if self.first_ms is None else self._begun + self.first_ms / 1000,
                ended_s=time.monotonic(),
                stream=opening.stream,
                cost_nanousd=rating.cost_nanousd,
            )
        )

    def _reckoned(self, guard: StreamGuard | None) -> Reckoning:
        """The backend's counts where it gave any, our own elsewhere."""
        reported = guard.usage if guard is not None else None
        return reckon(reported, self._known(guard) if self.asked else Evidence())

    def _unread_chars(self) -> int:
        """What stands for an answer that was written and could not be read: no more than it may have."""
        if self.answer_bound is None:
            return self.unread
        return min(self.unread, max(self.answer_bound, 0) * CHARS_PER_TOKEN)

    def _known(self, guard: StreamGuard | None) -> Evidence:
        """What has been seen of prompt and answer."""
        known = Evidence(
            prompt=estimate(self._prompt_chars, 0),
            picture_tokens=None if self._counting is None else self._counting.picture_tokens,
            counted=self._counted if self._counted_chars == _chars(guard) else None,
        )
        if guard is None:
            return known
        written, unread = guard.written, self._unread_chars()
        chars, pieces = guard.untold
        return msgspec.structs.replace(
            known,
            answer=Extent(written.answer.chars + unread, written.answer.pieces),
            reasoning=Extent(written.reasoning.chars, written.reasoning.pieces),
            tool=Extent(written.tool.chars, written.tool.pieces),
            untold=Extent(chars + unread, pieces),
            choices=max(guard.begun, 1),
            streamed=self._opening.stream,
            cut_at=self._cut_at,
            cut_told=self._cut_told,
        )


def _chars(guard: StreamGuard | None) -> int:
    return 0 if guard is None else guard.written.chars


def _withheld(usage: Usage, guard: StreamGuard, withheld_chars: int) -> int:
    """Tokens of the answer that the client did not get; `withheld_chars` are all of its characters."""
    written = guard.written
    # What the stream machine let go and is withheld all the same are calls that wait for their ruling or have none.
    calls = guard.withheld_of(written.tool) + max(withheld_chars - guard.withheld_chars, 0)
    return withheld_tokens(
        usage,
        Withheld(guard.withheld_of(written.answer), written.answer.chars),
        Withheld(guard.withheld_of(written.reasoning), written.reasoning.chars),
        Withheld(calls, written.tool.chars),
    )
