"""Posters: what stands on them, what their codes open, and who gets them."""

import io
import re

import aiohttp
import pytest
import segno
from louyu_gateway.posters.lettering import font_with
from louyu_gateway.posters.pdf import SENTENCES, pdf
from louyu_gateway.posters.poster import House, Imprint, one_poster, posters
from louyu_runtime.errors import InvalidArgument
from PIL import Image
from pypdf import PdfReader

from tests.gateway.conftest import GROUP, HEAD, JOIN_CODE, OTHER_GROUP, Edge
from tests.gateway.test_members import read, sign_in

in_an_installation = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(180)]
POSTER = f"/api/v1/groups/{GROUP}/poster"
IMPRINT = Imprint("光熙门北里北社区", JOIN_CODE, f"https://louyu.example/join/{JOIN_CODE}", "居委会，楼长 李秀英")
HOUSE = House("28", "28号楼", ("1", "2"))
SMALL = House("30", "30号楼", ())


def test_a_pdf_has_a_page_for_the_building_and_for_each_unit_with_all_that_a_resident_needs() -> None:
    document = PdfReader(io.BytesIO(pdf(posters(IMPRINT, [HOUSE], "", ""))))
    pages = [page.extract_text() for page in document.pages]
    assert ["28号楼" in page for page in pages] == [True] * 3
    assert [re.findall(r"(\d)单元", page) for page in pages] == [[], ["1"], ["2"]]
    for page in pages:
        for text in (IMPRINT.community, "扫码进群", JOIN_CODE, IMPRINT.publisher, *SENTENCES):
            assert text in page
    assert [round(float(side)) for side in document.pages[0].mediabox[2:]] == [595, 842]


def test_the_letters_are_in_the_file() -> None:
    content = pdf(posters(IMPRINT, [HOUSE], "28", "1"))
    assert content.count(b"/Type /FontDescriptor") == content.count(b"/FontFile2") == 1


def test_an_unknown_character_and_a_long_name_do_not_stop_a_poster() -> None:
    assert font_with("\ue000楼")
    long = Imprint("很长的社区" * 12, JOIN_CODE, IMPRINT.address, "\U0010fffd")
    assert PdfReader(io.BytesIO(pdf(posters(long, [HOUSE], "", "2")))).pages


@pytest.mark.parametrize(
    ("houses", "building", "unit", "address"),
    [
        ([HOUSE], "", "", IMPRINT.address),
        ([HOUSE], "28号楼", "2", IMPRINT.address + "?flat=2-"),
        ([HOUSE, SMALL], "30", "", IMPRINT.address + "?flat=30%E5%8F%B7%E6%A5%BC"),
        ([HOUSE, SMALL], "28", "1", IMPRINT.address + "?flat=28%E5%8F%B7%E6%A5%BC1-"),
    ],
)
def test_the_code_opens_the_page_for_joining_with_the_flat_begun(
    houses: list[House], building: str, unit: str, address: str
) -> None:
    made = one_poster(IMPRINT, houses, building, unit)
    wanted = [[bool(module) for module in row] for row in segno.make(address, error="m", micro=False).matrix]
    picture = Image.open(io.BytesIO(made.picture("png"))).convert("L")
    side = len(wanted) + 8
    step = picture.width // side
    assert picture.size == (side * step, side * step)
    seen = [
        [
            picture.getpixel(((4 + right) * step + step // 2, (4 + down) * step + step // 2)) == 0
            for right in range(len(wanted))
        ]
        for down in range(len(wanted))
    ]
    assert seen == wanted


@pytest.mark.parametrize(
    ("houses", "building", "unit", "field", "told"),
    [
        ([HOUSE], "29", "", "building", "it has 28号楼"),
        ([HOUSE], "28", "7", "unit", "it has 1、2"),
        ([HOUSE, SMALL], "", "1", "building", "several"),
        ([HOUSE, SMALL], "", "", "building", "several"),
        ([SMALL], "", "1", "unit", "it has none"),
        ([], "", "", "building", "it has none"),
    ],
)
def test_what_a_group_has_not_is_named_with_what_it_has(
    houses: list[House], building: str, unit: str, field: str, told: str
) -> None:
    with pytest.raises(InvalidArgument, match=told) as refused:
        one_poster(IMPRINT, houses, building, unit)
    assert refused.value.field == field


def test_a_unit_without_its_building_is_asked_back_where_there_are_several() -> None:
    with pytest.raises(InvalidArgument, match="name the building"):
        posters(IMPRINT, [HOUSE, SMALL], "", "1")


class TestServed:
    """As the gateway gives them."""

    pytestmark = in_an_installation

    @pytest.mark.parametrize(
        ("kind", "media_type", "begin"),
        [("pdf", "application/pdf", b"%PDF"), ("svg", "image/svg+xml", b"<?xml"), ("png", "image/png", b"\x89PNG")],
    )
    async def test_a_building_head_gets_each_format(
        self, edge: Edge, http: aiohttp.ClientSession, kind: str, media_type: str, begin: bytes
    ) -> None:
        head = edge.bearer(HEAD, "building_head")
        async with http.get(f"{POSTER}?format={kind}&building=28&unit=3", headers=head) as answer:
            assert answer.status == 200, await answer.text()
            assert answer.content_type == media_type
            assert (await answer.read()).startswith(begin)

    async def test_a_head_of_another_group_and_a_resident_are_refused(
        self, edge: Edge, http: aiohttp.ClientSession
    ) -> None:
        foreign = f"/api/v1/groups/{OTHER_GROUP}/poster"
        async with http.get(foreign, headers=edge.bearer(HEAD, "building_head")) as answer:
            assert answer.status == 404  # as if there were none
        async with http.get(POSTER, headers=edge.bearer(HEAD, "resident")) as answer:
            assert answer.status == 403

    async def test_an_unknown_unit_is_told(self, edge: Edge, http: aiohttp.ClientSession) -> None:
        async with http.get(f"{POSTER}?unit=77", headers=edge.bearer(HEAD, "building_head")) as answer:
            assert answer.status == 422
            assert "28号楼 has no unit '77'" in await answer.text()

    async def test_the_console_prints_a_building_and_a_unit_s_code_begins_the_flat(
        self, edge: Edge, http: aiohttp.ClientSession
    ) -> None:
        assert 'name="flat" required maxlength="20" value="3-"' in await read(http, f"/join/{JOIN_CODE}?flat=3-")
        await sign_in(http, edge, HEAD, "building_head")
        link = re.search(r'href="([^"]+/poster\.pdf[^"]*)"', await read(http, "/console/groups"))
        assert link is not None
        async with http.get(link[1]) as answer:
            assert answer.status == 200
            pages = [page.extract_text() for page in PdfReader(io.BytesIO(await answer.read())).pages]
        assert len(pages) > 1
        assert "3单元" in "".join(pages)
