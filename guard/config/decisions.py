"""The section `decisions`: where decisions are logged, what the log leaves out, and the record of exchanges."""

from typing import Annotated, Literal

from msgspec import Meta

from guard.config.secret import Secret
from guard.config.section import Section


class LogPlaceSettings(Section, frozen=True):
    """One place that decisions are logged to."""

    kind: Annotated[Literal["file", "http", "stdout"], Meta(description="Where to: a file, a service, or stdout.")]
    path: Annotated[str | None, Meta(description="The file, for kind file.")] = None
    bytes: Annotated[
        int, Meta(ge=4096, le=1 << 40, description="About how large a file gets before the next is begun.")
    ] = 104_857_600
    files: Annotated[int, Meta(ge=1, le=1000, description="How many files there are at most.")] = 10
    url: Annotated[str | None, Meta(description="The service, for kind http; /logs is added to it.")] = None
    token: Annotated[Secret | None, Meta(description="Sent as a bearer token.")] = None
    ca_file: Annotated[str | None, Meta(description="PEM file of the authorities to trust for https.")] = None


class RecordSettings(Section, frozen=True):
    """The record of exchanges, for replays and explanations."""

    path: Annotated[str, Meta(description="The SQLite file that it lies in.")] = "guard-record.db"
    keep_days: Annotated[int, Meta(ge=1, le=36_525, description="How long an exchange is kept.")] = 30
    text: Annotated[bool, Meta(description="Whether prompts' texts and tools' arguments are kept, sealed by key.")] = (
        False
    )
    key: Annotated[Secret | None, Meta(description="What texts are sealed with, 16 bytes or more.")] = None


class DecisionSettings(Section, frozen=True):
    """What becomes of decisions once they are made."""

    log: Annotated[tuple[LogPlaceSettings, ...], Meta(description="Where decisions are logged, in OPA's format.")] = ()
    mask: Annotated[
        tuple[str, ...], Meta(description="JSON pointers into /input and /result that the log leaves out.")
    ] = ()
    record: Annotated[RecordSettings | None, Meta(description="The record of exchanges; none: nothing is kept.")] = None
