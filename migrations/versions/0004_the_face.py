"""What people keep for themselves: saved views, drafts, preferences; feedback; the logo of a region."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("region", sa.Column("logo_at", MOMENT, nullable=True))
    op.add_column("user_profile", sa.Column("preferences", sa.JSON(), nullable=True))
    _feedback()
    _saved_view()
    _draft()
    op.create_table(
        "region_logo",
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["region_id"], ["region.id"], name="fk_region_logo_region_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("region_id", name="pk_region_logo"),
    )


def _feedback() -> None:
    op.create_table(
        "feedback",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(24), nullable=False),
        sa.Column("screen", sa.String(120), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("state_at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["region_id"], ["region.id"], name="fk_feedback_region_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_feedback"),
    )
    op.create_index("ix_feedback_region_created", "feedback", ["region_id", "created_at", "id"])


def _saved_view() -> None:
    op.create_table(
        "saved_view",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("screen", sa.String(60), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("query", sa.String(2000), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["region_id"], ["region.id"], name="fk_saved_view_region_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["user_profile.user_id"], name="fk_saved_view_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_saved_view"),
        sa.UniqueConstraint("user_id", "region_id", "screen", "name", name="uq_saved_view"),
    )
    op.create_index("ix_saved_view_region_id", "saved_view", ["region_id"])


def _draft() -> None:
    file = {"name": "fk_draft_candidate_id_region_id", "onupdate": "CASCADE", "ondelete": "CASCADE"}
    op.create_table(
        "draft",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("form", sa.String(160), nullable=False),
        sa.Column("candidate_id", sa.Integer(), nullable=True),
        sa.Column("region_id", sa.Integer(), nullable=True),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("saved_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["candidate_id", "region_id"], ["candidate.id", "candidate.region_id"], **file),
        sa.ForeignKeyConstraint(["user_id"], ["user_profile.user_id"], name="fk_draft_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "form", name="pk_draft"),
    )
    op.create_index("ix_draft_candidate_id", "draft", ["candidate_id"])
    op.create_index("ix_draft_saved_at", "draft", ["saved_at"])


def downgrade() -> None:
    for table in ("region_logo", "draft", "saved_view", "feedback"):
        op.drop_table(table)
    for table, column in (("user_profile", "preferences"), ("region", "logo_at")):
        with op.batch_alter_table(table) as batch:
            batch.drop_column(column)
