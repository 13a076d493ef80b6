"""Who belongs to a household and as what, whether it is confirmed, who stands in for whom, who is on duty, who is who."""

from alembic import op
from louyu_runtime.schema import tenant_table_v1, worker_functions_v1

revision = "0012"
down_revision = "0011"

COLUMNS = [
    # Whether residency is confirmed here, whether the doubted read on, and the count of AvailabilityChanged events.
    "ALTER TABLE messaging.community ADD COLUMN confirms_residency boolean NOT NULL DEFAULT false,"
    " ADD COLUMN doubted_may_not_read boolean NOT NULL DEFAULT false,"
    " ADD COLUMN availability_version bigint NOT NULL DEFAULT 0",
    # Of the role building_head: the second manager beside the head.
    "ALTER TABLE messaging.member ADD COLUMN is_second boolean NOT NULL DEFAULT false",
    # Who somebody turned out to be: asked for by the old id, they are found as the new one. Never leads to one who has it too.
    "ALTER TABLE messaging.person ADD COLUMN merged_into uuid",
]

_PERSON = "FOREIGN KEY (community_id, person_id) REFERENCES messaging.person ON DELETE CASCADE"

TABLES = {
    # state speaks of household_id alone: whoever has moved since is judged anew. Without a row, or without a state, those
    # named in the community's file count as confirmed, those who joined by themselves as unconfirmed.
    "residency": f"""
        community_id uuid NOT NULL, person_id uuid NOT NULL,
        kind text NOT NULL DEFAULT '' CHECK (kind IN ('', 'owner', 'tenant', 'absent_owner', 'staff', 'official')),
        state text CHECK (state IN ('unconfirmed', 'confirmed', 'doubted')), household_id uuid, since timestamptz,
        decided_by text NOT NULL DEFAULT '', decided_by_name text NOT NULL DEFAULT '', reason text NOT NULL DEFAULT '',
        PRIMARY KEY (community_id, person_id), {_PERSON}""",
    # What the console decided about roles: it holds against the community's file, which would undo it otherwise.
    "role_decision": f"""
        community_id uuid NOT NULL, group_id uuid NOT NULL, person_id uuid NOT NULL, role text NOT NULL,
        responder_key text NOT NULL DEFAULT '', is_granted boolean NOT NULL, is_second boolean NOT NULL DEFAULT false,
        decided_by text NOT NULL, decided_at timestamptz NOT NULL,
        PRIMARY KEY (community_id, group_id, person_id, role, responder_key), {_PERSON},
        FOREIGN KEY (community_id, group_id) REFERENCES messaging.groups ON DELETE CASCADE""",
    "absence": f"""
        community_id uuid NOT NULL, absence_id uuid NOT NULL, person_id uuid NOT NULL, substitute_id uuid,
        starts_at timestamptz NOT NULL, ends_at timestamptz NOT NULL, entered_by text NOT NULL,
        entered_at timestamptz NOT NULL, CHECK (starts_at < ends_at), CHECK (substitute_id <> person_id),
        PRIMARY KEY (community_id, absence_id), {_PERSON},
        FOREIGN KEY (community_id, substitute_id) REFERENCES messaging.person ON DELETE SET NULL (substitute_id)""",
    # Times are those of the community's clock, which routing knows.
    "duty_shift": f"""
        community_id uuid NOT NULL, shift_id uuid NOT NULL, person_id uuid NOT NULL,
        role text NOT NULL DEFAULT '', responder_key text NOT NULL DEFAULT '',
        weekdays int[] NOT NULL DEFAULT '{{}}', on_date date, from_time time NOT NULL, until_time time NOT NULL,
        entered_by text NOT NULL, entered_at timestamptz NOT NULL,
        CHECK ((role = '') <> (responder_key = '')), CHECK ((weekdays = '{{}}') = (on_date IS NOT NULL)),
        PRIMARY KEY (community_id, shift_id), {_PERSON}""",
    # What a person shows to an account to be known there, by its keyed hash. Used once.
    "link_code": f"""
        community_id uuid NOT NULL, code bytea NOT NULL, person_id uuid NOT NULL, expires_at timestamptz NOT NULL,
        PRIMARY KEY (community_id, code), {_PERSON}""",
}
INDEXES = [
    "CREATE INDEX ON messaging.absence (community_id, ends_at)",
    "CREATE INDEX ON messaging.absence (community_id, person_id)",
    "CREATE INDEX ON messaging.absence (community_id, substitute_id)",
    "CREATE INDEX ON messaging.duty_shift (community_id, person_id)",
    "CREATE INDEX ON messaging.link_code (community_id, person_id)",
    "CREATE INDEX ON messaging.link_code (code)",
    "CREATE INDEX ON messaging.person (community_id, merged_into) WHERE merged_into IS NOT NULL",
]

RESOLVE_LINK_CODE = """
CREATE FUNCTION messaging.resolve_link_code(of_code bytea) RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT l.community_id FROM messaging.link_code AS l
     WHERE l.code = of_code AND l.expires_at > messaging.clock_now() LIMIT 1
$$
"""


def upgrade() -> None:
    for statement in COLUMNS:
        op.execute(statement)
    for table, columns in TABLES.items():
        op.execute(f"CREATE TABLE messaging.{table} ({columns})")
        for statement in tenant_table_v1("messaging", table):
            op.execute(statement)
    for statement in INDEXES:
        op.execute(statement)
    op.execute(RESOLVE_LINK_CODE)
    for statement in worker_functions_v1("messaging", ("resolve_link_code(bytea)",)):
        op.execute(statement)
