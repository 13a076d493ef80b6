"""Snapshots of one group or household for the events that tell them, each under its next version."""

from __future__ import annotations

from louyu_runtime.database import Transaction

from louyu_messaging.directory import GroupDirectory, Holding, HouseholdFacts, HouseholdMember, role_holders


async def next_group_directory(tx: Transaction, group_id: str) -> tuple[GroupDirectory, int]:
    """Count up the version of a group's directory and return it as it is now.

    Counting locks the group, so that of two changes at once the later one tells both. Messages to the group wait
    meanwhile: call it last in a transaction.
    """
    names = {"community": tx.community_id, "group": group_id}
    group = (
        await tx.execute(
            "UPDATE groups SET directory_version = directory_version + 1"
            " WHERE community_id = CAST(:community AS uuid) AND group_id = CAST(:group AS uuid)"
            " RETURNING name, directory_version",
            names,
        )
    ).one()
    community = (
        await tx.execute("SELECT key, name FROM community WHERE community_id = CAST(:community AS uuid)", names)
    ).one()
    buildings = await tx.rows(
        "SELECT b.building_id, b.key, b.name FROM group_building AS gb JOIN building AS b USING (community_id, building_id)"
        " WHERE gb.community_id = CAST(:community AS uuid) AND gb.group_id = CAST(:group AS uuid) ORDER BY b.key",
        **names,
    )
    holders = await tx.rows(
        "SELECT m.person_id, p.name, m.roles, m.responder_keys, m.is_second"
        " FROM member AS m JOIN person AS p USING (community_id, person_id)"
        " WHERE m.community_id = CAST(:community AS uuid) AND m.group_id = CAST(:group AS uuid) AND m.roles <> '{resident}'",
        **names,
    )
    count = await tx.value(
        "SELECT count(*) FROM member WHERE community_id = CAST(:community AS uuid) AND group_id = CAST(:group AS uuid)",
        **names,
    )
    directory = GroupDirectory(
        group_id=group_id,
        name=group.name,
        buildings=tuple((str(row[0]), row[1], row[2]) for row in buildings),
        role_holders=role_holders(
            Holding(str(row[0]), row[1], tuple(row[2]), tuple(row[3]), row[4]) for row in holders
        ),
        member_count=count,
        community_key=community.key,
        community_name=community.name,
    )
    return directory, group.directory_version


async def next_household_facts(tx: Transaction, household_id: str) -> tuple[HouseholdFacts, int]:
    """Count up the version of a household and return it as it is now."""
    names = {"community": tx.community_id, "household": household_id}
    household = (
        await tx.execute(
            "UPDATE household AS h SET version = version + 1 FROM building AS b"
            " WHERE h.community_id = CAST(:community AS uuid) AND h.household_id = CAST(:household AS uuid)"
            " AND b.community_id = h.community_id AND b.building_id = h.building_id"
            " RETURNING h.building_id, b.key, h.flat, h.version",
            names,
        )
    ).one()
    members = await tx.rows(
        """
        SELECT p.person_id, p.name, array_agg(DISTINCT m.group_id::text ORDER BY m.group_id::text) AS groups,
               ARRAY(SELECT DISTINCT a.channel FROM channel_address AS a WHERE a.community_id = p.community_id
                        AND a.person_id = p.person_id AND a.is_active ORDER BY a.channel) AS channels
          FROM person AS p JOIN member AS m USING (community_id, person_id)
         WHERE p.community_id = CAST(:community AS uuid) AND p.household_id = CAST(:household AS uuid)
         GROUP BY p.community_id, p.person_id ORDER BY p.person_id
        """,
        **names,
    )
    facts = HouseholdFacts(
        household_id=household_id,
        building_id=str(household.building_id),
        building_key=household.key,
        flat=household.flat,
        members=tuple(
            HouseholdMember(str(row.person_id), tuple(row.channels), tuple(row.groups), row.name) for row in members
        ),
    )
    return facts, household.version
