"""What the section `budgets` must keep beyond its types."""

from collections.abc import Iterator

from guard.config.budget import BudgetSettings
from guard.config.form import NAME, NAME_CURE, Complaint
from guard.config.rule_approval import webhook_complaints
from guard.config.settings import Settings


def budgets_rule(settings: Settings) -> Iterator[Complaint]:
    """A budget is of one thing, has a name of its own, and is counted once."""
    names: set[str] = set()
    for index, budget in enumerate(settings.budgets):
        path = f"budgets[{index}]"
        if not NAME.fullmatch(budget.name):
            yield f"{path}.name", NAME_CURE
        if budget.name in names:
            yield f"{path}.name", "names a budget that stands above; give each its own name"
        names.add(budget.name)
        yield from _amount(path, budget, bool(settings.prices))
        if budget.scope.tier not in (None, "*", *settings.tiers) and settings.tiers:
            yield f"{path}.for.tier", "is not a tier that is configured: correct it, or add it to tiers"
    if settings.budgets and settings.replicas > 1 and settings.counters.url is None:
        yield (
            "replicas",
            "is more than 1, and budgets would be counted in each process by itself: "
            "name a Redis or Valkey that all share in counters.url, or set it to 1",
        )
    if settings.budget_webhook is not None:
        yield from webhook_complaints("budget_webhook", settings.budget_webhook)


def _amount(path: str, budget: BudgetSettings, priced: bool) -> Iterator[Complaint]:
    if (budget.tokens is None) == (budget.usd is None):
        yield path, "is of tokens or of usd, and of one of them alone; correct it"
    if budget.usd is not None and not priced:
        yield f"{path}.usd", "needs to know what tokens cost: name a price book under prices, or give tokens"
