"""Attachments of conversation reports, and templates to begin a report with."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _attachment()
    _report_template()


def _attachment() -> None:
    op.create_table(
        "attachment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("kind", sa.String(80), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("key", sa.String(40), nullable=False),
        sa.Column("for_candidate", sa.Boolean(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.Integer()),
        sa.Column("candidate_id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        _file("attachment"),
        _key("attachment", "created_by", "user_profile.user_id"),
        _key("attachment", "session_id", "advice_session.id", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_attachment"),
        sa.UniqueConstraint("key", name="uq_attachment_key"),
    )
    op.create_index("ix_attachment_candidate_id", "attachment", ["candidate_id"])
    op.create_index("ix_attachment_session_id", "attachment", ["session_id"])


def _report_template() -> None:
    op.create_table(
        "report_template",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer()),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("kinds", sa.Integer(), nullable=False),
        sa.Column("summary", sa.Text()),
        sa.Column("notes", sa.Text()),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        _key("report_template", "region_id", "region.id"),
        sa.PrimaryKeyConstraint("id", name="pk_report_template"),
    )
    op.create_index("ix_report_template_region_id", "report_template", ["region_id"])


def _key(table: str, column: str, target: str, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=f"fk_{table}_{column}", ondelete=ondelete)


def _file(table: str) -> sa.ForeignKeyConstraint:
    """A row of a candidate's file follows the file to another region, and goes with it."""
    own, there = ["candidate_id", "region_id"], ["candidate.id", "candidate.region_id"]
    return sa.ForeignKeyConstraint(own, there, name=f"fk_{table}_candidate_id_region_id", onupdate="CASCADE", ondelete="CASCADE")


def downgrade() -> None:
    op.drop_table("report_template")
    op.drop_table("attachment")
