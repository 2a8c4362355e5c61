"""What services tell of themselves, as metrics: doors, queues, ledger, budgets, webhooks, decision log, policies.

It asks when Prometheus asks. What is not configured has no series.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import msgspec
from prometheus_client.core import Metric

from guard.core.audit_figures import WriterFigures
from guard.core.budget import BudgetFigures
from guard.core.policy_status import PolicyStatus
from guard.core.server_figures import ServerFigures
from guard.metering.ledger.ledger import LedgerHealth
from guard.runtime.admission import Admission
from guard.runtime.answers import Answers
from guard.runtime.metrics.family import counter, gauge
from guard.runtime.turnstile import Turnstile

Counts = Callable[[], Mapping[str, int]]


class Services(msgspec.Struct, frozen=True, kw_only=True):
    """Who is asked. None: there is none."""

    admission: Admission
    answers: Answers
    turnstile: Turnstile
    ledger: Callable[[], LedgerHealth]
    problems: Callable[[], tuple[str, ...]]
    policies: Callable[[], PolicyStatus]
    approvals: Counts
    writers: Callable[[], Sequence[WriterFigures]]
    budgets: Callable[[], Sequence[BudgetFigures]] | None
    webhooks: Mapping[str, Counts]
    opa: Callable[[], ServerFigures] | None
    parts: tuple[str, ...]
    """All that `problems` may name."""

    def families(self) -> Iterator[Metric]:
        """All figures as they are now."""
        yield from _traffic(self)
        yield from _ledger(self)
        yield from _policy(self)
        yield from _told(self)


def _traffic(services: Services) -> Iterator[Metric]:
    door = services.admission
    yield gauge(
        "guard_places", "Places for requests.", ("state",), [(("used",), door.inside), (("limit",), door.limit)]
    )
    yield counter("guard_refusals", "Requests refused at the door.", ("code",), _named(door.refusals()))
    yield gauge("guard_answers_running", "Answers on their way.", (), [((), len(services.answers))])
    held = services.answers.held_chars
    yield gauge("guard_held_chars", "Characters of running answers that clients have not got.", (), [((), held)])
    yield gauge("guard_queue_waiting", "Requests that wait.", ("backend",), _named(services.turnstile.queues()))
    states = dict(services.approvals())
    yield gauge("guard_approvals_waiting", "Approvals that wait.", (), [((), states.pop("waiting", 0))])
    yield counter("guard_approvals", "Approvals by their end.", ("state",), _named(states))


def _ledger(services: Services) -> Iterator[Metric]:
    broken, health = services.problems(), services.ledger()
    working = [((part,), 0 if part in broken else 1) for part in services.parts]
    yield gauge("guard_part_healthy", "1 if it works.", ("part",), working)
    yield gauge("guard_ledger_notes", "Notes that wait to be entered.", (), [((), health.waiting)])
    yield counter("guard_ledger_lost_notes", "Notes that can't be entered any more.", (), [((), health.lost)])
    budgets = services.budgets() if services.budgets is not None else ()
    for part, about in (("limit", "What a budget has."), ("spent", "What is spent."), ("reserved", "Set aside.")):
        rows = [((one.name, one.subject, one.unit), getattr(one, part)) for one in budgets]
        yield gauge(f"guard_budget_{part}", about, ("budget", "subject", "unit"), rows)


def _policy(services: Services) -> Iterator[Metric]:
    serving = services.policies()
    which = (serving.generation, serving.revision)
    yield gauge("guard_policy_info", "The policies that serve.", ("generation", "revision"), [(which, 1)])
    changes = {"taken": serving.reloads, "refused": serving.refused}
    yield counter("guard_policy_reloads", "Changes of the policies.", ("outcome",), _named(changes))
    if services.opa is not None:
        asked = services.opa()
        yield counter("guard_opa_questions", "Questions to OPA.", ("outcome",), _named(asked.outcomes))
        yield counter("guard_opa_answer_seconds", "Time that answers took.", (), [((), asked.answer_s)])


def _told(services: Services) -> Iterator[Metric]:
    hooks = {name: dict(figures()) for name, figures in services.webhooks.items()}
    queued = [((name,), figures.pop("queued", 0)) for name, figures in hooks.items()]
    yield gauge("guard_webhook_events_queued", "Events that wait.", ("webhook",), queued)
    ends = [((name, outcome), n) for name, figures in hooks.items() for outcome, n in figures.items()]
    yield counter("guard_webhook_events", "What became of events.", ("webhook", "outcome"), ends)
    places = services.writers()
    waiting = [((place.name,), place.waiting) for place in places]
    yield gauge("guard_decision_records_queued", "Decisions that wait to be written.", ("place",), waiting)
    kept = [((place.name, word), n) for place in places for word, n in _kept(place)]
    yield counter("guard_decision_records", "What became of decisions.", ("place", "outcome"), kept)


def _kept(place: WriterFigures) -> tuple[tuple[str, int], ...]:
    return ("written", place.written), ("lost", place.lost)


def _named(counts: Mapping[str, int]) -> list[tuple[tuple[str], float]]:
    return [((name,), count) for name, count in counts.items()]
