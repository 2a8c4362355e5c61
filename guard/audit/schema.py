"""The record's tables. JSON columns are structs of `core/record.py` and `core/entry.py`; `sealed` ones need the key."""

from typing import Final

VERSION: Final = 1
APPLICATION: Final = 0x47524543
"""SQLite's `application_id`, so that no other database is taken for a record ("GREC")."""

TABLES: Final = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL);
CREATE TABLE exchange (
  exchange TEXT PRIMARY KEY, tenant TEXT NOT NULL, started_ms INTEGER NOT NULL,
  opening BLOB NOT NULL, closing BLOB, note BLOB, sealed BLOB);
CREATE INDEX exchange_by_start ON exchange (started_ms, exchange);
CREATE INDEX exchange_by_tenant ON exchange (tenant, started_ms, exchange);
CREATE TABLE decision (
  number INTEGER PRIMARY KEY, exchange TEXT NOT NULL, at_ms INTEGER NOT NULL,
  head BLOB NOT NULL, facts BLOB NOT NULL, result BLOB NOT NULL, sealed BLOB);
CREATE INDEX decision_by_exchange ON decision (exchange);
CREATE INDEX decision_by_time ON decision (at_ms)
"""

OPEN: Final = "INSERT OR IGNORE INTO exchange (exchange, tenant, started_ms, opening) VALUES (?, ?, ?, ?)"
CLOSE: Final = "UPDATE exchange SET closing = ? WHERE exchange = ?"
NOTE: Final = "UPDATE exchange SET note = ?, sealed = ? WHERE exchange = ?"
DECIDE: Final = "INSERT INTO decision (exchange, at_ms, head, facts, result, sealed) VALUES (?, ?, ?, ?, ?, ?)"

PRUNE: Final = (
    "DELETE FROM decision WHERE number IN (SELECT number FROM decision WHERE at_ms < ? LIMIT ?)",
    "DELETE FROM exchange WHERE exchange IN (SELECT exchange FROM exchange WHERE started_ms < ? LIMIT ?)",
)
"""What is older than a time, some rows at once."""

CHOSEN: Final = (
    "FROM exchange WHERE started_ms >= :since AND (:until IS NULL OR started_ms < :until) "
    "AND (:tenant IS NULL OR tenant = :tenant)"
)
EXCHANGES: Final = (
    f"SELECT started_ms, exchange, opening, closing, note, sealed {CHOSEN} "
    "AND (started_ms, exchange) > (:at, :after) ORDER BY started_ms, exchange LIMIT :rows"
)
ONE: Final = "SELECT started_ms, exchange, opening, closing, note, sealed FROM exchange WHERE exchange = ?"
COUNT: Final = f"SELECT count(*) {CHOSEN}"
DECISIONS: Final = "SELECT exchange, head, facts, result, sealed FROM decision WHERE exchange = ? ORDER BY number"
BOUNDS: Final = "SELECT min(started_ms), max(started_ms) FROM exchange"
