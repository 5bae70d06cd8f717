"""Alembic runs this file; `store.migrate` hands it a connection inside a transaction, or asks for the SQL."""

from alembic import context

from learnflow_ext.store.models import Module

if context.is_offline_mode():
    context.configure(
        dialect_name=context.config.attributes["dialect"],
        target_metadata=Module.metadata,
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
    )
    with context.begin_transaction():
        context.run_migrations()
else:
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=Module.metadata,
        render_as_batch=True,
    )
    context.run_migrations()
