"""Counts exchanges when they are over, by what their entry in the ledger says. Called on the event loop alone.

Plain numbers in place of the library's own counters: those take a lock for each, and there are some twenty to an
exchange.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from prometheus_client.core import Metric

from guard.core.entry import Closing, Opening, Status
from guard.runtime.metrics.family import counter, gauge
from guard.runtime.metrics.label import OTHER, Labels, Values
from guard.runtime.metrics.pace import Paces

CLASSES: Final = ("prompt", "cached", "audio", "image", "completion", "reasoning", "tool", "withheld", "guard")
_MOST_WORDS: Final = 1000
"""Finding types and codes come from tables and policies; still they have a bound."""


class _Sums:
    """What the exchanges of one set of labels came to."""

    __slots__ = ("cost", "priced", "statuses", "tokens", "unpriced")

    def __init__(self) -> None:
        self.statuses: Counter[Status] = Counter()
        self.tokens = [0] * len(CLASSES)
        self.cost = self.priced = self.unpriced = 0

    def add(self, closing: Closing) -> None:
        usage = closing.usage
        told = (usage.prompt, usage.cached, usage.audio, usage.image, usage.completion, usage.reasoning, usage.tool)
        self.statuses[closing.status] += 1
        tokens = self.tokens
        for at, count in enumerate((*told, closing.withheld, closing.guard_tokens)):
            if count:
                tokens[at] += count
        if closing.cost_nanousd is not None:
            self.cost += closing.cost_nanousd
            self.priced += 1
        elif closing.price_version:  # or there is no price book
            self.unpriced += 1


class ExchangeMeter:
    """Implements `ports.EntryListener`."""

    def __init__(self, labels: Labels) -> None:
        self._labels = labels
        self._open: dict[tuple[str, int], Opening] = {}
        self._sums: dict[Values, _Sums] = {}
        self._words: dict[str, Counter[str]] = {kind: Counter() for kind in ("source", "decision", "type", "code")}
        self._paces = Paces("model" in labels.names)

    def open(self, opening: Opening) -> None:
        """An exchange begins."""
        self._open[opening.exchange, opening.attempt] = opening

    def close(self, closing: Closing) -> None:
        """An exchange is over."""
        opening = self._open.pop((closing.exchange, closing.attempt), None)
        if opening is None:
            return
        values = self._labels.of(opening, closing)
        sums = self._sums.get(values)
        if sums is None:
            sums = self._sums[values] = _Sums()
        sums.add(closing)
        self._count("source", closing.source.value)
        self._count("decision", closing.decision)
        if closing.status is not Status.COMPLETED:
            self._count("code", closing.reason)
        for type_ in closing.findings:
            self._count("type", type_)
        self._paces.add(opening, closing, dict(zip(self._labels.names, values, strict=True)).get("model", ""))

    def families(self) -> Iterator[Metric]:
        """The sums so far."""
        names, sums = self._labels.names, self._sums.items()
        yield counter(
            "guard_exchanges", "Exchanges by how they ended.", (*names, "status"),
            [((*of, status.value), n) for of, one in sums for status, n in one.statuses.items()],
        )  # fmt: skip
        yield counter(
            "guard_tokens", "Tokens by class; see docs/metrics.md for which are parts of which.", (*names, "class"),
            [((*of, name), n) for of, one in sums for name, n in zip(CLASSES, one.tokens, strict=True)],
        )  # fmt: skip
        cost = [(of, one.cost) for of, one in sums if one.priced]
        unpriced = [(of, one.unpriced) for of, one in sums if one.priced or one.unpriced]
        yield counter("guard_cost_nanousd", "Cost by the price book, in billionths of a dollar.", names, cost)
        yield counter("guard_unpriced_exchanges", "Exchanges without a price.", names, unpriced)
        yield from self._word_families()
        yield from self._paces.families()
        yield gauge("guard_exchanges_open", "Exchanges that are not over.", (), [((), len(self._open))])

    def _word_families(self) -> Iterator[Metric]:
        for name, about, label in _WORDS:
            yield counter(name, about, (label,), [((word,), n) for word, n in self._words[label].items()])

    def _count(self, label: str, word: str) -> None:
        words = self._words[label]
        words[word if word in words or len(words) < _MOST_WORDS else OTHER] += 1


_WORDS: Final = (
    ("guard_usage_source_exchanges", "Exchanges by where their token counts came from.", "source"),
    ("guard_decisions", "Exchanges by what the policy made of them.", "decision"),
    ("guard_findings", "Exchanges with findings of a type that the plan did not allow.", "type"),
    ("guard_errors", "Exchanges that did not complete, by the error's code.", "code"),
)
