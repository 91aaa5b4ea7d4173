"""Messages to a group: what is sent, and when the next mail may leave."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _mailing()
    _region_sending()


def _mailing() -> None:
    op.create_table(
        "mailing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer()),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("category", sa.String(24), nullable=False),
        sa.Column("template_id", sa.Integer()),
        sa.Column("subject", sa.String(120), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("subject_en", sa.String(120)),
        sa.Column("body_en", sa.Text()),
        sa.Column("screen", sa.String(60), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("audience", sa.String(400), nullable=False),
        sa.Column("audience_hash", sa.String(64)),
        sa.Column("people", sa.Integer()),
        sa.Column("prepared_at", MOMENT),
        sa.Column("send_after", MOMENT),
        sa.Column("started_at", MOMENT),
        sa.Column("finished_at", MOMENT),
        sa.Column("idem_key", sa.String(64), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.Integer(), nullable=False),
        sa.Column("approved_by", sa.Integer()),
        sa.Column("refused_why", sa.String(200)),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        _key("mailing", "approved_by", "user_profile.user_id"),
        _key("mailing", "created_by", "user_profile.user_id"),
        _key("mailing", "organisation_id", "organisation.id"),
        _key("mailing", "region_id", "region.id"),
        _key("mailing", "template_id", "mail_template.id", "SET NULL"),
        sa.PrimaryKeyConstraint("id", name="pk_mailing"),
        sa.UniqueConstraint("idem_key", name="uq_mailing_idem_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_mailing_organisation_id", "mailing", ["organisation_id"])
    op.create_index("ix_mailing_region", "mailing", ["region_id", "created_at", "id"])
    op.create_index("ix_mailing_state", "mailing", ["state", "send_after"])


def _region_sending() -> None:
    op.create_table(
        "region_sending",
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("free_at", MOMENT, nullable=False),
        _key("region_sending", "region_id", "region.id", "CASCADE"),
        sa.PrimaryKeyConstraint("region_id", name="pk_region_sending"),
    )


def _key(table: str, column: str, target: str, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=f"fk_{table}_{column}", ondelete=ondelete)


def downgrade() -> None:
    op.drop_table("region_sending")
    op.drop_table("mailing")
