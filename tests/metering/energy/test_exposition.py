"""DCGM-exporter's page is read for one counter; whatever is not that is refused."""

import pytest

from guard.metering.energy.exposition import METRIC, counters

LABELS = 'pci_bus_id="00000000:07:00.0",device="nvidia0",modelName="NVIDIA H100 80GB HBM3",Hostname="gpu-1"'
PAGE = f"""\
# HELP DCGM_FI_DEV_POWER_USAGE Power draw (in W).
# TYPE DCGM_FI_DEV_POWER_USAGE gauge
DCGM_FI_DEV_POWER_USAGE{{gpu="0",UUID="GPU-a",{LABELS}}} 118.2
# HELP {METRIC} Total energy consumption since boot (in mJ).
# TYPE {METRIC} counter
{METRIC}{{gpu="0",UUID="GPU-a",{LABELS}}} 1234567890123
{METRIC}{{gpu="1",UUID="GPU-b",{LABELS},container="",namespace="a b}}c",pod=""}} 17
{METRIC}{{gpu="1",UUID="GPU-b",GPU_I_ID="3",GPU_I_PROFILE="1g.10gb",{LABELS}}} 17
{METRIC}{{gpu="2",{LABELS}}} 3.5e+03
""".encode()


def test_every_gpu_has_its_counter_once() -> None:
    assert counters(PAGE) == {"GPU-a": 1234567890123, "GPU-b": 17, "gpu-1/2": 3500}


REFUSED = [
    b"",
    b"<html>not found</html>",
    b"\xff\xfe",
    f'{METRIC}{{gpu="0",UUID="GPU-a"}} 9223372036854775794\n'.encode(),  # DCGM's blank
    f'{METRIC}{{gpu="0",UUID="GPU-a"}} -5\n'.encode(),
    f'{METRIC}{{gpu="0",UUID="GPU-a"}} NaN\n'.encode(),
    f'{METRIC}{{gpu="0",UUID="GPU-a"}} many\n'.encode(),
    f'{METRIC}{{gpu="0",UUID="GPU-a"\n'.encode(),
    f"{METRIC}\n".encode(),
    f'{METRIC}{{gpu="0",UUID="GPU-a"}} 5\n{METRIC}{{gpu="1",UUID="GPU-a"}} 6\n'.encode(),
    f'{METRIC}{{gpu="0",UUID="GPU-a",GPU_I_ID="1"}} 5\n'.encode(),
    f'{METRIC}_SINCE{{gpu="0",UUID="GPU-a"}} 5\n'.encode(),
    b"".join(f'{METRIC}{{gpu="{gpu}"}} 5\n'.encode() for gpu in range(5000)),
]


@pytest.mark.parametrize("page", REFUSED, ids=[str(page[:60]) for page in REFUSED])
def test_what_is_no_such_page_is_refused(page: bytes) -> None:
    with pytest.raises(ValueError):
        counters(page)


@pytest.mark.parametrize("cut", range(0, len(PAGE), 7))
def test_a_page_that_breaks_off_tells_no_counter_that_is_not_there(cut: int) -> None:
    try:
        found = counters(PAGE[:cut])
    except ValueError:
        return
    assert found.keys() <= counters(PAGE).keys()
