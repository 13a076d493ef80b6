"""What the schema of every service holds beside its own tables, as SQL for migrations.

Roles: `louyu_<service>` does the work inside one community; `louyu_<service>_worker` owns the narrow functions that
reach across communities (relay, leases, timers, directory look-ups) and can do nothing else, since nobody logs in as it.
A released function here is never edited: a change is a new function with the next number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def foundation_v1(service: str) -> list[str]:
    """Roles, schema, clock, idempotency keys and the tables of events. The first statements of a service's first migration."""
    role, worker = f"louyu_{service}", f"louyu_{service}_worker"
    statements = [
        f"""DO $$ BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN CREATE ROLE {role} NOLOGIN; END IF;
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{worker}') THEN CREATE ROLE {worker} NOLOGIN; END IF;
        EXCEPTION WHEN unique_violation OR duplicate_object THEN NULL; END $$""",
        f"GRANT {role}, {worker} TO CURRENT_USER",
        f"GRANT USAGE ON SCHEMA {service} TO {role}",
        f"GRANT USAGE, CREATE ON SCHEMA {service} TO {worker}",
        # The clock: real time plus an offset that only the owner may change, so that tests can move it.
        f"CREATE TABLE {service}.clock (only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),"
        " clock_offset interval NOT NULL DEFAULT '0')",
        f"INSERT INTO {service}.clock DEFAULT VALUES",
        f"GRANT SELECT ON {service}.clock TO {role}, {worker}",
        f"""CREATE FUNCTION {service}.clock_now() RETURNS timestamptz LANGUAGE sql STABLE
            AS $$ SELECT now() + clock_offset FROM {service}.clock $$""",
        # The first answer to each writing call, kept 7 days.
        f"""CREATE TABLE {service}.idempotency_key (
            community_id uuid NOT NULL, caller text NOT NULL, method text NOT NULL, key text NOT NULL,
            request_hash bytea NOT NULL, response bytea NOT NULL, created_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (community_id, caller, method, key))""",
        f"CREATE INDEX ON {service}.idempotency_key (created_at)",
        # The outbox. `sequence` is a position that the database itself decided (the seq of a message); `published_no` is
        # the number of the publishing that took the row to Redis, null before.
        f"""CREATE TABLE {service}.outbox (
            community_id uuid NOT NULL, event_id uuid NOT NULL, position bigint GENERATED ALWAYS AS IDENTITY,
            type text NOT NULL, subject text NOT NULL, sequence bigint, occurred_at timestamptz NOT NULL,
            traceparent text NOT NULL, payload bytea NOT NULL, published_no bigint,
            created_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (community_id, created_at, event_id)) PARTITION BY RANGE (created_at)""",
        f"CREATE TABLE {service}.outbox_default PARTITION OF {service}.outbox DEFAULT",
        f"CREATE INDEX ON {service}.outbox (position) WHERE published_no IS NULL",
        f"CREATE INDEX ON {service}.outbox (published_no)",
        f"""CREATE TABLE {service}.relay_state (
            only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row), published_no bigint NOT NULL DEFAULT 0)""",
        f"INSERT INTO {service}.relay_state DEFAULT VALUES",
        f"GRANT SELECT, UPDATE ON {service}.relay_state TO {worker}",
        # What was consumed, and what could not be.
        f"""CREATE TABLE {service}.consumed_event (
            community_id uuid NOT NULL, event_id uuid NOT NULL, consumed_at timestamptz NOT NULL DEFAULT now(),
            PRIMARY KEY (community_id, event_id))""",
        f"CREATE INDEX ON {service}.consumed_event (consumed_at)",
        f"""CREATE TABLE {service}.parked_event (
            community_id uuid NOT NULL, event_id uuid NOT NULL, type text NOT NULL, subject text NOT NULL,
            envelope bytea NOT NULL, error text NOT NULL, attempt_count int NOT NULL,
            parked_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (community_id, event_id))""",
        # Which replica consumes which partition. The fence grows whenever the holder changes.
        f"""CREATE TABLE {service}.partition_lease (
            partition int PRIMARY KEY, holder text NOT NULL, fence bigint NOT NULL, expires_at timestamptz NOT NULL)""",
        f"""CREATE TABLE {service}.lease_holder (holder text PRIMARY KEY, seen_at timestamptz NOT NULL)""",
        f"GRANT SELECT ON {service}.partition_lease TO {role}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {service}.partition_lease, {service}.lease_holder TO {worker}",
        f"""CREATE FUNCTION {service}.unpublished_events(at_most int) RETURNS SETOF {service}.outbox LANGUAGE sql STABLE
            AS $$ SELECT * FROM {service}.outbox WHERE published_no IS NULL ORDER BY position LIMIT at_most $$""",
        f"""CREATE FUNCTION {service}.mark_published(positions bigint[]) RETURNS void LANGUAGE sql AS $$
            UPDATE {service}.outbox SET published_no = (SELECT published_no FROM {service}.relay_state)
             WHERE published_no IS NULL AND position = ANY (positions) $$""",
        f"""CREATE FUNCTION {service}.relay_number() RETURNS bigint LANGUAGE sql STABLE
            AS $$ SELECT published_no FROM {service}.relay_state $$""",
        f"""CREATE FUNCTION {service}.set_relay_number(no bigint) RETURNS void LANGUAGE sql
            AS $$ UPDATE {service}.relay_state SET published_no = no $$""",
        f"""CREATE FUNCTION {service}.publish_again_after(no bigint) RETURNS bigint LANGUAGE sql AS $$
            WITH again AS (UPDATE {service}.outbox SET published_no = NULL WHERE published_no > no RETURNING 1)
            SELECT count(*) FROM again $$""",
        f"""CREATE FUNCTION {service}.outbox_age_seconds() RETURNS double precision LANGUAGE sql STABLE AS $$
            SELECT COALESCE(EXTRACT(epoch FROM now() - min(created_at)), 0) FROM {service}.outbox
             WHERE published_no IS NULL $$""",
        f"""CREATE FUNCTION {service}.renew_partition_leases(
                me text, session text, partitions int, ttl interval) RETURNS TABLE (lease_partition int, lease_fence bigint)
            LANGUAGE plpgsql AS $$
            DECLARE full_name text := me || '/' || session; fair int; held int;
            BEGIN
                -- one at a time: replicas that start together would otherwise take more than their share
                PERFORM pg_advisory_xact_lock(hashtext('{service}.partition_lease'));
                DELETE FROM {service}.lease_holder WHERE seen_at < clock_timestamp() - ttl
                    OR (holder LIKE me || '/%' AND holder <> full_name);
                INSERT INTO {service}.lease_holder VALUES (full_name, clock_timestamp())
                    ON CONFLICT (holder) DO UPDATE SET seen_at = excluded.seen_at;
                SELECT ceil(partitions::numeric / count(*)) INTO fair FROM {service}.lease_holder;
                UPDATE {service}.partition_lease SET expires_at = clock_timestamp() + ttl WHERE holder = full_name;
                SELECT count(*) INTO held FROM {service}.partition_lease WHERE holder = full_name;
                IF held > fair THEN
                    DELETE FROM {service}.partition_lease AS l USING (
                        SELECT partition FROM {service}.partition_lease WHERE holder = full_name
                        ORDER BY partition DESC LIMIT held - fair) AS extra WHERE l.partition = extra.partition;
                ELSIF held < fair THEN
                    INSERT INTO {service}.partition_lease AS l (partition, holder, fence, expires_at)
                    SELECT p, full_name, (EXTRACT(epoch FROM clock_timestamp()) * 1000)::bigint, clock_timestamp() + ttl
                      FROM generate_series(0, partitions - 1) AS p
                      LEFT JOIN {service}.partition_lease AS o ON o.partition = p
                     WHERE o.partition IS NULL OR o.expires_at < clock_timestamp() OR NOT EXISTS (
                            SELECT FROM {service}.lease_holder AS h WHERE h.holder = o.holder)
                     ORDER BY p LIMIT fair - held
                    ON CONFLICT (partition) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at,
                        fence = greatest(l.fence + 1, excluded.fence);
                END IF;
                RETURN QUERY SELECT l.partition, l.fence FROM {service}.partition_lease AS l WHERE l.holder = full_name;
            END $$""",
        f"""CREATE FUNCTION {service}.release_partition_leases(full_name text) RETURNS void LANGUAGE sql AS $$
            DELETE FROM {service}.partition_lease WHERE holder = full_name;
            DELETE FROM {service}.lease_holder WHERE holder = full_name $$""",
        f"""CREATE FUNCTION {service}.forget_old_keys(older_than interval) RETURNS void LANGUAGE sql AS $$
            DELETE FROM {service}.idempotency_key WHERE created_at < now() - older_than;
            DELETE FROM {service}.consumed_event WHERE consumed_at < now() - older_than - interval '2 days' $$""",
        # Partitions are made by their owner; the worker may only ask for it.
        f"""CREATE FUNCTION {service}.maintain_outbox(keep_days int) RETURNS void LANGUAGE plpgsql
            SECURITY DEFINER SET search_path = {service}, pg_temp AS $$
            DECLARE day date; name text; old record; unpublished bool;
            BEGIN
                PERFORM pg_advisory_xact_lock(hashtext('{service}.maintain_outbox'));
                FOR day IN SELECT (now() AT TIME ZONE 'UTC')::date + n FROM generate_series(0, 3) AS n LOOP
                    name := 'outbox_' || to_char(day, 'YYYYMMDD');
                    IF to_regclass('{service}.' || name) IS NULL AND NOT EXISTS (
                        SELECT FROM {service}.outbox_default WHERE created_at >= day::timestamp AT TIME ZONE 'UTC'
                           AND created_at < (day + 1)::timestamp AT TIME ZONE 'UTC') THEN
                        EXECUTE format('CREATE TABLE {service}.%I PARTITION OF {service}.outbox FOR VALUES FROM (%L) TO (%L)',
                            name, day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC');
                    END IF;
                END LOOP;
                FOR old IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
                            WHERE i.inhparent = '{service}.outbox'::regclass AND c.relname ~ '^outbox_[0-9]{{8}}$'
                              AND to_date(right(c.relname, 8), 'YYYYMMDD') < (now() AT TIME ZONE 'UTC')::date - keep_days LOOP
                    EXECUTE format('SELECT EXISTS (SELECT FROM {service}.%I WHERE published_no IS NULL)', old.relname)
                       INTO unpublished;
                    IF NOT unpublished THEN EXECUTE format('DROP TABLE {service}.%I', old.relname); END IF;
                END LOOP;
                DELETE FROM {service}.outbox_default
                 WHERE published_no IS NOT NULL AND created_at < now() - make_interval(days => keep_days);
            END $$""",
        f"REVOKE ALL ON FUNCTION {service}.maintain_outbox(int) FROM PUBLIC",
        f"GRANT EXECUTE ON FUNCTION {service}.maintain_outbox(int) TO {role}",
    ]
    for table in ("idempotency_key", "outbox", "consumed_event", "parked_event"):
        statements += tenant_table_v1(service, table)
    statements += worker_functions_v1(
        service,
        (
            "unpublished_events(int)",
            "mark_published(bigint[])",
            "relay_number()",
            "set_relay_number(bigint)",
            "publish_again_after(bigint)",
            "outbox_age_seconds()",
            "renew_partition_leases(text, text, int, interval)",
            "release_partition_leases(text)",
            "forget_old_keys(interval)",
        ),
    )
    # A partitioned table's default partition starts life owned by the migrator and must not sit with rows for long.
    statements.append(f"SELECT {service}.maintain_outbox(7)")
    return statements


def parked_everywhere_v1(service: str) -> list[str]:
    """A look at the parked events of all communities, for operators, who belong to none."""
    return [
        f"""CREATE FUNCTION {service}.parked_everywhere(skip int, at_most int)
            RETURNS TABLE (community_id uuid, event_id uuid, type text, subject text, error text, attempt_count int,
                           parked_at timestamptz) LANGUAGE sql STABLE AS $$
            SELECT p.community_id, p.event_id, p.type, p.subject, p.error, p.attempt_count, p.parked_at
              FROM {service}.parked_event AS p ORDER BY p.parked_at DESC, p.event_id OFFSET skip LIMIT at_most $$""",
        *worker_functions_v1(service, ("parked_everywhere(int, int)",)),
    ]


def forgetting_v1(service: str, kinds: Mapping[str, str]) -> list[str]:
    """The function `forget`: removes at most so many rows of a kind that are older than a span, and returns how many.

    `kinds` gives for each name one statement; `cutoff` and `at_most` stand in it for the moment and the bound. Keys of
    requests and consumed events are added. Replaces `forget_old_keys`, which knew no bound.
    """
    return [f"DROP FUNCTION {service}.forget_old_keys(interval)", *_forget_function(service, kinds)]


def forgetting_v2(service: str, kinds: Mapping[str, str]) -> list[str]:
    """The function `forget` of `forgetting_v1` anew, with other kinds."""
    return [f"DROP FUNCTION {service}.forget(text, interval, int)", *_forget_function(service, kinds)]


def _forget_function(service: str, kinds: Mapping[str, str]) -> list[str]:
    common = {
        "idempotency_key": oldest_of(service, "idempotency_key", "caller, method, key", "created_at < cutoff"),
        "consumed_event": oldest_of(service, "consumed_event", "event_id", "consumed_at < cutoff"),
    }
    branches = " ".join(f"WHEN '{kind}' THEN {statement};" for kind, statement in {**common, **kinds}.items())
    return [
        f"""CREATE FUNCTION {service}.forget(what text, older_than interval, at_most int) RETURNS bigint
            LANGUAGE plpgsql AS $$
            DECLARE cutoff timestamptz := {service}.clock_now() - older_than; gone bigint;
            BEGIN
                CASE what {branches} END CASE;
                GET DIAGNOSTICS gone = ROW_COUNT;
                RETURN gone;
            END $$""",
        *worker_functions_v1(service, ("forget(text, interval, int)",)),
    ]


def oldest_of(service: str, table: str, key: str, condition: str) -> str:
    """Return a statement that deletes rows of a tenant's table; `key` is the rest of its primary key."""
    keys = f"community_id, {key}"
    return (
        f"DELETE FROM {service}.{table} WHERE ({keys}) IN"
        f" (SELECT {keys} FROM {service}.{table} WHERE {condition} LIMIT at_most FOR UPDATE SKIP LOCKED)"
    )


def tenant_table_v1(service: str, table: str) -> list[str]:
    """Row-level security and grants of one table whose rows each belong to a community (column community_id)."""
    role, worker = f"louyu_{service}", f"louyu_{service}_worker"
    own = "community_id = NULLIF(current_setting('louyu.community', true), '')::uuid"
    return [
        f"ALTER TABLE {service}.{table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {service}.{table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY own_community ON {service}.{table} TO {role} USING ({own}) WITH CHECK ({own})",
        f"CREATE POLICY worker ON {service}.{table} TO {worker} USING (true) WITH CHECK (true)",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {service}.{table} TO {role}, {worker}",
    ]


def worker_functions_v1(service: str, signatures: Iterable[str]) -> list[str]:
    """Make functions run as the service's worker, callable by the service alone.

    Each is given as name(types), and must name its tables with their schema.
    """
    role, worker = f"louyu_{service}", f"louyu_{service}_worker"
    statements = []
    for signature in signatures:
        function = f"{service}.{signature}"
        statements += [
            f"ALTER FUNCTION {function} SECURITY DEFINER SET search_path = {service}, pg_temp",
            f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC",
            f"GRANT EXECUTE ON FUNCTION {function} TO {role}",
            f"ALTER FUNCTION {function} OWNER TO {worker}",
        ]
    return statements
