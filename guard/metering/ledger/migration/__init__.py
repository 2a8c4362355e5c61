"""Alembic's migrations of the ledger, oldest first in `versions/`. A version that has been released is never
changed."""
