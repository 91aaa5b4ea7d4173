"""All first tables: Flask-AppBuilder's own (ab_*) and ours."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ab_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("label", sa.String(length=150), nullable=True),
        sa.Column("description", sa.String(length=512), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_ab_group"),
        sa.UniqueConstraint("name", name="uq_ab_group_name"),
    )
    op.create_table(
        "ab_permission",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ab_permission"),
        sa.UniqueConstraint("name", name="uq_ab_permission_name"),
    )
    op.create_table(
        "ab_register_user",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("first_name", sa.String(length=64), nullable=False),
        sa.Column("last_name", sa.String(length=64), nullable=False),
        sa.Column("username", sa.String(length=128), nullable=False),
        sa.Column("password", sa.String(length=256), nullable=True),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("registration_date", sa.DateTime(), nullable=True),
        sa.Column("registration_hash", sa.String(length=256), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_ab_register_user"),
        sa.UniqueConstraint("email", name="uq_ab_register_user_email"),
        sa.UniqueConstraint("username", name="uq_ab_register_user_username"),
    )
    op.create_table(
        "ab_role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ab_role"),
        sa.UniqueConstraint("name", name="uq_ab_role_name"),
    )
    op.create_table(
        "ab_user",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("first_name", sa.String(length=64), nullable=False),
        sa.Column("last_name", sa.String(length=64), nullable=False),
        sa.Column("username", sa.String(length=128), nullable=False),
        sa.Column("password", sa.String(length=256), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=True),
        sa.Column("email", sa.String(length=320), nullable=False),
        sa.Column("last_login", sa.DateTime(), nullable=True),
        sa.Column("login_count", sa.Integer(), nullable=True),
        sa.Column("fail_login_count", sa.Integer(), nullable=True),
        sa.Column("created_on", sa.DateTime(), nullable=True),
        sa.Column("changed_on", sa.DateTime(), nullable=True),
        sa.Column("created_by_fk", sa.Integer(), nullable=True),
        sa.Column("changed_by_fk", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["changed_by_fk"], ["ab_user.id"], name="fk_ab_user_changed_by_fk"),
        sa.ForeignKeyConstraint(["created_by_fk"], ["ab_user.id"], name="fk_ab_user_created_by_fk"),
        sa.PrimaryKeyConstraint("id", name="pk_ab_user"),
        sa.UniqueConstraint("email", name="uq_ab_user_email"),
        sa.UniqueConstraint("username", name="uq_ab_user_username"),
    )
    op.create_table(
        "ab_view_menu",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=250), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_ab_view_menu"),
        sa.UniqueConstraint("name", name="uq_ab_view_menu_name"),
    )
    op.create_table(
        "change_log",
        sa.Column("verb", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=True),
        sa.Column("table_name", sa.String(length=40), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("actor_role", sa.String(24), nullable=True),
        sa.Column("actor_region_id", sa.Integer(), nullable=True),
        sa.Column("actor_organisation_id", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_change_log"),
    )
    with op.batch_alter_table("change_log", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_change_log_at"), ["at"], unique=False)
        batch_op.create_index(batch_op.f("ix_change_log_region_id"), ["region_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_change_log_subject"), ["subject"], unique=False)

    op.create_table(
        "login_attempt",
        sa.Column("account", sa.String(length=64), nullable=False),
        sa.Column("network", sa.String(length=45), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("blocked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("account", "network", name="pk_login_attempt"),
    )
    op.create_table(
        "read_event",
        sa.Column("screen", sa.String(length=60), nullable=False),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("purpose", sa.String(length=200), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("actor_role", sa.String(24), nullable=True),
        sa.Column("actor_region_id", sa.Integer(), nullable=True),
        sa.Column("actor_organisation_id", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_read_event"),
    )
    with op.batch_alter_table("read_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_read_event_at"), ["at"], unique=False)

    op.create_table(
        "region",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("is_national", sa.Boolean(), nullable=False),
        sa.Column("sectors", sa.Integer(), nullable=False),
        sa.Column("colour", sa.String(length=7), nullable=False),
        sa.Column("desk_email", sa.String(length=254), nullable=True),
        sa.Column("desk_phone", sa.String(length=20), nullable=True),
        sa.Column("website", sa.String(length=200), nullable=True),
        sa.Column("promised_days", sa.Integer(), nullable=False),
        sa.Column("joined_on", sa.Date(), nullable=True),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_region"),
        sa.UniqueConstraint("name", name="uq_region_name"),
        sa.UniqueConstraint("slug", name="uq_region_slug"),
    )
    op.create_table(
        "setting",
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_setting"),
    )
    op.create_table(
        "subject",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_subject"),
        sa.UniqueConstraint("name", name="uq_subject_name"),
    )
    op.create_table(
        "ab_api_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("key_hash", sa.String(length=256), nullable=False),
        sa.Column("lookup_hash", sa.String(length=256), nullable=True),
        sa.Column("key_prefix", sa.String(length=16), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_on", sa.DateTime(), nullable=True),
        sa.Column("expires_on", sa.DateTime(), nullable=True),
        sa.Column("revoked_on", sa.DateTime(), nullable=True),
        sa.Column("last_used_on", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], name="fk_ab_api_key_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_ab_api_key"),
        sa.UniqueConstraint("lookup_hash", name="uq_ab_api_key_lookup_hash"),
        sa.UniqueConstraint("uuid", name="uq_ab_api_key_uuid"),
    )
    with op.batch_alter_table("ab_api_key", schema=None) as batch_op:
        batch_op.create_index("idx_api_key_lookup_hash", ["lookup_hash"], unique=True)
        batch_op.create_index("idx_api_key_prefix", ["key_prefix"], unique=False)
        batch_op.create_index("idx_api_key_user_id", ["user_id"], unique=False)

    op.create_table(
        "ab_group_role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.Integer(), nullable=True),
        sa.Column("role_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["group_id"], ["ab_group.id"], name="fk_ab_group_role_group_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["role_id"], ["ab_role.id"], name="fk_ab_group_role_role_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_ab_group_role"),
        sa.UniqueConstraint("group_id", "role_id", name="uq_ab_group_role_group_id_role_id"),
    )
    with op.batch_alter_table("ab_group_role", schema=None) as batch_op:
        batch_op.create_index("idx_group_id", ["group_id"], unique=False)
        batch_op.create_index("idx_group_role_id", ["role_id"], unique=False)

    op.create_table(
        "ab_permission_view",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("permission_id", sa.Integer(), nullable=False),
        sa.Column("view_menu_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["permission_id"], ["ab_permission.id"], name="fk_ab_permission_view_permission_id"),
        sa.ForeignKeyConstraint(["view_menu_id"], ["ab_view_menu.id"], name="fk_ab_permission_view_view_menu_id"),
        sa.PrimaryKeyConstraint("id", name="pk_ab_permission_view"),
        sa.UniqueConstraint("permission_id", "view_menu_id", name="uq_ab_permission_view_permission_id_view_menu_id"),
    )
    with op.batch_alter_table("ab_permission_view", schema=None) as batch_op:
        batch_op.create_index("idx_permission_id", ["permission_id"], unique=False)
        batch_op.create_index("idx_view_menu_id", ["view_menu_id"], unique=False)

    op.create_table(
        "ab_user_group",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("group_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["group_id"], ["ab_group.id"], name="fk_ab_user_group_group_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], name="fk_ab_user_group_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_ab_user_group"),
        sa.UniqueConstraint("user_id", "group_id", name="uq_ab_user_group_user_id_group_id"),
    )
    with op.batch_alter_table("ab_user_group", schema=None) as batch_op:
        batch_op.create_index("idx_user_group_id", ["group_id"], unique=False)
        batch_op.create_index("idx_user_id", ["user_id"], unique=False)

    op.create_table(
        "ab_user_role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("role_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["role_id"], ["ab_role.id"], name="fk_ab_user_role_role_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], name="fk_ab_user_role_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_ab_user_role"),
        sa.UniqueConstraint("user_id", "role_id", name="uq_ab_user_role_user_id_role_id"),
    )
    op.create_table(
        "capability",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(24), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["region_id"], ["region.id"], name="fk_capability_region_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_capability"),
        sa.UniqueConstraint("region_id", "role", "name", name="uq_capability"),
    )
    op.create_table(
        "form_receipt",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("target", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], name="fk_form_receipt_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("key", name="pk_form_receipt"),
    )
    op.create_table(
        "one_time_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(24), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], name="fk_one_time_link_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_one_time_link"),
        sa.UniqueConstraint("token_hash", name="uq_one_time_link_token_hash"),
    )
    with op.batch_alter_table("one_time_link", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_one_time_link_user_id"), ["user_id"], unique=False)

    op.create_table(
        "organisation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("sectors", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(length=80), nullable=True),
        sa.Column("website", sa.String(length=200), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("phone", sa.String(length=20), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["organisation.id"], name="fk_organisation_parent_id"),
        sa.ForeignKeyConstraint(["region_id"], ["region.id"], name="fk_organisation_region_id"),
        sa.PrimaryKeyConstraint("id", name="pk_organisation"),
    )
    with op.batch_alter_table("organisation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_organisation_name"), ["name"], unique=False)
        batch_op.create_index(batch_op.f("ix_organisation_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_organisation_region_id"), ["region_id"], unique=False)

    op.create_table(
        "read_subject",
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["read_event.id"], name="fk_read_subject_event_id"),
        sa.PrimaryKeyConstraint("token", "event_id", name="pk_read_subject"),
    )
    op.create_table(
        "region_neighbour",
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("neighbour_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("region_id <> neighbour_id", name="ck_region_neighbour_other"),
        sa.ForeignKeyConstraint(["neighbour_id"], ["region.id"], name="fk_region_neighbour_neighbour_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["region_id"], ["region.id"], name="fk_region_neighbour_region_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("region_id", "neighbour_id", name="pk_region_neighbour"),
    )
    op.create_table(
        "user_profile",
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=140), nullable=False),
        sa.Column("locale", sa.String(length=5), nullable=False),
        sa.Column("last_membership_id", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], name="fk_user_profile_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", name="pk_user_profile"),
    )
    op.create_table(
        "working_area",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("sector", sa.String(24), nullable=True),
        sa.Column("pc4_from", sa.Integer(), nullable=False),
        sa.Column("pc4_to", sa.Integer(), nullable=False),
        sa.CheckConstraint("pc4_from <= pc4_to", name="ck_working_area_order"),
        sa.ForeignKeyConstraint(["region_id"], ["region.id"], name="fk_working_area_region_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_working_area"),
    )
    with op.batch_alter_table("working_area", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_working_area_region_id"), ["region_id"], unique=False)

    op.create_table(
        "ab_permission_view_role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("permission_view_id", sa.Integer(), nullable=True),
        sa.Column("role_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["permission_view_id"], ["ab_permission_view.id"], name="fk_ab_permission_view_role_permission_view_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["role_id"], ["ab_role.id"], name="fk_ab_permission_view_role_role_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_ab_permission_view_role"),
        sa.UniqueConstraint("permission_view_id", "role_id", name="uq_ab_permission_view_role_permission_view_id_role_id"),
    )
    with op.batch_alter_table("ab_permission_view_role", schema=None) as batch_op:
        batch_op.create_index("idx_permission_view_id", ["permission_view_id"], unique=False)
        batch_op.create_index("idx_role_id", ["role_id"], unique=False)

    op.create_table(
        "article",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("title", sa.String(length=160), nullable=False),
        sa.Column("summary", sa.String(length=400), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("sectors", sa.Integer(), nullable=False),
        sa.Column("locale", sa.String(length=5), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=True),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.Column("checked_on", sa.Date(), nullable=True),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["user_profile.user_id"], name="fk_article_author_id"),
        sa.ForeignKeyConstraint(["region_id"], ["region.id"], name="fk_article_region_id"),
        sa.PrimaryKeyConstraint("id", name="pk_article"),
    )
    with op.batch_alter_table("article", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_article_region_id"), ["region_id"], unique=False)

    op.create_table(
        "candidate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=12), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("given_name", sa.String(length=60), nullable=True),
        sa.Column("infix", sa.String(length=20), nullable=True),
        sa.Column("surname", sa.String(length=80), nullable=True),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("sort_name", sa.String(length=160), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("email2", sa.String(length=254), nullable=True),
        sa.Column("phone", sa.String(length=30), nullable=True),
        sa.Column("email_norm", sa.String(length=254), nullable=True),
        sa.Column("phone_norm", sa.String(length=20), nullable=True),
        sa.Column("pc4", sa.String(length=4), nullable=True),
        sa.Column("place", sa.String(length=80), nullable=True),
        sa.Column("birth_year", sa.Integer(), nullable=True),
        sa.Column("linkedin", sa.String(length=200), nullable=True),
        sa.Column("motivation", sa.Text(), nullable=True),
        sa.Column("education", sa.String(24), nullable=True),
        sa.Column("field_of_study", sa.String(length=120), nullable=True),
        sa.Column("diploma_country", sa.String(length=2), nullable=True),
        sa.Column("diploma_valuation", sa.String(24), nullable=True),
        sa.Column("dutch_level", sa.String(24), nullable=True),
        sa.Column("employer", sa.String(length=120), nullable=True),
        sa.Column("current_sector", sa.String(length=80), nullable=True),
        sa.Column("current_function", sa.String(length=80), nullable=True),
        sa.Column("wanted_sectors", sa.Integer(), nullable=False),
        sa.Column("wanted_functions", sa.Integer(), nullable=False),
        sa.Column("qualifications", sa.Integer(), nullable=False),
        sa.Column("routes", sa.Integer(), nullable=False),
        sa.Column("hours_min", sa.Integer(), nullable=True),
        sa.Column("hours_max", sa.Integer(), nullable=True),
        sa.Column("available_from", sa.Date(), nullable=True),
        sa.Column("anywhere", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(24), nullable=False),
        sa.Column("locale", sa.String(length=5), nullable=False),
        sa.Column("stage", sa.String(24), nullable=False),
        sa.Column("stage_seq", sa.Integer(), nullable=False),
        sa.Column("stage_entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(24), nullable=False),
        sa.Column("status_until", sa.Date(), nullable=True),
        sa.Column("leave_reason", sa.String(24), nullable=True),
        sa.Column("certainty", sa.String(24), nullable=True),
        sa.Column("certainty_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lead_adviser_id", sa.Integer(), nullable=True),
        sa.Column("holder", sa.String(24), nullable=False),
        sa.Column("last_contact_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_active_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_action_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["lead_adviser_id"], ["user_profile.user_id"], name="fk_candidate_lead_adviser_id"),
        sa.ForeignKeyConstraint(["region_id"], ["region.id"], name="fk_candidate_region_id"),
        sa.PrimaryKeyConstraint("id", name="pk_candidate"),
        sa.UniqueConstraint("id", "region_id", name="uq_candidate_region"),
        sa.UniqueConstraint("number", name="uq_candidate_number"),
    )
    with op.batch_alter_table("candidate", schema=None) as batch_op:
        batch_op.create_index("ix_candidate_adviser", ["lead_adviser_id", "created_at", "id"], unique=False)
        batch_op.create_index("ix_candidate_created", ["created_at", "id", "region_id"], unique=False)
        batch_op.create_index("ix_candidate_email_norm", ["email_norm"], unique=False)
        batch_op.create_index("ix_candidate_phone_norm", ["phone_norm"], unique=False)
        batch_op.create_index("ix_candidate_region_created", ["region_id", "created_at", "id"], unique=False)
        batch_op.create_index("ix_candidate_region_next", ["region_id", "next_action_on", "id"], unique=False)
        batch_op.create_index("ix_candidate_region_place", ["region_id", "place", "created_at", "id"], unique=False)
        batch_op.create_index("ix_candidate_region_sort", ["region_id", "sort_name", "id"], unique=False)
        batch_op.create_index("ix_candidate_region_source", ["region_id", "source", "created_at", "id"], unique=False)
        batch_op.create_index("ix_candidate_region_stage", ["region_id", "stage", "created_at", "id"], unique=False)
        batch_op.create_index("ix_candidate_region_status", ["region_id", "status", "created_at", "id"], unique=False)
        batch_op.create_index("ix_candidate_sort", ["sort_name", "id", "region_id"], unique=False)

    op.create_table(
        "location",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("street", sa.String(length=120), nullable=True),
        sa.Column("pc4", sa.String(length=4), nullable=False),
        sa.Column("place", sa.String(length=80), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name="fk_location_organisation_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_location"),
    )
    with op.batch_alter_table("location", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_location_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "programme",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("route", sa.String(24), nullable=False),
        sa.Column("sectors", sa.Integer(), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=True),
        sa.Column("min_education", sa.String(24), nullable=True),
        sa.Column("related_fields", sa.String(length=400), nullable=True),
        sa.Column("conditions", sa.Text(), nullable=True),
        sa.Column("place", sa.String(length=80), nullable=True),
        sa.Column("online", sa.Boolean(), nullable=False),
        sa.Column("months", sa.Integer(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("website", sa.String(length=200), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name="fk_programme_organisation_id"),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name="fk_programme_subject_id"),
        sa.PrimaryKeyConstraint("id", name="pk_programme"),
    )
    with op.batch_alter_table("programme", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_programme_organisation_id"), ["organisation_id"], unique=False)

    op.create_table(
        "activity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("location_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("form", sa.String(24), nullable=False),
        sa.Column("title", sa.String(length=160), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("place", sa.String(length=120), nullable=True),
        sa.Column("website", sa.String(length=200), nullable=True),
        sa.Column("sectors", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("reg_seq", sa.Integer(), nullable=False),
        sa.Column("series", sa.String(length=32), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_reason", sa.String(length=200), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("capacity IS NULL OR capacity >= 0", name="ck_activity_capacity"),
        sa.CheckConstraint("ends_at IS NULL OR ends_at >= starts_at", name="ck_activity_times"),
        sa.ForeignKeyConstraint(["location_id"], ["location.id"], name="fk_activity_location_id"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name="fk_activity_organisation_id"),
        sa.ForeignKeyConstraint(["region_id"], ["region.id"], name="fk_activity_region_id"),
        sa.PrimaryKeyConstraint("id", name="pk_activity"),
    )
    with op.batch_alter_table("activity", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_activity_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index("ix_activity_region_starts", ["region_id", "starts_at", "id"], unique=False)

    op.create_table(
        "advice_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("adviser_id", sa.Integer(), nullable=True),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kinds", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("candidate_id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["adviser_id"], ["user_profile.user_id"], name="fk_advice_session_adviser_id"),
        sa.ForeignKeyConstraint(
            ["candidate_id", "region_id"],
            ["candidate.id", "candidate.region_id"],
            name="fk_advice_session_candidate_id_region_id",
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_advice_session"),
    )
    with op.batch_alter_table("advice_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_advice_session_adviser_id"), ["adviser_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_advice_session_candidate_id"), ["candidate_id"], unique=False)
        batch_op.create_index("ix_advice_session_region_held", ["region_id", "held_at", "id"], unique=False)

    op.create_table(
        "candidate_location",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pc4", sa.String(length=4), nullable=False),
        sa.Column("place", sa.String(length=80), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=False),
        sa.Column("longitude", sa.Double(), nullable=False),
        sa.Column("radius_km", sa.Integer(), nullable=False),
        sa.Column("candidate_id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["candidate_id", "region_id"],
            ["candidate.id", "candidate.region_id"],
            name="fk_candidate_location_candidate_id_region_id",
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_candidate_location"),
    )
    with op.batch_alter_table("candidate_location", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_candidate_location_candidate_id"), ["candidate_id"], unique=False)

    op.create_table(
        "candidate_match",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("programme_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fell_through_by", sa.String(24), nullable=True),
        sa.Column("fell_through_reason", sa.String(length=200), nullable=True),
        sa.Column("back_in_pool", sa.Boolean(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("candidate_id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(
            ["candidate_id", "region_id"],
            ["candidate.id", "candidate.region_id"],
            name="fk_candidate_match_candidate_id_region_id",
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name="fk_candidate_match_organisation_id"),
        sa.ForeignKeyConstraint(["programme_id"], ["programme.id"], name="fk_candidate_match_programme_id"),
        sa.PrimaryKeyConstraint("id", name="pk_candidate_match"),
    )
    with op.batch_alter_table("candidate_match", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_candidate_match_candidate_id"), ["candidate_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_candidate_match_programme_id"), ["programme_id"], unique=False)
        batch_op.create_index("ix_match_organisation_state", ["organisation_id", "state", "candidate_id"], unique=False)
        batch_op.create_index("ix_match_region_state", ["region_id", "state", "created_at", "id"], unique=False)

    op.create_table(
        "candidate_subject",
        sa.Column("candidate_id", sa.Integer(), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["candidate_id", "region_id"],
            ["candidate.id", "candidate.region_id"],
            name="fk_candidate_subject_candidate_id_region_id",
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name="fk_candidate_subject_subject_id"),
        sa.PrimaryKeyConstraint("candidate_id", "subject_id", name="pk_candidate_subject"),
    )
    with op.batch_alter_table("candidate_subject", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_candidate_subject_subject_id"), ["subject_id"], unique=False)

    op.create_table(
        "consent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(24), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("event", sa.String(24), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("channel", sa.String(24), nullable=False),
        sa.Column("text_version", sa.String(length=20), nullable=False),
        sa.Column("text_sha256", sa.String(length=64), nullable=False),
        sa.Column("recorded_by", sa.Integer(), nullable=True),
        sa.Column("candidate_id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["candidate_id", "region_id"],
            ["candidate.id", "candidate.region_id"],
            name="fk_consent_candidate_id_region_id",
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name="fk_consent_organisation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_consent"),
    )
    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_consent_candidate_id"), ["candidate_id"], unique=False)

    op.create_table(
        "membership",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(24), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=True),
        sa.Column("candidate_id", sa.Integer(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.CheckConstraint("(role = 'CANDIDATE') = (candidate_id IS NOT NULL)", name="ck_membership_candidate"),
        sa.CheckConstraint(
            "(role IN ('SCHOOL','PROVIDER','STUDY_ADVISER')) = (organisation_id IS NOT NULL)", name="ck_membership_organisation"
        ),
        sa.CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="ck_membership_dates"),
        sa.ForeignKeyConstraint(
            ["candidate_id", "region_id"],
            ["candidate.id", "candidate.region_id"],
            name="fk_membership_candidate_id_region_id",
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name="fk_membership_organisation_id"),
        sa.ForeignKeyConstraint(["region_id"], ["region.id"], name="fk_membership_region_id"),
        sa.ForeignKeyConstraint(["user_id"], ["user_profile.user_id"], name="fk_membership_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_membership"),
    )
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_membership_candidate_id"), ["candidate_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_membership_organisation_id"), ["organisation_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_membership_region_id"), ["region_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_membership_user_id"), ["user_id"], unique=False)

    op.create_table(
        "person_token",
        sa.Column("candidate_id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(["candidate_id"], ["candidate.id"], name="fk_person_token_candidate_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("candidate_id", name="pk_person_token"),
        sa.UniqueConstraint("token", name="uq_person_token_token"),
    )
    op.create_table(
        "stage_span",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("stage", sa.String(24), nullable=False),
        sa.Column("status", sa.String(24), nullable=False),
        sa.Column("in_region_id", sa.Integer(), nullable=False),
        sa.Column("lead_adviser_id", sa.Integer(), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("left_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("moved_by", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.Column("candidate_id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("left_at IS NULL OR left_at >= entered_at", name="ck_stage_span_order"),
        sa.ForeignKeyConstraint(
            ["candidate_id", "region_id"],
            ["candidate.id", "candidate.region_id"],
            name="fk_stage_span_candidate_id_region_id",
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["in_region_id"], ["region.id"], name="fk_stage_span_in_region_id"),
        sa.PrimaryKeyConstraint("id", name="pk_stage_span"),
        sa.UniqueConstraint("candidate_id", "seq", name="uq_stage_span_seq"),
    )
    with op.batch_alter_table("stage_span", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_stage_span_candidate_id"), ["candidate_id"], unique=False)
        batch_op.create_index(
            "uq_stage_span_open",
            ["candidate_id"],
            unique=True,
            sqlite_where=sa.text("left_at IS NULL"),
            postgresql_where=sa.text("left_at IS NULL"),
        )

    op.create_table(
        "task",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(24), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("holder", sa.String(24), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("candidate_id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(
            ["candidate_id", "region_id"],
            ["candidate.id", "candidate.region_id"],
            name="fk_task_candidate_id_region_id",
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["user_profile.user_id"], name="fk_task_owner_id"),
        sa.PrimaryKeyConstraint("id", name="pk_task"),
    )
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_task_candidate_id"), ["candidate_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_task_owner_id"), ["owner_id"], unique=False)
        batch_op.create_index("ix_task_region_due", ["region_id", "done_at", "due_on", "id"], unique=False)

    op.create_table(
        "login_session",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("membership_id", sa.Integer(), nullable=True),
        sa.Column("all_regions", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_why", sa.String(length=20), nullable=True),
        sa.Column("device", sa.String(length=120), nullable=False),
        sa.Column("network", sa.String(length=45), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["membership_id"], ["membership.id"], name="fk_login_session_membership_id", ondelete="SET NULL"),
        sa.ForeignKeyConstraint(["user_id"], ["ab_user.id"], name="fk_login_session_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_login_session"),
        sa.UniqueConstraint("token_hash", name="uq_login_session_token_hash"),
    )
    with op.batch_alter_table("login_session", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_login_session_user_id"), ["user_id"], unique=False)

    op.create_table(
        "match_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("match_id", sa.Integer(), nullable=False),
        sa.Column("candidate_id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("organisation_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["by_id"], ["user_profile.user_id"], name="fk_match_event_by_id"),
        sa.ForeignKeyConstraint(
            ["candidate_id", "region_id"],
            ["candidate.id", "candidate.region_id"],
            name="fk_match_event_candidate_id_region_id",
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["match_id"], ["candidate_match.id"], name="fk_match_event_match_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name="fk_match_event_organisation_id"),
        sa.PrimaryKeyConstraint("id", name="pk_match_event"),
    )
    with op.batch_alter_table("match_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_match_event_candidate_id"), ["candidate_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_match_event_match_id"), ["match_id"], unique=False)

    op.create_table(
        "registration",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("activity_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(24), nullable=False),
        sa.Column("channel", sa.String(24), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("candidate_id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name="fk_registration_activity_id"),
        sa.ForeignKeyConstraint(
            ["candidate_id", "region_id"],
            ["candidate.id", "candidate.region_id"],
            name="fk_registration_candidate_id_region_id",
            onupdate="CASCADE",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_registration"),
        sa.UniqueConstraint("activity_id", "seq", name="uq_registration_seq"),
    )
    with op.batch_alter_table("registration", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_registration_candidate_id"), ["candidate_id"], unique=False)
        batch_op.create_index(
            "uq_registration_live",
            ["activity_id", "candidate_id"],
            unique=True,
            sqlite_where=sa.text("state IN ('CONFIRMED','OFFERED','WAITLISTED','ATTENDED','NO_SHOW')"),
            postgresql_where=sa.text("state IN ('CONFIRMED','OFFERED','WAITLISTED','ATTENDED','NO_SHOW')"),
        )

    op.create_table(
        "export_ticket",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("session_id", sa.Integer(), nullable=False),
        sa.Column("screen", sa.String(length=60), nullable=False),
        sa.Column("format", sa.String(length=4), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["session_id"], ["login_session.id"], name="fk_export_ticket_session_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_export_ticket"),
        sa.UniqueConstraint("token_hash", name="uq_export_ticket_token_hash"),
    )
    with op.batch_alter_table("export_ticket", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_export_ticket_session_id"), ["session_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("export_ticket", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_export_ticket_session_id"))

    op.drop_table("export_ticket")
    with op.batch_alter_table("registration", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_registration_live",
            sqlite_where=sa.text("state IN ('CONFIRMED','OFFERED','WAITLISTED','ATTENDED','NO_SHOW')"),
            postgresql_where=sa.text("state IN ('CONFIRMED','OFFERED','WAITLISTED','ATTENDED','NO_SHOW')"),
        )
        batch_op.drop_index(batch_op.f("ix_registration_candidate_id"))

    op.drop_table("registration")
    with op.batch_alter_table("match_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_match_event_match_id"))
        batch_op.drop_index(batch_op.f("ix_match_event_candidate_id"))

    op.drop_table("match_event")
    with op.batch_alter_table("login_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_login_session_user_id"))

    op.drop_table("login_session")
    with op.batch_alter_table("task", schema=None) as batch_op:
        batch_op.drop_index("ix_task_region_due")
        batch_op.drop_index(batch_op.f("ix_task_owner_id"))
        batch_op.drop_index(batch_op.f("ix_task_candidate_id"))

    op.drop_table("task")
    with op.batch_alter_table("stage_span", schema=None) as batch_op:
        batch_op.drop_index("uq_stage_span_open", sqlite_where=sa.text("left_at IS NULL"), postgresql_where=sa.text("left_at IS NULL"))
        batch_op.drop_index(batch_op.f("ix_stage_span_candidate_id"))

    op.drop_table("stage_span")
    op.drop_table("person_token")
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_membership_user_id"))
        batch_op.drop_index(batch_op.f("ix_membership_region_id"))
        batch_op.drop_index(batch_op.f("ix_membership_organisation_id"))
        batch_op.drop_index(batch_op.f("ix_membership_candidate_id"))

    op.drop_table("membership")
    with op.batch_alter_table("consent", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_consent_candidate_id"))

    op.drop_table("consent")
    with op.batch_alter_table("candidate_subject", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_candidate_subject_subject_id"))

    op.drop_table("candidate_subject")
    with op.batch_alter_table("candidate_match", schema=None) as batch_op:
        batch_op.drop_index("ix_match_region_state")
        batch_op.drop_index("ix_match_organisation_state")
        batch_op.drop_index(batch_op.f("ix_candidate_match_programme_id"))
        batch_op.drop_index(batch_op.f("ix_candidate_match_candidate_id"))

    op.drop_table("candidate_match")
    with op.batch_alter_table("candidate_location", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_candidate_location_candidate_id"))

    op.drop_table("candidate_location")
    with op.batch_alter_table("advice_session", schema=None) as batch_op:
        batch_op.drop_index("ix_advice_session_region_held")
        batch_op.drop_index(batch_op.f("ix_advice_session_candidate_id"))
        batch_op.drop_index(batch_op.f("ix_advice_session_adviser_id"))

    op.drop_table("advice_session")
    with op.batch_alter_table("activity", schema=None) as batch_op:
        batch_op.drop_index("ix_activity_region_starts")
        batch_op.drop_index(batch_op.f("ix_activity_organisation_id"))

    op.drop_table("activity")
    with op.batch_alter_table("programme", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_programme_organisation_id"))

    op.drop_table("programme")
    with op.batch_alter_table("location", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_location_organisation_id"))

    op.drop_table("location")
    with op.batch_alter_table("candidate", schema=None) as batch_op:
        batch_op.drop_index("ix_candidate_sort")
        batch_op.drop_index("ix_candidate_region_status")
        batch_op.drop_index("ix_candidate_region_stage")
        batch_op.drop_index("ix_candidate_region_source")
        batch_op.drop_index("ix_candidate_region_sort")
        batch_op.drop_index("ix_candidate_region_place")
        batch_op.drop_index("ix_candidate_region_next")
        batch_op.drop_index("ix_candidate_region_created")
        batch_op.drop_index("ix_candidate_phone_norm")
        batch_op.drop_index("ix_candidate_email_norm")
        batch_op.drop_index("ix_candidate_created")
        batch_op.drop_index("ix_candidate_adviser")

    op.drop_table("candidate")
    with op.batch_alter_table("article", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_article_region_id"))

    op.drop_table("article")
    with op.batch_alter_table("ab_permission_view_role", schema=None) as batch_op:
        batch_op.drop_index("idx_role_id")
        batch_op.drop_index("idx_permission_view_id")

    op.drop_table("ab_permission_view_role")
    with op.batch_alter_table("working_area", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_working_area_region_id"))

    op.drop_table("working_area")
    op.drop_table("user_profile")
    op.drop_table("region_neighbour")
    op.drop_table("read_subject")
    with op.batch_alter_table("organisation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_organisation_region_id"))
        batch_op.drop_index(batch_op.f("ix_organisation_parent_id"))
        batch_op.drop_index(batch_op.f("ix_organisation_name"))

    op.drop_table("organisation")
    with op.batch_alter_table("one_time_link", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_one_time_link_user_id"))

    op.drop_table("one_time_link")
    op.drop_table("form_receipt")
    op.drop_table("capability")
    op.drop_table("ab_user_role")
    with op.batch_alter_table("ab_user_group", schema=None) as batch_op:
        batch_op.drop_index("idx_user_id")
        batch_op.drop_index("idx_user_group_id")

    op.drop_table("ab_user_group")
    with op.batch_alter_table("ab_permission_view", schema=None) as batch_op:
        batch_op.drop_index("idx_view_menu_id")
        batch_op.drop_index("idx_permission_id")

    op.drop_table("ab_permission_view")
    with op.batch_alter_table("ab_group_role", schema=None) as batch_op:
        batch_op.drop_index("idx_group_role_id")
        batch_op.drop_index("idx_group_id")

    op.drop_table("ab_group_role")
    with op.batch_alter_table("ab_api_key", schema=None) as batch_op:
        batch_op.drop_index("idx_api_key_user_id")
        batch_op.drop_index("idx_api_key_prefix")
        batch_op.drop_index("idx_api_key_lookup_hash")

    op.drop_table("ab_api_key")
    op.drop_table("subject")
    op.drop_table("setting")
    op.drop_table("region")
    with op.batch_alter_table("read_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_read_event_at"))

    op.drop_table("read_event")
    op.drop_table("login_attempt")
    with op.batch_alter_table("change_log", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_change_log_subject"))
        batch_op.drop_index(batch_op.f("ix_change_log_region_id"))
        batch_op.drop_index(batch_op.f("ix_change_log_at"))

    op.drop_table("change_log")
    op.drop_table("ab_view_menu")
    op.drop_table("ab_user")
    op.drop_table("ab_role")
    op.drop_table("ab_register_user")
    op.drop_table("ab_permission")
    op.drop_table("ab_group")
