"""Which version of the schema a database has, and bringing it to this one. A database that Guard did not make is
refused.

Versions 1 and 2 are the single SQLite table of earlier releases, by `PRAGMA user_version`; from 3 on Alembic keeps it
in `alembic_version`. Old rows are not copied: their table is renamed, and the view `exchange` shows them beside the
entries.
"""

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, Engine, inspect, text

from guard.errors import LedgerError
from guard.metering.ledger.former import finish_former
from guard.metering.location import Location

VERSION: Final = "4"
_EARLIER: Final = ("3",)
_SINGLE: Final = ("1", "2")
_LOCK: Final = 0x67756172644C6564
"""Of PostgreSQL's advisory locks: several processes that start at once migrate one after the other."""


def upgrade(engine: Engine, location: Location) -> None:
    """Makes or migrates the tables, in one transaction. Raises LedgerError, SQLAlchemyError."""
    with engine.begin() as db:
        if location.server:
            db.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        version = current(db, location)
        if version == VERSION:
            return
        if version in _SINGLE:
            finish_former(db, location.path)
        _migrate(db)
        if not location.server:
            # An earlier release refuses what has this number.
            db.exec_driver_sql(f"PRAGMA user_version = {VERSION}")


def current(db: Connection, location: Location) -> str:
    """The schema's version, "" for an empty database. Raises LedgerError for another program's or a newer Guard's."""
    names = inspect(db).get_table_names()
    former = 0 if location.server else db.exec_driver_sql("PRAGMA user_version").scalar_one()
    version = ""
    if "alembic_version" in names and "entry" in names:
        version = db.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none() or "?"
    elif names and str(former) in _SINGLE:
        return str(former)
    if version in (VERSION, *_EARLIER) or not (names or version or former):
        return version
    raise LedgerError(
        f"the ledger {location.path or 'on the server'} is a database that this version of Guard did not make "
        f"(schema {version or former}, this is {VERSION}); name another one under ledger"
    )


def _migrate(db: Connection) -> None:
    # Imported only when there is something to migrate.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migration")).replace("%", "%%"))
    config.attributes["connection"] = db
    command.upgrade(config, "head")
