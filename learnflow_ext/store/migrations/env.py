"""Alembic runs this file; `store.migrate` hands it a connection inside a transaction."""

from alembic import context

from learnflow_ext.store.models import Module

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Module.metadata,
    render_as_batch=True,
)
context.run_migrations()
