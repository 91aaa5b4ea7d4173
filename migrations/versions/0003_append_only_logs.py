"""The logs are append-only: the database itself refuses to change or remove a row."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEYS = {"change_log": ("id",), "read_event": ("id",), "read_subject": ("token", "event_id")}


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table, key in KEYS.items():
            _sqlite(table, key)
        return
    op.execute("""CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION '% is append-only: a row is never changed or removed', TG_TABLE_NAME; END $$""")
    for table in KEYS:
        op.execute(f"""CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""")


def _sqlite(table: str, key: tuple[str, ...]) -> None:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only: a row is never changed or removed'); END"
    op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}")
    op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}")
    # INSERT OR REPLACE removes a row without asking the trigger above.
    same = " AND ".join(f"{column} = new.{column}" for column in key)
    op.execute(f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN EXISTS (SELECT 1 FROM {table} WHERE {same}) {refuse}")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in KEYS:
            for event in ("update", "delete", "replace"):
                op.execute(f"DROP TRIGGER {table}_no_{event}")
        return
    for table in KEYS:
        op.execute(f"DROP TRIGGER {table}_append_only ON {table}")
    op.execute("DROP FUNCTION refuse_change()")
