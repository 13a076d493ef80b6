"""The conversation at the door: how somebody on a channel becomes a member, and where their words go."""

from alembic import op
from louyu_runtime.schema import tenant_table_v1, worker_functions_v1

revision = "0003"
down_revision = "0002"

TABLES = {
    # Somebody who must name the flat next. The community is that of the join code.
    "pending_join": """
        community_id uuid NOT NULL, channel text NOT NULL, account text NOT NULL, lookup bytea NOT NULL,
        group_id uuid NOT NULL, join_code text NOT NULL, consent_version text NOT NULL, asked_at timestamptz NOT NULL,
        PRIMARY KEY (community_id, channel, account, lookup)""",
    # Somebody who must say which group is meant, with the words that wait for it. The groups may be of several
    # communities; the row belongs to that of the first.
    "pending_choice": """
        community_id uuid NOT NULL, channel text NOT NULL, account text NOT NULL, lookup bytea NOT NULL,
        options jsonb NOT NULL, waiting jsonb NOT NULL, asked_at timestamptz NOT NULL,
        PRIMARY KEY (community_id, channel, account, lookup)""",
    # What a callback came to, for its repeats. Strangers belong to no community: theirs stand under the nil UUID.
    "channel_receipt": """
        community_id uuid NOT NULL, callback bytea NOT NULL, outcome jsonb NOT NULL, created_at timestamptz NOT NULL,
        PRIMARY KEY (community_id, callback)""",
}
INDEXES = [
    "CREATE INDEX ON messaging.pending_join (lookup)",
    "CREATE INDEX ON messaging.pending_choice (lookup)",
    "CREATE INDEX ON messaging.channel_receipt (callback)",
    "CREATE INDEX ON messaging.channel_receipt (created_at)",
]

# All that decides what an arriving callback means, in one round trip. `heard` notes that the person wrote just now.
DOOR_STATE = """
CREATE FUNCTION messaging.door_state(
    of_channel text, of_account text, of_lookup bytea, of_callback bytea, heard boolean)
RETURNS TABLE (kind text, community_id uuid, detail jsonb) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE moment timestamptz := messaging.clock_now();
BEGIN
    IF heard THEN
        UPDATE messaging.channel_address AS a SET last_heard_at = moment
         WHERE a.lookup = of_lookup AND a.channel = of_channel AND a.account = of_account AND a.is_active
           AND (a.last_heard_at IS NULL OR a.last_heard_at < moment - interval '1 minute');
    END IF;
    RETURN QUERY
    SELECT 'receipt', r.community_id, r.outcome FROM messaging.channel_receipt AS r WHERE r.callback = of_callback
    UNION ALL
    SELECT 'posted', k.community_id, jsonb_build_object('person_id', a.person_id, 'answer', encode(k.response, 'hex'))
      FROM messaging.channel_address AS a JOIN messaging.idempotency_key AS k
        ON k.community_id = a.community_id AND k.caller = a.person_id::text AND k.method = 'PostMessage'
       AND k.key = 'door/' || encode(of_callback, 'hex')
     WHERE a.lookup = of_lookup AND a.channel = of_channel AND a.account = of_account
    UNION ALL
    SELECT 'joining', p.community_id, jsonb_build_object('group_id', p.group_id, 'join_code', p.join_code,
               'consent_version', p.consent_version, 'group_name', g.name)
      FROM messaging.pending_join AS p JOIN messaging.groups AS g USING (community_id, group_id)
     WHERE p.lookup = of_lookup AND p.channel = of_channel AND p.account = of_account
    UNION ALL
    SELECT 'choosing', p.community_id, jsonb_build_object('options', p.options, 'waiting', p.waiting)
      FROM messaging.pending_choice AS p
     WHERE p.lookup = of_lookup AND p.channel = of_channel AND p.account = of_account
    UNION ALL
    SELECT 'address', a.community_id, jsonb_build_object('person_id', a.person_id, 'is_active', a.is_active,
               'community_name', (SELECT c.name FROM messaging.community AS c WHERE c.community_id = a.community_id),
               'chosen_group_id', a.chosen_group_id, 'chosen_at', extract(epoch FROM a.chosen_at),
               'groups', (SELECT COALESCE(jsonb_agg(jsonb_build_object('id', g.group_id, 'name', g.name)
                                                    ORDER BY g.name, g.group_id), '[]')
                            FROM messaging.member AS m JOIN messaging.groups AS g USING (community_id, group_id)
                           WHERE m.community_id = a.community_id AND m.person_id = a.person_id))
      FROM messaging.channel_address AS a
     WHERE a.lookup = of_lookup AND a.channel = of_channel AND a.account = of_account;
END $$
"""

RESOLVE_JOIN_CODE = """
CREATE FUNCTION messaging.resolve_join_code(of_code text)
RETURNS TABLE (community_id uuid, group_id uuid) LANGUAGE sql STABLE AS $$
    SELECT j.community_id, j.group_id FROM messaging.join_code AS j
     WHERE j.code = of_code AND j.withdrawn_at IS NULL
       AND (j.expires_at IS NULL OR j.expires_at > messaging.clock_now())
$$
"""

# Codes that other communities have used, working or not.
TAKEN_JOIN_CODES = """
CREATE FUNCTION messaging.taken_join_codes(codes text[], own_community uuid)
RETURNS SETOF text LANGUAGE sql STABLE AS $$
    SELECT j.code FROM messaging.join_code AS j WHERE j.code = ANY (codes) AND j.community_id <> own_community
$$
"""

FIND_ADDRESSES = """
CREATE FUNCTION messaging.find_addresses(of_channel text, of_account text, of_lookup bytea)
RETURNS TABLE (community_id uuid, person_id uuid) LANGUAGE sql STABLE AS $$
    SELECT a.community_id, a.person_id FROM messaging.channel_address AS a
     WHERE a.lookup = of_lookup AND a.channel = of_channel AND a.account = of_account AND a.is_active
     ORDER BY a.community_id
$$
"""

FORGET_DOOR_STATE = """
CREATE FUNCTION messaging.forget_door_state(older_than interval) RETURNS void LANGUAGE sql AS $$
    DELETE FROM messaging.channel_receipt WHERE created_at < messaging.clock_now() - older_than;
    DELETE FROM messaging.pending_join WHERE asked_at < messaging.clock_now() - older_than;
    DELETE FROM messaging.pending_choice WHERE asked_at < messaging.clock_now() - older_than;
$$
"""


def upgrade() -> None:
    for table, columns in TABLES.items():
        op.execute(f"CREATE TABLE messaging.{table} ({columns})")
        for statement in tenant_table_v1("messaging", table):
            op.execute(statement)
    for statement in INDEXES:
        op.execute(statement)
    for function in (DOOR_STATE, RESOLVE_JOIN_CODE, TAKEN_JOIN_CODES, FIND_ADDRESSES, FORGET_DOOR_STATE):
        op.execute(function)
    signatures = (
        "door_state(text, text, bytea, bytea, boolean)",
        "resolve_join_code(text)",
        "taken_join_codes(text[], uuid)",
        "find_addresses(text, text, bytea)",
        "forget_door_state(interval)",
    )
    for statement in worker_functions_v1("messaging", signatures):
        op.execute(statement)
