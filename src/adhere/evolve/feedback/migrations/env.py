"""Where Alembic begins: the connection is handed in by `open_database`."""

from alembic import context

from adhere.evolve.feedback.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
