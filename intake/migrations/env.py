"""Alembic's entry: runs migrations on the connection that `intake.migrate` gives."""

from alembic import context

from intake.phone import schema  # which stands on all the others


def _run() -> None:
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=schema.metadata,
        render_as_batch=True,
        transactional_ddl=True,  # of SQLite too: `intake.migrate` begins its transactions
    )
    with context.begin_transaction():
        context.run_migrations()


_run()
