"""A native database: what Hyperscan makes of expressions, which takes seconds, and how it is kept and had back.

It keeps nothing itself and reads no file. What is had back is code for a machine as much as data: give it only bytes
that nobody else could have written.
"""

import hashlib
import platform
from collections.abc import Sequence
from functools import cache
from importlib.metadata import version
from typing import Final

import hyperscan
import msgspec

STREAM: Final[int] = hyperscan.HS_MODE_STREAM
BLOCK: Final[int] = hyperscan.HS_MODE_BLOCK


class Expression(msgspec.Struct, frozen=True, array_like=True):
    """One expression; `name` is what an error calls it."""

    source: bytes
    number: int
    caseless: bool
    name: str

    @property
    def flags(self) -> int:
        return hyperscan.HS_FLAG_DOTALL | (hyperscan.HS_FLAG_CASELESS if self.caseless else 0)


class Source(msgspec.Struct, frozen=True, array_like=True):
    """All that a database is made of: its mode, and its expressions."""

    mode: int
    expressions: tuple[Expression, ...]

    @property
    def key(self) -> str:
        """The SHA-256 of all that the database depends on, this machine's kind and the library's version included."""
        told = msgspec.json.encode((_machinery(), self))
        return hashlib.sha256(told).hexdigest()


def compiled(source: Source) -> hyperscan.Database:
    """Raises ValueError that names the first expression at fault."""
    try:
        return _database(source.mode, source.expressions)
    except hyperscan.error as error:
        raise ValueError(f"the patterns can't be compiled: {_culprit(source)}") from error


def dumped(database: hyperscan.Database) -> bytes:
    """What `restored` takes."""
    return hyperscan.dumpb(database)


def restored(data: bytes, mode: int) -> hyperscan.Database:
    """The database again. Raises ValueError for what no library or machine like this one wrote."""
    try:
        database = hyperscan.loadb(data, mode)
        # The binding leaves this out. A database frees its scratch itself: nobody else may keep it.
        database.scratch = hyperscan.Scratch(database)
    except hyperscan.error as error:
        raise ValueError(f"these bytes are no database of this Hyperscan: {error}") from None
    return database


def _database(mode: int, expressions: Sequence[Expression]) -> hyperscan.Database:
    database = hyperscan.Database(mode=mode)
    database.compile(
        expressions=[one.source for one in expressions],
        ids=[one.number for one in expressions],
        flags=[one.flags for one in expressions],
    )
    return database


def _culprit(source: Source) -> str:
    """Which expression can't be compiled, and why."""
    for one in source.expressions:
        try:
            _database(source.mode, [one])
        except hyperscan.error as error:
            return f"{one.name}: {error}"
    return "all together they are too large"


@cache
def _machinery() -> tuple[str, ...]:
    """The library and the kind of processor that it compiles for here."""
    smallest = hyperscan.Database(mode=BLOCK)
    smallest.compile(expressions=[b"a"], ids=[0], flags=[0])
    return version("hyperscan"), str(smallest.info()), platform.machine()
