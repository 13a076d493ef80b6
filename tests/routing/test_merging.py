"""Two persons who turned out to be one: the questions of the first are those of the second."""

from louyu.events.v1 import membership_events_pb2 as events
from louyu_routing.listening import Listener
from louyu_runtime.events.streams import Event
from louyu_sdk import QuestionState

from tests.routing.conftest import COMMUNITY, Neighbourhood, person
from tests.routing.test_message_changes import change


async def merge(neighbourhood: Neighbourhood, former: str, into: str) -> None:
    async with neighbourhood.database.transaction(COMMUNITY) as tx:
        listener = Listener(None, None, None, None)  # type: ignore[arg-type]  # none is needed for this
        handled_class, handle = listener.handlers["PersonMerged"]
        assert handled_class is events.PersonMerged
        payload = events.PersonMerged(person_id=person(former), into_person_id=person(into))
        await handle(tx, Event("1", "PersonMerged", COMMUNITY, "", tx.now, "", payload))


async def test_who_they_turned_out_to_be_settles_the_question(neighbourhood: Neighbourhood) -> None:
    seq, _ = await neighbourhood.ask("asker", "迁户口去哪个派出所？")
    await merge(neighbourhood, "asker", "neighbour")
    await merge(neighbourhood, "asker", "neighbour")  # an event may come twice
    await neighbourhood.post("head", "去左家庄派出所。", reply_to=seq)

    await neighbourhood.post("neighbour", "好的，谢谢，解决了", reply_to=seq)

    view = await neighbourhood.newest()
    assert [asker.person_id for asker in view.askers] == [person("neighbour")]
    assert view.question.state is QuestionState.RESOLVED


async def test_of_a_question_that_both_asked_one_asker_remains(neighbourhood: Neighbourhood) -> None:
    seq, _ = await neighbourhood.ask("asker", "电梯又停了，什么时候修好？")
    await change(neighbourhood, "me_too", seq, "neighbour")
    before = [asker.person_id for asker in (await neighbourhood.newest()).askers]

    await merge(neighbourhood, "asker", "neighbour")

    assert before == [person("asker"), person("neighbour")]
    assert [asker.person_id for asker in (await neighbourhood.newest()).askers] == [person("neighbour")]
