"""Reads the energy counters in what DCGM-exporter serves: Prometheus's text format. Pure.

Of a page only the lines of one metric are parsed. What the driver can't tell DCGM gives as a value near 2⁶³ (its
"blank" values, dcgm_structs.h); such a GPU has no counter, and a page with one has no sample.
"""

from collections.abc import Mapping
from typing import Final

from prometheus_client.parser import text_string_to_metric_families

METRIC: Final = "DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION"
MOST_GPUS: Final = 4096
_MOST_MJ: Final = 2.0**53


def counters(page: bytes) -> Mapping[str, int]:
    """Millijoules by GPU: its UUID, or its host and number where there is none.

    Raises ValueError for a page that is not in the format, has no counter, or says two things of one GPU.
    """
    lines = [line for line in page.decode().splitlines() if line.startswith(METRIC)]
    if not 0 < len(lines) <= MOST_GPUS:
        raise ValueError(f"not 1 to {MOST_GPUS} counters")
    found: dict[str, int] = {}
    for name, labels, value in _samples(lines):
        # Parts of one GPU (MIG) carry its whole counter once more.
        if name == METRIC and not labels.get("GPU_I_ID"):
            _add(found, labels.get("UUID") or f"{labels.get('Hostname', '')}/{labels.get('gpu', '')}", value)
    if not found:
        raise ValueError("no counter of a whole GPU")
    return found


def _samples(lines: list[str]) -> list[tuple[str, Mapping[str, str], float]]:
    try:
        families = list(text_string_to_metric_families("\n".join(lines) + "\n"))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        # Which of them a broken line raises is the parser's whim.
        raise ValueError("not Prometheus's text format") from error
    return [(sample.name, sample.labels, sample.value) for family in families for sample in family.samples]


def _add(found: dict[str, int], gpu: str, value: float) -> None:
    if not 0 <= value < _MOST_MJ:
        raise ValueError("a GPU's counter is blank")
    if found.setdefault(gpu, int(value)) != int(value):
        raise ValueError("two counters for one GPU")
