"""Linking: who joined on the page and writes to the account becomes one person, and nobody becomes a neighbour's."""

import asyncio
from dataclasses import dataclass, replace

import pytest
from louyu.messaging.v1 import community_pb2, message_pb2
from louyu.messaging.v1 import messaging_service_pb2 as pb
from louyu_messaging.linking import LETTERS, code_in
from louyu_runtime.errors import RemoteError
from louyu_runtime.identity import Principal

from tests.messaging.community import (
    ACCOUNT,
    CHANNEL,
    COMMUNITY,
    GROUP_28,
    GROUP_SMALL,
    NOTIFY,
    OPERATOR,
    Follower,
    Messaging,
    definition,
    person,
    person_id,
)
from tests.messaging.membership import HEAD, Membership


@dataclass
class Page:
    """Somebody of 2-301 who joined on the page."""

    messaging: Messaging
    membership: Membership
    id: str = ""

    @property
    def principal(self) -> Principal:
        return Principal("person", self.id, COMMUNITY, "冯女士", frozenset({"resident"}))

    async def code(self) -> str:
        code: str = (await self.membership.call("CreateLinkCode", self.principal)).code
        return code

    async def words(self) -> str:
        return f"绑定 {await self.code()}"

    async def known(self, who: str = "") -> community_pb2.Person:
        request = pb.GetPersonRequest(community_id=COMMUNITY, person=who or self.id)
        found: community_pb2.Person = (await self.messaging.call("GetPerson", request)).person
        return found

    async def addresses(self, who: str = "") -> list[str]:
        request = pb.ResolveAddressesRequest(community_id=COMMUNITY, person_ids=[who or self.id], channel=CHANNEL)
        found = (await self.messaging.call("ResolveAddresses", request, NOTIFY)).addresses
        return [each.address.address for each in found]


@pytest.fixture
async def page(membership: Membership) -> Page:
    joined = await membership.messaging.join("beili-28", "2-301", "page", name="冯女士")
    return Page(membership.messaging, membership, joined.person.id)


@pytest.fixture
def follower(messaging: Messaging) -> Follower:
    """The same one on the account, of whom nobody knows that."""
    return Follower(messaging, "oFENG")


async def members(messaging: Messaging, group: str = GROUP_28) -> list[str]:
    request = pb.ListMembersRequest(community_id=COMMUNITY, group_id=group, page_size=500)
    return [each.person_id for each in (await messaging.call("ListMembers", request)).members]


async def test_who_sends_the_words_is_the_person_of_the_page(page: Page, follower: Follower) -> None:
    await follower.arrives("beili-28")
    linked = await follower.writes(await page.words())
    posted = await follower.writes("暖气不热")

    assert (linked.linked.name, linked.linked.flat) == ("冯女士", "2-301")
    assert (posted.posted.person_id, posted.posted.group_name) == (page.id, "28号楼")
    assert await page.addresses() == ["oFENG"]
    assert (await members(page.messaging)).count(page.id) == 1


async def test_who_was_a_second_person_until_now_is_merged(page: Page, follower: Follower) -> None:
    await follower.arrives("beili-28")
    second = (await follower.writes("2-301")).joined.person_id
    await follower.writes("暖气不热", key="asked")
    await page.messaging.join("beili-3-5", "3号楼102", "elsewhere", address=follower.address)
    assert second != page.id
    assert await page.addresses() == []

    linked = await follower.writes(await page.words(), key="linking")

    assert linked.linked.name == "冯女士"
    assert (await follower.writes("anything", key="linking")) == linked, "a repeat gets the first answer"
    (merged,) = await page.membership.told("PersonMerged")
    assert (merged.person_id, merged.into_person_id) == (second, page.id)
    for group in (GROUP_28, GROUP_SMALL):
        assert page.id in await members(page.messaging, group)
        assert second not in await members(page.messaging, group)
    told = [each for event in await page.messaging.outbox("HouseholdChanged") for each in event.members]
    assert [list(each.channels) for each in told if each.person_id == page.id][-1] == [CHANNEL]
    assert (await follower.writes("暖气不热", key="asked")).posted.seq == 1, (
        "what was posted before is not posted again"
    )
    assert len(await page.messaging.messages()) == 1


async def test_answers_that_are_on_their_way_to_the_second_person_arrive(page: Page, follower: Follower) -> None:
    await follower.arrives("beili-28")
    second = (await follower.writes("2-301")).joined.person_id
    await follower.writes(await page.words())

    assert await page.addresses(second) == ["oFENG"]
    assert (await page.known(second)).id == page.id, "whoever is signed in as the second is the person, too"
    with pytest.raises(RemoteError, match="PERSON_NOT_FOUND"):
        request = pb.GetPersonRequest(community_id=COMMUNITY, person=page.id)
        stranger = Principal("person", second, COMMUNITY, "", frozenset({"resident"}))
        await page.messaging.call("GetPerson", request, stranger)


async def test_what_was_read_and_doubted_goes_along(page: Page, follower: Follower) -> None:
    await follower.arrives("beili-28")
    second = (await follower.writes("2-301")).joined.person_id
    await follower.writes("暖气不热")
    await page.membership.call("DecideResidency", HEAD, person_id=second, state=3, reason="没见过")
    async with page.messaging.host.database.transaction(COMMUNITY) as tx:
        await tx.execute(
            "INSERT INTO read_position (community_id, group_id, person_id, seq, read_at)"
            " VALUES (CAST(:c AS uuid), CAST(:g AS uuid), CAST(:p AS uuid), 1, now())",
            {"c": COMMUNITY, "g": GROUP_28, "p": second},
        )

    await follower.writes(await page.words())

    residency = (await page.membership.call("GetResidency", page.principal, person_id=page.id)).residency
    assert (residency.state, residency.reason) == (3, "没见过")
    request = pb.GetGroupRequest(community_id=COMMUNITY, group_id=GROUP_28)
    assert (await page.messaging.call("GetGroup", request, page.principal)).group.read_seq == 1


async def test_a_code_works_once_until_the_next_one_and_a_quarter_of_an_hour(page: Page, follower: Follower) -> None:
    first, last = await page.words(), await page.words()
    assert (await follower.writes(first)).refused.reason == "LINK_CODE_UNKNOWN"
    assert (await follower.writes(last)).linked.name == "冯女士"
    assert (await Follower(page.messaging, "oOTHER").writes(last)).refused.reason == "LINK_CODE_UNKNOWN"

    late = await page.words()
    async with page.messaging.host.database.transaction(COMMUNITY) as tx:
        await tx.execute("UPDATE link_code SET expires_at = CAST(:now AS timestamptz)", {"now": tx.now})
    assert (await Follower(page.messaging, "oLATE").writes(late)).refused.reason == "LINK_CODE_UNKNOWN"


async def test_two_who_send_the_same_code_at_once_are_not_both_taken_for_the_person(page: Page) -> None:
    words = await page.words()
    both = await asyncio.gather(*(Follower(page.messaging, openid).writes(words) for openid in ("oA", "oB")))

    assert sorted(each.WhichOneof("outcome") for each in both) == ["linked", "refused"]
    assert len(await page.addresses()) == 1


async def test_flat_and_name_of_a_neighbour_link_nothing(page: Page, follower: Follower) -> None:
    await follower.arrives("beili-28")
    joined = (await follower.writes("2-301")).joined
    again = await page.messaging.join("beili-28", "2-301", "other", name="冯女士")

    assert len({joined.person_id, again.person.id, page.id}) == 3
    assert await page.addresses() == []


async def test_the_words_do_not_go_into_the_group_where_a_neighbour_could_use_them(page: Page) -> None:
    words = await page.words()
    message = message_pb2.NewMessage(text=words, idempotency_key="told")
    request = pb.PostMessageRequest(community_id=COMMUNITY, group_id=GROUP_28, message=message)

    with pytest.raises(RemoteError, match="LINK_CODE_TOLD"):
        await page.messaging.call("PostMessage", request, page.principal)

    assert await page.messaging.messages() == []


async def test_a_role_is_not_merged_away(page: Page) -> None:
    wanted = definition()
    wanted.people[0].addresses.add(channel=CHANNEL, account=ACCOUNT, address="oHEAD")
    await page.messaging.apply(wanted)
    head = Follower(page.messaging, "oHEAD")

    words = await page.words()
    assert (await head.writes(words)).refused.reason == "LINKED_ROLE_HELD"
    assert person_id("louzhang") in await members(page.messaging)
    assert await page.addresses() == []
    assert (await Follower(page.messaging, "oFENG").writes(words)).linked.name == "冯女士", "the code is not used up"


async def test_a_head_who_came_by_a_link_is_known_at_the_account(page: Page, follower: Follower) -> None:
    code = (await page.membership.call("CreateLinkCode", HEAD)).code

    assert (await follower.writes(f"绑定{code}")).linked.name
    assert (await follower.writes("马上修")).posted.person_id == person_id("louzhang")


async def test_who_has_left_gets_no_code_and_uses_none(page: Page, follower: Follower) -> None:
    words = await page.words()
    request = pb.LeaveGroupRequest(
        community_id=COMMUNITY, group_id=GROUP_28, person_id=page.id, idempotency_key="leaving"
    )
    await page.messaging.call("LeaveGroup", request, page.principal)

    assert (await follower.writes(words)).refused.reason == "LINK_CODE_UNKNOWN"
    with pytest.raises(RemoteError, match="PERSON_NOT_FOUND"):
        await page.code()
    with pytest.raises(RemoteError, match="PERSON_NOT_FOUND"):
        await page.membership.call("CreateLinkCode", person("nobody"))
    with pytest.raises(RemoteError, match="NOT_A_PERSON"):
        await page.membership.call("CreateLinkCode", replace(OPERATOR, id="operator"))


async def test_the_merged_are_followed_further(page: Page, follower: Follower) -> None:
    await follower.arrives("beili-28")
    second = (await follower.writes("2-301")).joined.person_id
    await follower.writes(await page.words())
    third = await page.messaging.join("beili-28", "2-301", "again", name="冯太太")
    newest = Page(page.messaging, page.membership, third.person.id)
    await follower.writes(await newest.words())

    assert await page.addresses(second) == await page.addresses() == ["oFENG"]
    assert (await page.known(second)).id == third.person.id


@pytest.mark.parametrize(
    "text", ["绑定 K7PM 3XQW", "绑定k7pm3xqw", " 连接：K7PM-3XQW。", "绑定　Ｋ７ＰＭ３ＸＱＷ", "“绑定 K7PM 3XQW”"]
)
def test_the_words_are_understood_as_people_copy_them(text: str) -> None:
    assert code_in(text) == "K7PM3XQW"


@pytest.mark.parametrize("text", ["绑定", "绑定微信怎么弄？", "K7PM3XQW", "绑定 K7PM 3XQ0", "请帮我绑定 K7PM 3XQW", ""])
def test_other_words_are_messages(text: str) -> None:
    assert code_in(text) is None


def test_no_letter_of_a_code_is_taken_for_another() -> None:
    assert not set("01OIL") & set(LETTERS)


async def test_words_without_a_code_go_into_the_group(page: Page, follower: Follower) -> None:
    await follower.writes(await page.words())
    assert (await follower.writes("绑定微信怎么弄？")).WhichOneof("outcome") == "posted"
