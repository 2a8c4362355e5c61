"""Where a pool's counters come from: DCGM-exporter's page, or NVML on this machine. I/O is handed in, or is NVML's."""

import asyncio
import importlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Protocol

from guard.errors import ConfigError, EnergyError
from guard.metering.energy.exposition import counters

Fetch = Callable[[str], Awaitable[bytes]]
"""Gets a configured URL's page, within bounds. Raises EnergyError."""


class Source(Protocol):
    """Reads counters."""

    @property
    def method(self) -> str:
        """What figures had from it say."""
        ...

    async def read(self) -> Mapping[str, int]:
        """Millijoules by GPU. Raises EnergyError."""
        ...


class DcgmSource:
    """DCGM-exporters, one for each machine of a pool."""

    method: Final = "dcgm"

    def __init__(self, urls: tuple[str, ...], gpus: frozenset[str] | None, fetch: Fetch) -> None:
        self._urls = urls
        self._gpus = gpus
        self._fetch = fetch

    async def read(self) -> Mapping[str, int]:
        """All pages, read together. Raises EnergyError."""
        pages = await asyncio.gather(*(self._fetch(url) for url in self._urls), return_exceptions=True)
        found: dict[str, int] = {}
        for page in pages:
            if isinstance(page, BaseException):
                raise page
            found |= _parsed(page)
        if self._gpus is None:
            return found
        if not found.keys() >= self._gpus:
            raise EnergyError("the counters' page lacks a GPU that the pool names; correct energy.pools[].gpus")
        return {gpu: found[gpu] for gpu in self._gpus}


class NvmlSource:
    """The GPUs of this machine, through nvidia-ml-py. Needs an NVIDIA driver; Volta or later."""

    method: Final = "nvml"

    def __init__(self, gpus: frozenset[str] | None) -> None:
        """Raises ConfigError without the library."""
        self._gpus = gpus
        self._nvml: Any = None
        try:
            self._library: Any = importlib.import_module("pynvml")
        except ImportError:
            raise ConfigError("energy: nvml needs `pip install 'guard-proxy[nvml]'`, or name a DCGM-exporter") from None

    async def read(self) -> Mapping[str, int]:
        """Asks the driver, in a thread: it may take its time. Raises EnergyError."""
        return await asyncio.to_thread(self._read)

    def _read(self) -> Mapping[str, int]:
        library = self._library
        try:
            if self._nvml is None:
                library.nvmlInit()
                self._nvml = library
            handles = [library.nvmlDeviceGetHandleByIndex(index) for index in range(library.nvmlDeviceGetCount())]
            found = {str(library.nvmlDeviceGetUUID(one)): one for one in handles}
            if self._gpus is not None and not found.keys() >= self._gpus:
                raise EnergyError("this machine lacks a GPU that the pool names; correct energy.pools[].gpus")
            wanted = found.keys() if self._gpus is None else self._gpus
            return {uuid: int(library.nvmlDeviceGetTotalEnergyConsumption(found[uuid])) for uuid in wanted}
        except library.NVMLError as error:
            raise EnergyError(f"NVML gives no energy ({type(error).__name__}); name a DCGM-exporter") from None


def _parsed(page: bytes) -> Mapping[str, int]:
    try:
        return counters(page)
    except ValueError:
        raise EnergyError("the page is not DCGM-exporter's, or has no DCGM_FI_DEV_TOTAL_ENERGY_CONSUMPTION") from None
