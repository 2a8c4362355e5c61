"""The section `ledger`: where entries go, how long the database may be away, and who signs for them."""

from typing import Annotated, Literal

from msgspec import Meta

from guard.config.secret import Secret
from guard.config.section import Seconds, Section


class LedgerSettings(Section, frozen=True):
    """The ledger. A text in its place is its `url`."""

    url: Annotated[
        str,
        Meta(
            description="sqlite:///relative.db, sqlite:////absolute.db, sqlite:// in memory, or "
            "postgresql://user@host:5432/database, without a password."
        ),
    ] = "sqlite:///guard.db"
    password: Annotated[Secret | None, Meta(description="The password of the PostgreSQL user.")] = None
    journal: Annotated[
        str | None,
        Meta(description="Directory of the runs' journals, on a local disk; by default beside the SQLite file."),
    ] = None
    sync_ms: Annotated[
        int, Meta(ge=1, le=60_000, description="Longest that an entry waits to outlive a loss of power.")
    ] = 1_000
    outage_s: Annotated[Seconds, Meta(description="Longest that the database may be away.")] = 600.0
    journal_mb: Annotated[
        int, Meta(ge=1, le=1_000_000, description="Most megabytes of entries that wait for the database.")
    ] = 512
    behind: Annotated[
        Literal["refuse", "serve"], Meta(description="What becomes of new exchanges beyond outage_s or journal_mb.")
    ] = "refuse"
    signing_key: Annotated[
        Secret | None, Meta(description="Ed25519 private key in PEM that signs heads; none: they are not signed.")
    ] = None
    head_s: Annotated[Seconds, Meta(description="Seconds between two heads, if there are new entries.")] = 60.0
    head_entries: Annotated[int, Meta(ge=100, le=10_000_000, description="Most entries between two heads.")] = 10_000
