"""What is set out for a candidate; what an activity did to the decision; after how many days a region calls somebody stale."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
THINGS = ("article_id", "organisation_id", "programme_id", "activity_id", "route")
ONE = " + ".join(f"(CASE WHEN {name} IS NULL THEN 0 ELSE 1 END)" for name in THINGS) + " = 1"


def upgrade() -> None:
    _offer()
    _stage_limit()
    op.add_column("registration", sa.Column("effect", sa.String(24)))


def _offer() -> None:
    op.create_table(
        "offer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("article_id", sa.Integer()),
        sa.Column("organisation_id", sa.Integer()),
        sa.Column("programme_id", sa.Integer()),
        sa.Column("activity_id", sa.Integer()),
        sa.Column("route", sa.String(24)),
        sa.Column("note", sa.String(400)),
        sa.Column("offered_at", MOMENT, nullable=False),
        sa.Column("offered_by", sa.Integer()),
        sa.Column("withdrawn_at", MOMENT),
        sa.Column("candidate_id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.CheckConstraint(ONE, name="ck_offer_one"),
        _key("offer", "activity_id", "activity.id"),
        _key("offer", "article_id", "article.id", "CASCADE"),
        _file("offer"),
        _key("offer", "offered_by", "user_profile.user_id"),
        _key("offer", "organisation_id", "organisation.id"),
        _key("offer", "programme_id", "programme.id"),
        sa.PrimaryKeyConstraint("id", name="pk_offer"),
    )
    op.create_index("ix_offer_candidate_id", "offer", ["candidate_id"])


def _stage_limit() -> None:
    op.create_table(
        "stage_limit",
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(24), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.CheckConstraint("days BETWEEN 1 AND 730", name="ck_stage_limit_days"),
        _key("stage_limit", "region_id", "region.id", "CASCADE"),
        sa.PrimaryKeyConstraint("region_id", "stage", name="pk_stage_limit"),
    )


def _key(table: str, column: str, target: str, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=f"fk_{table}_{column}", ondelete=ondelete)


def _file(table: str) -> sa.ForeignKeyConstraint:
    """A row of a candidate's file follows the file to another region, and goes with it."""
    own, there = ["candidate_id", "region_id"], ["candidate.id", "candidate.region_id"]
    return sa.ForeignKeyConstraint(own, there, name=f"fk_{table}_candidate_id_region_id", onupdate="CASCADE", ondelete="CASCADE")


def downgrade() -> None:
    with op.batch_alter_table("registration") as batch:
        batch.drop_column("effect")
    op.drop_table("stage_limit")
    op.drop_table("offer")
