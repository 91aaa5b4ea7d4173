"""Who looks along with a colleague's candidate."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "co_adviser",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer()),
        sa.Column("candidate_id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_profile.user_id"], name="fk_co_adviser_user_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["by_id"], ["user_profile.user_id"], name="fk_co_adviser_by_id"),
        sa.ForeignKeyConstraint(
            ["candidate_id", "region_id"],
            ["candidate.id", "candidate.region_id"],
            name="fk_co_adviser_candidate_id_region_id",
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_co_adviser"),
        sa.UniqueConstraint("candidate_id", "user_id", name="uq_co_adviser"),
    )
    op.create_index("ix_co_adviser_candidate_id", "co_adviser", ["candidate_id"])
    op.create_index("ix_co_adviser_user_id", "co_adviser", ["user_id"])


def downgrade() -> None:
    op.drop_table("co_adviser")
