"""Plans with their steps, which are tasks."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _plan_template()
    _plan_step()
    _plan()
    with op.batch_alter_table("task") as batch:
        batch.add_column(sa.Column("plan_id", sa.Integer()))
        batch.create_foreign_key("fk_task_plan_id", "plan", ["plan_id"], ["id"], ondelete="SET NULL")
        batch.create_index("ix_task_plan_id", ["plan_id"])


def _plan_template() -> None:
    op.create_table(
        "plan_template",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer()),
        sa.Column("route", sa.String(24), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        _key("plan_template", "region_id", "region.id"),
        sa.PrimaryKeyConstraint("id", name="pk_plan_template"),
    )
    op.create_index("ix_plan_template_region_id", "plan_template", ["region_id"])


def _plan_step() -> None:
    op.create_table(
        "plan_step",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("template_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("holder", sa.String(24), nullable=False),
        sa.CheckConstraint("days BETWEEN 0 AND 366", name="ck_plan_step_days"),
        _key("plan_step", "template_id", "plan_template.id", "CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_plan_step"),
    )
    op.create_index("ix_plan_step_template_id", "plan_step", ["template_id"])


def _plan() -> None:
    op.create_table(
        "plan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("route", sa.String(24), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("started_by", sa.Integer()),
        sa.Column("stopped_at", MOMENT),
        sa.Column("candidate_id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        _file("plan"),
        _key("plan", "started_by", "user_profile.user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_plan"),
    )
    op.create_index("ix_plan_candidate_id", "plan", ["candidate_id"])


def _key(table: str, column: str, target: str, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [target], name=f"fk_{table}_{column}", ondelete=ondelete)


def _file(table: str) -> sa.ForeignKeyConstraint:
    """A row of a candidate's file follows the file to another region, and goes with it."""
    own, there = ["candidate_id", "region_id"], ["candidate.id", "candidate.region_id"]
    return sa.ForeignKeyConstraint(own, there, name=f"fk_{table}_candidate_id_region_id", onupdate="CASCADE", ondelete="CASCADE")


def downgrade() -> None:
    with op.batch_alter_table("task") as batch:
        batch.drop_constraint("fk_task_plan_id", type_="foreignkey")
        batch.drop_index("ix_task_plan_id")
        batch.drop_column("plan_id")
    op.drop_table("plan")
    op.drop_table("plan_step")
    op.drop_table("plan_template")
