"""Posters as A4 pages. Letters are as high as the eye needs at two metres: 24 points and more for what a resident must read."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from fpdf import FPDF

from louyu_gateway.posters.lettering import font_with
from louyu_gateway.posters.poster import Poster

CALL = "扫码进群"
SENTENCES = ("有事在群里问，邻居和楼长都看得到", "一定有人答复，一直问到有结果", "遇到危险，先打 119、110、120")
_FACE = "louyu"
_WIDTH = 595.28
_MARGIN = 40.0
_QR_SIDE = 254.0
_INK, _SIGNAL, _SOFT = (20, 24, 30), (178, 24, 20), (90, 96, 104)


def pdf(sheets: Sequence[Poster]) -> bytes:
    """Return a document with one page for each poster. Takes a part of a second: call it on a thread."""
    lines = [_lines(sheet) for sheet in sheets]
    document = FPDF(unit="pt", format="A4")
    document.set_auto_page_break(False)
    document.set_margins(_MARGIN, _MARGIN)
    document.set_title(f"{sheets[0].community} {CALL}")
    with TemporaryDirectory() as folder:
        face = Path(folder) / "face.ttf"
        face.write_bytes(font_with({letter for page in lines for text, *_ in page for letter in text}))
        document.add_font(_FACE, fname=face)
        for sheet, page in zip(sheets, lines, strict=True):
            document.add_page()
            for text, size, top, colour in page:
                _write(document, text, size, top, colour)
            _draw_code(document, sheet, top=258)
        return bytes(document.output())


def _lines(sheet: Poster) -> list[tuple[str, float, float, tuple[int, int, int]]]:
    """Return each line of a page: text, size, how far from the top it begins, colour."""
    return [
        (sheet.community, 28, 36, _SOFT),
        (sheet.place, 80, 72, _INK),
        (CALL, 60, 160, _SIGNAL),
        (f"群码 {sheet.join_code}", 28, 540, _INK),
        (f"扫不了？打开 {sheet.address.partition('?')[0]}", 18, 578, _SOFT),
        *((text, 31, 616 + 48 * at, _SIGNAL if at == 2 else _INK) for at, text in enumerate(SENTENCES)),
        (f"发布：{sheet.publisher}", 18, 778, _SOFT),
    ]


def _write(document: FPDF, text: str, size: float, top: float, colour: tuple[int, int, int]) -> None:
    """Write a line in the middle, smaller where it would not fit."""
    room = _WIDTH - 2 * _MARGIN
    document.set_font(_FACE, size=size)
    if (wide := document.get_string_width(text)) > room:
        document.set_font(_FACE, size=size * room / wide)
    document.set_text_color(*colour)
    document.set_xy(_MARGIN, top)
    document.cell(w=room, h=size * 1.25, text=text, align="C")


def _draw_code(document: FPDF, sheet: Poster, *, top: float) -> None:
    """Draw the QR code as runs of rectangles: sharp at any size. Around it the page leaves four modules white."""
    rows = [bytes(row) for row in sheet.code().matrix]
    module = _QR_SIDE / len(rows)
    left = (_WIDTH - _QR_SIDE) / 2
    document.set_fill_color(0, 0, 0)
    for down, row in enumerate(rows):
        start = 0
        while (start := row.find(1, start)) >= 0:
            end = row.find(0, start)
            end = len(row) if end < 0 else end
            document.rect(left + start * module, top + down * module, (end - start) * module, module, style="F")
            start = end
