"""Handovers to another desk, and referrals to a study adviser."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
LIVE = sa.text("state IN ('DRAFT','SENT','RECEIVED') AND kind = 'REGION'")


def upgrade() -> None:
    _handover()


def _handover() -> None:
    op.create_table(
        "handover",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("from_region_id", sa.Integer(), nullable=False),
        sa.Column("to_region_id", sa.Integer()),
        sa.Column("organisation_id", sa.Integer()),
        sa.Column("programme_id", sa.Integer()),
        sa.Column("question", sa.Text()),
        sa.Column("consent_id", sa.Integer()),
        sa.Column("asked_at", MOMENT),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.Integer()),
        sa.Column("sent_at", MOMENT),
        sa.Column("answer_by", sa.Date()),
        sa.Column("accepted_at", MOMENT),
        sa.Column("accepted_by", sa.Integer()),
        sa.Column("first_contact_at", MOMENT),
        sa.Column("return_reason", sa.String(24)),
        sa.Column("return_note", sa.String(400)),
        sa.Column("candidate_id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("(kind = 'REFERRAL') = (organisation_id IS NOT NULL)", name="ck_handover_organisation"),
        sa.CheckConstraint("(kind = 'REGION') = (to_region_id IS NOT NULL)", name="ck_handover_region"),
        sa.CheckConstraint("to_region_id IS NULL OR to_region_id <> from_region_id", name="ck_handover_other"),
        _key("handover", "accepted_by", "user_profile.user_id"),
        _file("handover"),
        _key("handover", "consent_id", "consent.id"),
        _key("handover", "created_by", "user_profile.user_id"),
        _key("handover", "from_region_id", "region.id"),
        _key("handover", "organisation_id", "organisation.id"),
        _key("handover", "programme_id", "programme.id"),
        _key("handover", "to_region_id", "region.id"),
        sa.PrimaryKeyConstraint("id", name="pk_handover"),
    )
    op.create_index("ix_handover_candidate_id", "handover", ["candidate_id"])
    op.create_index("ix_handover_from", "handover", ["from_region_id", "state", "created_at", "id"])
    op.create_index("ix_handover_organisation", "handover", ["organisation_id", "state", "candidate_id"])
    op.create_index("ix_handover_to", "handover", ["to_region_id", "state", "created_at", "id"])
    op.create_index("uq_handover_live", "handover", ["candidate_id"], unique=True, sqlite_where=LIVE, postgresql_where=LIVE)


def _key(table: str, column: str, target: str, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=f"fk_{table}_{column}", ondelete=ondelete)


def _file(table: str) -> sa.ForeignKeyConstraint:
    """A row of a candidate's file follows the file to another region, and goes with it."""
    own, there = ["candidate_id", "region_id"], ["candidate.id", "candidate.region_id"]
    return sa.ForeignKeyConstraint(own, there, name=f"fk_{table}_candidate_id_region_id", onupdate="CASCADE", ondelete="CASCADE")


def downgrade() -> None:
    op.drop_table("handover")
