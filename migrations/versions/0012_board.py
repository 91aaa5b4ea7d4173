"""The status board: the first cards of a column, and how many there are, from one index; the same for a day in the past."""

from alembic import op

revision = "0012"
down_revision = "0011"

# The columns behind the key are what the board filters by: a filter and a count then need no row of the table.
FILTERED = ["lead_adviser_id", "source", "wanted_sectors"]
SIGNALLED = ["holder", "stage_entered_at", "last_contact_at"]
INDEXES = (
    ("ix_candidate_board", "candidate", ["region_id", "status", "stage", "next_action_on", "id", *FILTERED, *SIGNALLED]),
    ("ix_candidate_board_status", "candidate", ["region_id", "status", "next_action_on", "id", *FILTERED]),
    (
        "ix_stage_span_board",
        "stage_span",
        ["region_id", "status", "stage", "entered_at", "id", "left_at", "in_region_id", "lead_adviser_id", "candidate_id"],
    ),
)


def upgrade() -> None:
    for name, table, columns in INDEXES:
        op.create_index(name, table, columns)


def downgrade() -> None:
    for name, table, _ in INDEXES:
        op.drop_index(name, table)
