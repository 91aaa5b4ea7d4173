"""Who gets a message to a group and who does not; how fast and in which hours a region sends."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

MAILED = sa.text("state <> 'SUPPRESSED'")
REGION = {"mails_a_minute": 30, "mailings_a_week": 2, "approve_above": 200}
QUIET = {"quiet_from": 21, "quiet_until": 8}


def upgrade() -> None:
    with op.batch_alter_table("delivery") as batch:
        batch.add_column(sa.Column("mailing_id", sa.Integer()))
        batch.add_column(sa.Column("not_sent", sa.String(24)))
        batch.create_foreign_key("fk_delivery_mailing_id", "mailing", ["mailing_id"], ["id"], ondelete="CASCADE")
        batch.create_unique_constraint("uq_delivery_mailing_candidate", ["mailing_id", "candidate_id"])
        batch.drop_index("ix_delivery_due")
        batch.create_index("ix_delivery_due", ["mailing_id", "state", "not_before", "id"])
    once = {"unique": True, "sqlite_where": MAILED, "postgresql_where": MAILED}
    held = sa.text("lease_until IS NOT NULL")
    op.create_index("ix_delivery_lease", "delivery", ["lease_until"], sqlite_where=held, postgresql_where=held)
    op.create_index("uq_delivery_mailing_address", "delivery", ["mailing_id", "address_norm"], **once)
    for name, usual in REGION.items():
        op.add_column("region", sa.Column(name, sa.Integer(), nullable=False, server_default=str(usual)))
    for name, usual in QUIET.items():
        op.add_column("region", sa.Column(name, sa.Integer(), server_default=str(usual)))


def downgrade() -> None:
    with op.batch_alter_table("region") as batch:
        for name in (*REGION, *QUIET):
            batch.drop_column(name)
    with op.batch_alter_table("delivery") as batch:
        batch.drop_index("uq_delivery_mailing_address")
        batch.drop_index("ix_delivery_lease")
        batch.drop_index("ix_delivery_due")
        batch.create_index("ix_delivery_due", ["state", "not_before", "id"])
        batch.drop_constraint("uq_delivery_mailing_candidate", type_="unique")
        batch.drop_constraint("fk_delivery_mailing_id", type_="foreignkey")
        batch.drop_column("not_sent")
        batch.drop_column("mailing_id")
