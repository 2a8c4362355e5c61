"""What the section `energy` must keep beyond its types."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from guard.config.energy import PoolSettings
from guard.config.form import NAME, NAME_CURE, Complaint, url_cure
from guard.config.settings import Settings

_EXAMPLE: Final = "http://127.0.0.1:9400/metrics"
_OWN: Final = "guard"
_ALONE: Final = (
    "is measured, and each of {replicas} replicas would split all of it among its own exchanges; serve this pool with "
    "one replica, or name joules_per_token"
)


def energy_rule(settings: Settings) -> Iterator[Complaint]:
    """Each backend works on one pool at most, each pool has one source, and one process splits what is measured."""
    backends = {backend.name for backend in settings.backends}
    names: set[str] = set()
    taken: set[str] = set()
    for index, pool in enumerate(settings.energy.pools):
        path = f"energy.pools[{index}]"
        if not NAME.fullmatch(pool.name):
            yield f"{path}.name", NAME_CURE
        if pool.name in names or pool.name == _OWN:
            yield f"{path}.name", f"names a pool that stands above, or is {_OWN!r}, Guard's own; give it its own name"
        names.add(pool.name)
        for at, backend in enumerate(pool.backends):
            if backend not in backends:
                yield f"{path}.backends[{at}]", "names no backend; write a name that stands in backends"
            if backend in taken:
                yield f"{path}.backends[{at}]", "works on a pool that stands above; make the two one pool"
            taken.add(backend)
        yield from _source(path, pool)
        if settings.replicas > 1 and not pool.source.joules_per_token:
            yield f"{path}.source", _ALONE.format(replicas=settings.replicas)
    if settings.energy.ca_file is not None and not Path(settings.energy.ca_file).is_file():
        yield "energy.ca_file", "is not a file; name a PEM file of certificates"


def _source(path: str, pool: PoolSettings) -> Iterator[Complaint]:
    source = pool.source
    if [bool(source.dcgm), source.nvml, bool(source.joules_per_token)].count(True) != 1:
        yield f"{path}.source", "must name one of dcgm, nvml and joules_per_token"
    for index, url in enumerate(source.dcgm):
        if cure := url_cure(url, _EXAMPLE, "a proxy of your own", query=True):
            yield f"{path}.source.dcgm[{index}]", cure
    if source.joules_per_token and (pool.weights or pool.gpus):
        yield f"{path}.source", "is configured by token, so that gpus and weights mean nothing; remove them"
    if pool.weights and not Path(pool.weights).is_file():
        yield f"{path}.weights", "is not a file; guard energy calibrate writes one"
