"""Seals under the logs, and the heads that join them: append-only like the logs themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
LOGS = ("change_log", "read_event")
SAME = {"log_seal": "id = new.id OR (chain = new.chain AND seq = new.seq)", "log_head": "seq = new.seq"}


def upgrade() -> None:
    for log in LOGS:
        op.add_column(log, sa.Column("seal_id", sa.BigInteger()))
        op.create_index(f"ix_{log}_seal_id", log, ["seal_id"])
    op.create_table(
        "log_seal",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("chain", sa.String(16), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("items", sa.Text(), nullable=False),
        sa.Column("mac", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_log_seal"),
        sa.UniqueConstraint("chain", "seq", name="uq_log_seal_chain_seq"),
    )
    op.create_table(
        "log_head",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("mac", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_log_head"),
    )
    for table, same in SAME.items():
        if op.get_bind().dialect.name == "sqlite":
            _sqlite(table, same)
        else:
            op.execute(f"""CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()""")


def _sqlite(table: str, same: str) -> None:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only: a row is never changed or removed'); END"
    op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}")
    op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}")
    # INSERT OR REPLACE removes a row without asking the trigger above.
    there = f"EXISTS (SELECT 1 FROM {table} WHERE {same})"
    op.execute(f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {there} {refuse}")


def downgrade() -> None:
    op.drop_table("log_head")  # its triggers go along
    op.drop_table("log_seal")
    for log in LOGS:
        op.drop_index(f"ix_{log}_seal_id", log)
        op.drop_column(log, "seal_id")
