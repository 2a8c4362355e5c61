"""What a simulation came to: delays, batches, utilisation, refusals, cost."""

from array import array
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from guard.replay.load import Fleet, Price
from guard.replay.quantile import Quantiles

if TYPE_CHECKING:
    from guard.replay.replica import Replica
    from guard.replay.simulation import Simulation
    from guard.replay.tally import Tally


class Batches(msgspec.Struct, frozen=True):
    """One model's runs over all replicas: how many rows each had, how long the first of them waited, and the share of
    the time in which a thread of it ran.
    """

    model: str
    rows: Quantiles
    wait_s: Quantiles
    utilisation: float


class Forecast(msgspec.Struct, frozen=True):
    """All of it. Times are seconds, `cost_nanousd` is of what was served and has a price; `unpriced_tokens` have none.

    `utilisation` is the share of the time in which the busiest event loop works, `loop_cpu` its CPU time a second: less
    where it shares its core. `stretch` is how many times longer window models' runs took than with a core of their own.
    `backend_utilisation` is the backends' mean, None where they have no bound.
    """

    simulated_s: float
    offered: int
    served: int
    refused: Mapping[str, int]
    refused_by_tenant: Mapping[str, int]
    failed: Mapping[str, int]
    loop_wait_s: Quantiles
    verdict_s: Quantiles
    backend_wait_s: Quantiles
    first_s: Quantiles
    added_s: Quantiles
    token_s: Quantiles
    total_s: Quantiles
    utilisation: float
    loop_cpu: float
    stretch: float
    backend_utilisation: float | None
    models: tuple[Batches, ...]
    prompt_tokens: int
    answer_tokens: int
    cost_nanousd: float
    unpriced_tokens: int


def forecast(simulation: "Simulation", fleet: Fleet, prices: Mapping[str, Price]) -> Forecast:
    """Sums a simulation up that has run."""
    tally, seconds = simulation.tally, simulation.last_s
    lanes = fleet.backends * fleet.backend_lanes
    cost, unpriced = _cost(tally, prices)
    return Forecast(
        simulated_s=seconds,
        offered=tally.offered,
        served=tally.served,
        refused=dict(tally.refused),
        refused_by_tenant=dict(tally.refused_of),
        failed=dict(tally.failed),
        loop_wait_s=Quantiles.of(tally.loop_wait),
        verdict_s=Quantiles.of(tally.verdict),
        backend_wait_s=Quantiles.of(tally.backend_wait),
        first_s=Quantiles.of(tally.first),
        added_s=Quantiles.of(tally.added),
        token_s=Quantiles.of(tally.token),
        total_s=Quantiles.of(tally.total),
        utilisation=max(_share(replica.loop.busy_s, seconds) for replica in simulation.replicas),
        loop_cpu=max(_share(replica.loop.cpu_s, seconds) for replica in simulation.replicas),
        stretch=_stretch(simulation.replicas),
        backend_utilisation=_share(simulation.writing_s, seconds * lanes) if lanes else None,
        models=_models(simulation.replicas, fleet, seconds),
        prompt_tokens=tally.prompt_tokens,
        answer_tokens=tally.answer_tokens,
        cost_nanousd=cost,
        unpriced_tokens=unpriced,
    )


def _models(replicas: "Sequence[Replica]", fleet: Fleet, seconds: float) -> tuple[Batches, ...]:
    rows = [
        Batches(
            model=first.model,
            rows=Quantiles.of(_joined([replica.batchings[number].sizes for replica in replicas])),
            wait_s=Quantiles.of(_joined([replica.batchings[number].waits for replica in replicas])),
            utilisation=_share(
                sum(replica.batchings[number].busy_s for replica in replicas), seconds * len(replicas) * fleet.lanes
            ),
        )
        for number, first in enumerate(replicas[0].batchings)
    ]
    steppings = [replica.stepping for replica in replicas if replica.stepping is not None]
    if steppings:
        busy_s = sum(stepping.busy_s for stepping in steppings)
        sizes = Quantiles.of(_joined([stepping.sizes for stepping in steppings]))
        share = _share(busy_s, seconds * len(steppings))
        rows.append(Batches(steppings[0].model, sizes, Quantiles.of(array("d")), share))
    return tuple(rows)


def _stretch(replicas: "Sequence[Replica]") -> float:
    batchings = [batching for replica in replicas for batching in replica.batchings]
    return _share(sum(one.busy_s for one in batchings), sum(one.alone_s for one in batchings)) or 1.0


def _joined(parts: "Sequence[array[float]]") -> "array[float]":
    whole = array("d")
    for part in parts:
        whole.extend(part)
    return whole


def _cost(tally: "Tally", prices: Mapping[str, Price]) -> tuple[float, int]:
    cost, unpriced = 0.0, 0
    for (model, answered), tokens in tally.tokens_of.items():
        price = prices.get(model)
        if price is None:
            unpriced += tokens
        else:
            cost += tokens * (price.completion_nanousd if answered else price.prompt_nanousd)
    return cost, unpriced


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
