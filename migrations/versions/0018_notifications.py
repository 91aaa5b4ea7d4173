"""Notifications; files with a message."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _notification()
    with op.batch_alter_table("attachment") as batch:
        batch.alter_column("session_id", existing_type=sa.Integer(), nullable=True)
        batch.add_column(sa.Column("message_id", sa.Integer()))
        batch.create_foreign_key("fk_attachment_message_id", "message", ["message_id"], ["id"], ondelete="CASCADE")
        batch.create_index("ix_attachment_message_id", ["message_id"])
        batch.create_check_constraint("ck_attachment_one", "(session_id IS NULL) <> (message_id IS NULL)")


def _notification() -> None:
    op.create_table(
        "notification",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("words", sa.String(40), nullable=False),
        sa.Column("merge", sa.JSON(), nullable=False),
        sa.Column("path", sa.String(200), nullable=False),
        sa.Column("candidate_id", sa.Integer()),
        sa.Column("region_id", sa.Integer()),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("read_at", MOMENT),
        sa.Column("dedupe_key", sa.String(120), nullable=False),
        _file("notification"),
        _key("notification", "user_id", "user_profile.user_id", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_notification"),
        sa.UniqueConstraint("dedupe_key", name="uq_notification_dedupe_key"),
    )
    op.create_index("ix_notification_candidate_id", "notification", ["candidate_id"])
    op.create_index("ix_notification_user", "notification", ["user_id", "read_at", "id"])


def _key(table: str, column: str, target: str, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=f"fk_{table}_{column}", ondelete=ondelete)


def _file(table: str) -> sa.ForeignKeyConstraint:
    """A row of a candidate's file follows the file to another region, and goes with it."""
    own, there = ["candidate_id", "region_id"], ["candidate.id", "candidate.region_id"]
    return sa.ForeignKeyConstraint(own, there, name=f"fk_{table}_candidate_id_region_id", onupdate="CASCADE", ondelete="CASCADE")


def downgrade() -> None:
    op.execute("DELETE FROM attachment WHERE session_id IS NULL")
    with op.batch_alter_table("attachment") as batch:
        batch.drop_constraint("ck_attachment_one", type_="check")
        batch.drop_index("ix_attachment_message_id")
        batch.drop_constraint("fk_attachment_message_id", type_="foreignkey")
        batch.drop_column("message_id")
        batch.alter_column("session_id", existing_type=sa.Integer(), nullable=False)
    op.drop_table("notification")
