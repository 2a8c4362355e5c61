"""Settings of energy: which backends share which GPUs, and how their energy is known."""

from typing import Annotated

from msgspec import Meta

from guard.config.section import Section

Joules = Annotated[float, Meta(ge=0, le=1_000_000)]
Watts = Annotated[float, Meta(ge=0, le=1_000_000)]


class JoulesRow(Section, frozen=True):
    """Joules for one token of models."""

    prompt: Annotated[Joules, Meta(description="Joules for a token of a prompt.")]
    answer: Annotated[Joules, Meta(description="Joules for a token of an answer.")]
    cached: Annotated[Joules, Meta(description="Joules for a token of a prompt that was cached.")] = 0.0
    models: Annotated[tuple[str, ...], Meta(min_length=1, description="Models, as fnmatch patterns.")] = ("*",)


class EnergySource(Section, frozen=True):
    """Exactly one of the three."""

    dcgm: Annotated[
        tuple[str, ...], Meta(description="URLs of DCGM-exporters, one for each machine: http://gpu-1:9400/metrics.")
    ] = ()
    nvml: Annotated[bool, Meta(description="The GPUs of this machine, through NVIDIA's driver.")] = False
    joules_per_token: Annotated[
        tuple[JoulesRow, ...], Meta(description="No measurement: what tokens take. The first row that fits holds.")
    ] = ()


class PoolSettings(Section, frozen=True):
    """GPUs, and the backends that run on them and on no others."""

    name: Annotated[str, Meta(description="Its name in reports.")]
    backends: Annotated[tuple[str, ...], Meta(min_length=1, description="Names of the backends that work on it.")]
    source: Annotated[EnergySource, Meta(description="How its energy is known.")]
    gpus: Annotated[tuple[str, ...], Meta(description="UUIDs of its GPUs; none: all that the source tells of.")] = ()
    interval_s: Annotated[
        float, Meta(ge=0.5, le=60, description="Seconds between two readings; a tenth of the exporter's own or less.")
    ] = 3.0
    attribute_s: Annotated[
        float, Meta(ge=5, le=3600, description="Seconds whose energy is split at a time, at the least.")
    ] = 15.0
    gap_s: Annotated[
        float, Meta(ge=10, le=3600, description="Seconds without a new reading, after which there is no number.")
    ] = 90.0
    settle_s: Annotated[
        float, Meta(ge=10, le=86_400, description="Seconds that an interval waits for exchanges that still run.")
    ] = 900.0
    gpu_watts: Annotated[
        float, Meta(gt=0, le=20_000, description="More than this is no GPU's, and a reading that says so is none.")
    ] = 3000.0
    idle_watts: Annotated[Watts | None, Meta(description="What the pool takes without work; measured by default.")] = (
        None
    )
    weights: Annotated[
        str, Meta(description="File of what tokens weigh, which `guard energy calibrate` writes; none: a convention.")
    ] = ""


class EnergySettings(Section, frozen=True):
    """What is metered of energy. No pools: nothing is."""

    pools: Annotated[tuple[PoolSettings, ...], Meta(description="Pools of GPUs.")] = ()
    path: Annotated[str, Meta(description="The SQLite file that results lie in.")] = "guard-energy.db"
    keep_days: Annotated[int, Meta(ge=1, le=3650, description="How many days results are kept.")] = 90
    timeout_s: Annotated[float, Meta(gt=0, le=30, description="Longest that one reading may take.")] = 2.0
    ca_file: Annotated[
        str | None, Meta(description="PEM file of the authorities to trust instead of the system's.")
    ] = None
    watts_per_core: Annotated[
        Watts | None, Meta(description="What a core takes that Guard keeps busy; none: RAPL is read.")
    ] = None
