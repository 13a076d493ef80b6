"""Who lives where and belongs to which group: everything else refers to it."""

from alembic import op
from louyu_runtime.schema import foundation_v1, tenant_table_v1

revision = "0001"
down_revision = None

TABLES = {
    "community": """
        community_id uuid PRIMARY KEY, key text NOT NULL, name text NOT NULL,
        subdistrict text NOT NULL, district text NOT NULL""",
    "building": """
        community_id uuid NOT NULL, building_id uuid NOT NULL, key text NOT NULL, name text NOT NULL,
        PRIMARY KEY (community_id, building_id), UNIQUE (community_id, key),
        FOREIGN KEY (community_id) REFERENCES messaging.community""",
    # version counts the HouseholdChanged events; flat is canonical: "3-501".
    "household": """
        community_id uuid NOT NULL, household_id uuid NOT NULL, building_id uuid NOT NULL, flat text NOT NULL,
        version bigint NOT NULL DEFAULT 0,
        PRIMARY KEY (community_id, household_id), UNIQUE (community_id, building_id, flat),
        FOREIGN KEY (community_id, building_id) REFERENCES messaging.building""",
    # key is null for those who joined by themselves. The limit lets one byte hold the name's length in an event.
    "person": """
        community_id uuid NOT NULL, person_id uuid NOT NULL, key text, name text NOT NULL, household_id uuid,
        created_at timestamptz NOT NULL,
        PRIMARY KEY (community_id, person_id), UNIQUE (community_id, key),
        CHECK (octet_length(name) BETWEEN 1 AND 127),
        FOREIGN KEY (community_id, household_id) REFERENCES messaging.household""",
    # The address itself is sealed; lookup is its keyed hash. chosen_group_id is where this person's words go.
    "channel_address": """
        community_id uuid NOT NULL, channel text NOT NULL, account text NOT NULL, lookup bytea NOT NULL,
        sealed bytea NOT NULL, person_id uuid NOT NULL, is_active boolean NOT NULL DEFAULT true,
        chosen_group_id uuid, chosen_at timestamptz, last_heard_at timestamptz, created_at timestamptz NOT NULL,
        PRIMARY KEY (community_id, channel, account, lookup),
        FOREIGN KEY (community_id, person_id) REFERENCES messaging.person""",
    # The plural, since the singular is a word of SQL. directory_version counts the GroupDirectoryChanged events.
    "groups": """
        community_id uuid NOT NULL, group_id uuid NOT NULL, key text NOT NULL, name text NOT NULL,
        last_seq bigint NOT NULL DEFAULT 0, directory_version bigint NOT NULL DEFAULT 0,
        PRIMARY KEY (community_id, group_id), UNIQUE (community_id, key),
        FOREIGN KEY (community_id) REFERENCES messaging.community""",
    "group_building": """
        community_id uuid NOT NULL, group_id uuid NOT NULL, building_id uuid NOT NULL,
        PRIMARY KEY (community_id, group_id, building_id),
        FOREIGN KEY (community_id, group_id) REFERENCES messaging.groups,
        FOREIGN KEY (community_id, building_id) REFERENCES messaging.building""",
    # roles stand in the order of rank; responder_keys are those of the role "staff".
    "member": """
        community_id uuid NOT NULL, group_id uuid NOT NULL, person_id uuid NOT NULL,
        roles text[] NOT NULL CHECK (cardinality(roles) > 0), responder_keys text[] NOT NULL DEFAULT '{}',
        joined_at timestamptz NOT NULL,
        PRIMARY KEY (community_id, group_id, person_id),
        FOREIGN KEY (community_id, group_id) REFERENCES messaging.groups,
        FOREIGN KEY (community_id, person_id) REFERENCES messaging.person""",
    # A code alone must lead to its group, so it is unique in the whole installation.
    "join_code": """
        community_id uuid NOT NULL, code text NOT NULL UNIQUE, group_id uuid NOT NULL,
        created_at timestamptz NOT NULL, expires_at timestamptz, withdrawn_at timestamptz,
        PRIMARY KEY (community_id, code),
        FOREIGN KEY (community_id, group_id) REFERENCES messaging.groups""",
    "consent": """
        community_id uuid NOT NULL, consent_id uuid NOT NULL, person_id uuid NOT NULL, purpose text NOT NULL,
        text_version text NOT NULL, state text NOT NULL CHECK (state IN ('given', 'withdrawn')),
        way text NOT NULL, recorded_at timestamptz NOT NULL,
        PRIMARY KEY (community_id, consent_id)""",
    "audit": """
        community_id uuid NOT NULL, audit_id uuid NOT NULL, recorded_at timestamptz NOT NULL,
        actor text NOT NULL, action text NOT NULL, object text NOT NULL, detail jsonb NOT NULL DEFAULT '{}',
        PRIMARY KEY (community_id, audit_id)""",
}
INDEXES = [
    "CREATE INDEX ON messaging.person (community_id, household_id)",
    "CREATE INDEX ON messaging.channel_address (community_id, person_id)",
    "CREATE INDEX ON messaging.channel_address (lookup)",
    "CREATE INDEX ON messaging.group_building (community_id, building_id)",
    "CREATE INDEX ON messaging.member (community_id, person_id)",
    "CREATE INDEX ON messaging.join_code (community_id, group_id)",
    "CREATE INDEX ON messaging.consent (community_id, person_id)",
    "CREATE INDEX ON messaging.audit (community_id, recorded_at)",
    # Its one often changed column is in no index: with room on the page, changing it touches no index either.
    "ALTER TABLE messaging.groups SET (fillfactor = 50)",
]
APPEND_ONLY = ("consent", "audit")


def upgrade() -> None:
    for statement in foundation_v1("messaging"):
        op.execute(statement)
    for table, columns in TABLES.items():
        op.execute(f"CREATE TABLE messaging.{table} ({columns})")
        for statement in tenant_table_v1("messaging", table):
            op.execute(statement)
    for statement in INDEXES:
        op.execute(statement)
    for table in APPEND_ONLY:
        op.execute(f"REVOKE UPDATE, DELETE ON messaging.{table} FROM louyu_messaging, louyu_messaging_worker")
