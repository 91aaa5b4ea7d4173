"""Templates of messages with their versions, and addresses that asked for the newsletter."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _mail_template()
    _mail_template_version()
    _mail_address()


def _mail_template() -> None:
    op.create_table(
        "mail_template",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer()),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("category", sa.String(24), nullable=False),
        sa.Column("subject", sa.String(120), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("subject_en", sa.String(120)),
        sa.Column("body_en", sa.Text()),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("adopted_from_id", sa.Integer()),
        sa.Column("adopted_version", sa.Integer()),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        _key("mail_template", "adopted_from_id", "mail_template.id", "SET NULL"),
        _key("mail_template", "region_id", "region.id"),
        sa.PrimaryKeyConstraint("id", name="pk_mail_template"),
    )
    op.create_index("ix_mail_template_region_id", "mail_template", ["region_id"])


def _mail_template_version() -> None:
    op.create_table(
        "mail_template_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("template_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", sa.JSON(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by_id", sa.Integer()),
        _key("mail_template_version", "by_id", "user_profile.user_id"),
        _key("mail_template_version", "template_id", "mail_template.id", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_mail_template_version"),
        sa.UniqueConstraint("template_id", "version", name="uq_mail_template_version"),
    )


def _mail_address() -> None:
    op.create_table(
        "mail_address",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("address_norm", sa.String(254), nullable=False),
        sa.Column("locale", sa.String(5), nullable=False),
        sa.Column("region_id", sa.Integer()),
        sa.Column("newsletter_at", MOMENT),
        sa.Column("created_at", MOMENT, nullable=False),
        _key("mail_address", "region_id", "region.id"),
        sa.PrimaryKeyConstraint("id", name="pk_mail_address"),
        sa.UniqueConstraint("address_norm", name="uq_mail_address_address_norm"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_mail_address_region_id", "mail_address", ["region_id"])


def _key(table: str, column: str, target: str, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=f"fk_{table}_{column}", ondelete=ondelete)


def downgrade() -> None:
    op.drop_table("mail_address")
    op.drop_table("mail_template_version")
    op.drop_table("mail_template")
