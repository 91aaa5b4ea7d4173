"""Runs the migrations on the database of the app, or on the connection that a caller put into `config.attributes`.

Migrations are written without names from the app, so that they keep working when the models change: our own column types are
spelled as plain ones, and a constraint without a name gets a fixed one, with which a later migration can drop it on SQLite too.
"""

from __future__ import annotations

from typing import Any

import flask_appbuilder.security.sqla.models  # noqa: F401  the ab_* tables
import sqlalchemy as sa
from alembic import context
from flask import current_app
from flask_appbuilder import Model

import app.models  # noqa: F401  our own tables
from app.models.types import EnumSet, UtcDateTime

OUTSIDE_THE_MODELS = "candidate_search"  # index and tables of the search, made by hand: 0002_search.py
KINDS = {sa.PrimaryKeyConstraint: "pk", sa.ForeignKeyConstraint: "fk", sa.UniqueConstraint: "uq"}


def named(metadata: sa.MetaData) -> sa.MetaData:
    """Give every unnamed constraint its fixed name."""
    for table in metadata.tables.values():
        for constraint in table.constraints:
            kind = KINDS.get(type(constraint))
            if kind and not constraint.name:
                columns = [] if kind == "pk" else [column.name for column in constraint.columns]
                constraint.name = "_".join([kind, table.name, *columns])
    return metadata


def ours(thing: Any, name: str | None, kind: str, reflected: bool, other: Any) -> bool:
    """Leave out what stands in the database on purpose and not in the models."""
    return not (reflected and other is None and (name or "").startswith(OUTSIDE_THE_MODELS))


def spelled(kind: str, thing: Any, autogen: Any) -> str | bool:
    """Our own column types and closed lists as plain types."""
    if kind == "type" and isinstance(thing, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(thing, EnumSet):
        return "sa.Integer()"
    if kind == "type" and isinstance(thing, sa.Enum):
        return f"sa.String({thing.length})"
    return False


def nothing_new(migration: Any, revision: Any, directives: list[Any]) -> None:
    """Write no empty migration."""
    if getattr(migration.config.cmd_opts, "autogenerate", False) and directives[0].upgrade_ops.is_empty():
        directives[:] = []
        print("The models and the database are equal; no migration was written.")


def settings() -> dict[str, Any]:
    """What both ways of running have in common."""
    return {
        "target_metadata": named(Model.metadata),
        "render_as_batch": True,
        "compare_type": True,
        "compare_server_default": True,
        "transactional_ddl": True,
        "include_object": ours,
        "render_item": spelled,
        "process_revision_directives": nothing_new,
    }


def run(connection: sa.Connection) -> None:
    """Run all steps in one transaction. On SQLite without foreign keys: rebuilding a table would delete the rows that point to it."""
    sqlite = connection.dialect.name == "sqlite"
    if sqlite:
        _pragma(connection, "foreign_keys=OFF")  # does nothing inside a transaction, so before it
    try:
        context.configure(connection=connection, **settings())
        with context.begin_transaction():
            context.run_migrations()
            if sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").first()):
                raise RuntimeError(f"a row of {broken[0]} points to a row of {broken[2]} that is not there; nothing was changed")
    finally:
        if sqlite:
            _pragma(connection, "foreign_keys=ON")


def _pragma(connection: sa.Connection, pragma: str) -> None:
    cursor = connection.connection.cursor()  # below SQLAlchemy, which would begin a transaction
    cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def engine() -> sa.Engine:
    """The app's engine."""
    return current_app.extensions["migrate"].db.engine


given = context.config.attributes.get("connection")
if context.is_offline_mode():
    context.configure(url=engine().url.render_as_string(hide_password=False), literal_binds=True, **settings())
    with context.begin_transaction():
        context.run_migrations()
elif given is not None:
    run(given)
else:
    with engine().connect() as connection:
        run(connection)
