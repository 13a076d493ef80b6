"""Leaving: what a member is asked to confirm at the door, and persons who have left."""

from alembic import op
from louyu_runtime.schema import tenant_table_v1, worker_functions_v1

revision = "0009"
down_revision = "0008"

# Somebody who must confirm that they leave, or say what they mean by a flat. The community is that of the group.
PENDING_CONFIRMATION = """
CREATE TABLE messaging.pending_confirmation (
    community_id uuid NOT NULL, channel text NOT NULL, account text NOT NULL, lookup bytea NOT NULL,
    kind text NOT NULL CHECK (kind IN ('leave', 'flat')), group_id uuid NOT NULL, person_id uuid NOT NULL,
    flat text NOT NULL DEFAULT '', waiting jsonb, asked_at timestamptz NOT NULL,
    PRIMARY KEY (community_id, channel, account, lookup))
"""

# As before, and what must be confirmed, for half an hour.
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
    SELECT 'confirming', c.community_id, jsonb_build_object('kind', c.kind, 'group_id', c.group_id, 'group_name', g.name,
               'person_id', c.person_id, 'flat', c.flat, 'waiting', c.waiting)
      FROM messaging.pending_confirmation AS c JOIN messaging.groups AS g USING (community_id, group_id)
     WHERE c.lookup = of_lookup AND c.channel = of_channel AND c.account = of_account
       AND c.asked_at > moment - interval '30 minutes'
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

SIGNATURE = "door_state(text, text, bytea, bytea, boolean)"


def upgrade() -> None:
    # An import must not bring back whoever has left by their own word.
    op.execute("ALTER TABLE messaging.person ADD COLUMN left_at timestamptz")
    op.execute(PENDING_CONFIRMATION)
    for statement in tenant_table_v1("messaging", "pending_confirmation"):
        op.execute(statement)
    op.execute("CREATE INDEX ON messaging.pending_confirmation (lookup)")
    op.execute(f"DROP FUNCTION messaging.{SIGNATURE}")
    op.execute(DOOR_STATE)
    for statement in worker_functions_v1("messaging", (SIGNATURE,)):
        op.execute(statement)
