"""Run by Alembic: migrates over the connection that `schema.upgrade` hands it, inside its transaction."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], target_metadata=None)
context.run_migrations()
