"""The outbox: every mail one by one, and addresses that get none."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _delivery()
    _delivery_event()
    _suppression()


def _delivery() -> None:
    op.create_table(
        "delivery",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("user_id", sa.Integer()),
        sa.Column("candidate_id", sa.Integer()),
        sa.Column("region_id", sa.Integer()),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("address_norm", sa.String(254), nullable=False),
        sa.Column("locale", sa.String(5), nullable=False),
        sa.Column("merge", sa.JSON()),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("reason", sa.String(200)),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", MOMENT, nullable=False),
        sa.Column("claim", sa.String(32)),
        sa.Column("lease_until", MOMENT),
        sa.Column("message_id", sa.String(80), nullable=False),
        sa.Column("reply", sa.String(400)),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT),
        sa.Column("dedupe_key", sa.String(120), nullable=False),
        _file("delivery"),
        _key("delivery", "user_id", "user_profile.user_id", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_delivery"),
        sa.UniqueConstraint("dedupe_key", name="uq_delivery_dedupe_key"),
        sa.UniqueConstraint("message_id", name="uq_delivery_message_id"),
    )
    op.create_index("ix_delivery_address_norm", "delivery", ["address_norm"])
    op.create_index("ix_delivery_candidate_id", "delivery", ["candidate_id"])
    op.create_index("ix_delivery_due", "delivery", ["state", "not_before", "id"])
    op.create_index("ix_delivery_user_id", "delivery", ["user_id"])


def _delivery_event() -> None:
    op.create_table(
        "delivery_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("detail", sa.String(400)),
        _key("delivery_event", "delivery_id", "delivery.id", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_delivery_event"),
    )
    op.create_index("ix_delivery_event_delivery_id", "delivery_event", ["delivery_id"])


def _suppression() -> None:
    op.create_table(
        "suppression",
        sa.Column("address_norm", sa.String(254), nullable=False),
        sa.Column("category", sa.String(40), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("source", sa.String(40), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("address_norm", "category", name="pk_suppression"),
    )


def _key(table: str, column: str, target: str, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=f"fk_{table}_{column}", ondelete=ondelete)


def _file(table: str) -> sa.ForeignKeyConstraint:
    """A row of a candidate's file follows the file to another region, and goes with it."""
    own, there = ["candidate_id", "region_id"], ["candidate.id", "candidate.region_id"]
    return sa.ForeignKeyConstraint(own, there, name=f"fk_{table}_candidate_id_region_id", onupdate="CASCADE", ondelete="CASCADE")


def downgrade() -> None:
    op.drop_table("suppression")
    op.drop_table("delivery_event")
    op.drop_table("delivery")
