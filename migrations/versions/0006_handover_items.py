"""What goes along with a handover and what happened to it; whose desk wrote a report, which stays when the file moves on."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _handover_item()
    _handover_event()
    op.add_column("advice_session", sa.Column("in_region_id", sa.Integer()))
    op.execute("UPDATE advice_session SET in_region_id = region_id")
    with op.batch_alter_table("advice_session") as batch:
        batch.alter_column("in_region_id", existing_type=sa.Integer(), nullable=False)
        batch.create_foreign_key("fk_advice_session_in_region_id", "region", ["in_region_id"], ["id"])


def _handover_item() -> None:
    op.create_table(
        "handover_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("handover_id", sa.Integer(), nullable=False),
        sa.Column("candidate_id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("session_id", sa.Integer()),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("text", sa.Text()),
        sa.CheckConstraint("(kind = 'SESSION') = (session_id IS NOT NULL)", name="ck_handover_item_session"),
        _key("handover_item", "handover_id", "handover.id", "CASCADE"),
        _key("handover_item", "session_id", "advice_session.id", "CASCADE"),
        _file("handover_item"),
        sa.PrimaryKeyConstraint("id", name="pk_handover_item"),
        sa.UniqueConstraint("handover_id", "kind", "session_id", name="uq_handover_item"),
    )
    op.create_index("ix_handover_item_candidate_id", "handover_item", ["candidate_id"])
    op.create_index("ix_handover_item_session_id", "handover_item", ["session_id"])


def _handover_event() -> None:
    op.create_table(
        "handover_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("handover_id", sa.Integer(), nullable=False),
        sa.Column("candidate_id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by_id", sa.Integer()),
        sa.Column("note", sa.String(400)),
        _key("handover_event", "by_id", "user_profile.user_id"),
        _file("handover_event"),
        _key("handover_event", "handover_id", "handover.id", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_handover_event"),
    )
    op.create_index("ix_handover_event_candidate_id", "handover_event", ["candidate_id"])
    op.create_index("ix_handover_event_handover_id", "handover_event", ["handover_id"])


def _key(table: str, column: str, target: str, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=f"fk_{table}_{column}", ondelete=ondelete)


def _file(table: str) -> sa.ForeignKeyConstraint:
    """A row of a candidate's file follows the file to another region, and goes with it."""
    own, there = ["candidate_id", "region_id"], ["candidate.id", "candidate.region_id"]
    return sa.ForeignKeyConstraint(own, there, name=f"fk_{table}_candidate_id_region_id", onupdate="CASCADE", ondelete="CASCADE")


def downgrade() -> None:
    with op.batch_alter_table("advice_session") as batch:
        batch.drop_constraint("fk_advice_session_in_region_id", type_="foreignkey")
        batch.drop_column("in_region_id")
    op.drop_table("handover_event")
    op.drop_table("handover_item")
