"""Everything that is built of the settings once, before it is wired: it opens nothing but files, and starts nothing."""

from pathlib import Path

import msgspec

from guard.app.audit import build_approvals, build_audit
from guard.app.budgets import build_budgets
from guard.app.energy import EnergyParts, build_energy
from guard.app.identity import Identities
from guard.app.ledger import ledger_options
from guard.app.models import build_classifiers, build_names
from guard.app.patterns import build_patterns
from guard.app.policies import build_candidate, build_opa, build_policies
from guard.app.tiers import build_counters
from guard.app.tokenizers import build_tokenizers
from guard.app.traffic import backend_address, problems
from guard.app.usage import build_reports
from guard.app.usage_events import build_feed
from guard.audit.audit import Audit
from guard.audit.fan import LedgerFan
from guard.config import Settings, load_prices
from guard.dialects.mark import Marks
from guard.metering.budget.book import BudgetBook
from guard.metering.count.desk import CountDesk
from guard.metering.counter.memory import MemoryCounters
from guard.metering.counter.share import SharedCounters
from guard.metering.ledger.ledger import SqlLedger
from guard.metering.price.rating import BookRater
from guard.pii.names.service import Names
from guard.policy.rollout import Candidate
from guard.policy.server import OpaPolicy
from guard.ports import Ledger, Policies, ServedPolicies
from guard.runtime.approval import ApprovalRoom
from guard.runtime.metrics.exchange import ExchangeMeter
from guard.runtime.metrics.label import Labels
from guard.runtime.metrics.stage import StageMeter
from guard.runtime.model_figures import ModelGauge
from guard.runtime.reporting import Reports
from guard.scan.engine import PatternEngine
from guard.security.classifiers import Classifiers
from guard.upstream.backend import HttpBackend
from guard.upstream.client import connect
from guard.upstream.usage_feed import UsageFeed
from guard.upstream.webhook import Webhook


class Machinery(msgspec.Struct, frozen=True, kw_only=True):
    """The services of one application, each with a beginning and an end of its own. What is not configured is None."""

    gauge: ModelGauge
    pattern: PatternEngine
    classifiers: Classifiers | None
    names: Names | None
    policies: ServedPolicies
    opa: OpaPolicy | None
    candidate: Candidate | None
    backends: tuple[HttpBackend, ...]
    rater: BookRater | None
    tokenizers: CountDesk | None
    ledger: SqlLedger
    audit: Audit
    room: ApprovalRoom
    webhook: Webhook | None
    counters: MemoryCounters | SharedCounters
    budgets: BudgetBook | None
    alarm: Webhook | None
    energy: EnergyParts | None
    identities: Identities
    reports: Reports | None
    exchanges: ExchangeMeter
    stages: StageMeter
    feed: UsageFeed | None

    @property
    def told(self) -> Ledger:
        """The ledger, and whoever else hears of exchanges."""
        return LedgerFan(self.audit.ledger(self.ledger), self.exchanges)

    def problems(self) -> tuple[str, ...]:
        """What does not work now."""
        return problems(self.ledger, self.opa, self.counters)

    @property
    def deciding(self) -> Policies:
        """The policies, with a candidate beside them if there is one."""
        return self.policies if self.candidate is None else self.candidate.beside(self.policies)


def build_machinery(settings: Settings) -> Machinery:
    """Raises ConfigError."""
    gauge = ModelGauge()
    opa, pattern = build_opa(settings), build_patterns(settings)
    rater = BookRater(load_prices(Path(settings.prices))) if settings.prices else None
    counters = build_counters(settings)
    room, webhook = build_approvals(settings)
    budgets, alarm = build_budgets(settings, counters, rater)
    ledger = SqlLedger(ledger_options(settings), rater)
    return Machinery(
        gauge=gauge,
        pattern=pattern,
        classifiers=build_classifiers(settings, gauge.observe),
        names=build_names(settings, gauge.observe),
        policies=build_policies(settings, opa),
        opa=opa,
        candidate=build_candidate(settings),
        backends=connect([(backend_address(backend), backend.ca_file) for backend in settings.backends]),
        rater=rater,
        tokenizers=build_tokenizers(settings.tokenizers),
        ledger=ledger,
        audit=build_audit(settings),
        room=room,
        webhook=webhook,
        counters=counters,
        budgets=budgets,
        alarm=alarm,
        energy=build_energy(settings.energy, ledger.note_energy),
        identities=Identities(settings),
        reports=build_reports(settings),
        feed=build_feed(settings.usage_events, settings.ledger_section),
        stages=StageMeter(),
        exchanges=ExchangeMeter(Labels(settings.metrics.labels, settings.metrics.series, Marks(pattern.types).is_mark)),
    )
