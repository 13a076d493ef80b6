"""A playlist becomes slides that can be read from three metres and stay long enough to be read."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st
from louyu.notify.v1 import screen_pb2
from louyu_gateway.pages.slides import SIGNS_PER_SLIDE, pages_of, slides_of
from louyu_gateway.wire import timestamp


@given(st.text(alphabet="停水通知，。！？\n 9", max_size=600))
def test_no_slide_holds_too_much_and_no_sign_is_lost(text: str) -> None:
    pages = pages_of(text)
    assert all(sum(map(len, page)) <= SIGNS_PER_SLIDE for page in pages)
    kept = "".join(sign for page in pages for paragraph in page for sign in paragraph if not sign.isspace())
    assert kept == "".join(sign for sign in text if not sign.isspace())


def test_a_long_text_is_cut_after_a_sentence_and_numbered() -> None:
    sentence = "因更换水泵，二十八号楼和三十二号楼停水。"
    item = screen_pb2.ScreenItem(id="n1", kind="announcement", title="停水", text=sentence * 6)
    slides = slides_of([item])
    assert [slide["label"] for slide in slides] == ["通知 1/2", "通知 2/2"]
    assert all(str(slide["paragraphs"]).endswith("。']") for slide in slides)
    assert {slide["item"] for slide in slides} == {"n1"}


def test_a_slide_stays_as_long_as_its_signs_need() -> None:
    def seconds(signs: int) -> object:
        return slides_of([screen_pb2.ScreenItem(id="a", kind="answer", title="问", text="答" * signs)])[0]["seconds"]

    assert (seconds(1), seconds(40), seconds(79)) == (8, 13, 23)


def test_times_are_milliseconds_and_zero_where_there_is_none() -> None:
    until = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
    [slide] = slides_of([screen_pb2.ScreenItem(id="a", kind="emergency", text="走楼梯", valid_until=timestamp(until))])
    assert (slide["validFrom"], slide["validUntil"]) == (0, 1_768_478_400_000)


def test_an_unknown_kind_is_shown_as_an_announcement() -> None:
    [slide] = slides_of([screen_pb2.ScreenItem(id="a", kind="poem", title="春", text="晓")])
    assert (slide["kind"], slide["label"]) == ("announcement", "通知")
