"""A small TrueType font with just the characters that a poster shows, so that every viewer and printer has them.

A whole Chinese font is 33 MB, and its outlines are of a kind (CFF2, variable) that PDF does not know. So the needed glyphs
are drawn anew, bold and with quadratic curves, into a font of a few kilobytes that goes into the file.
"""

import io
from collections.abc import Iterable
from functools import cache
from importlib.resources import as_file, files
from threading import Lock

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

_WEIGHT = {"wght": 700}
_SIMPLIFIED = 2  # Noto Sans CJK SC within the collection
_one_at_a_time = Lock()  # the opened font reads its file lazily, from one place


@cache
def _source() -> TTFont:
    with as_file(files("manimgx_fonts_cjk") / "NotoSansCJK-VF.otf.ttc") as path:
        return TTFont(path, fontNumber=_SIMPLIFIED, lazy=True)


def font_with(characters: Iterable[str]) -> bytes:
    """Return a TrueType font with these characters; those that the source lacks show as an empty box."""
    with _one_at_a_time:
        source = _source()
        known = source.getBestCmap()
        drawn = source.getGlyphSet(location=_WEIGHT)
        names = {ord(each): known[ord(each)] for each in sorted(set(characters)) if ord(each) in known}
        order = [".notdef", *sorted(set(names.values()) - {".notdef"})]
        glyphs, widths = {}, {}
        for name in order:
            pen = TTGlyphPen(None)
            drawn[name].draw(Cu2QuPen(pen, max_err=1.0, reverse_direction=True))
            glyphs[name] = pen.glyph()
            widths[name] = round(drawn[name].width)
        ascent, descent = source["hhea"].ascent, source["hhea"].descent
        units = source["head"].unitsPerEm
    builder = FontBuilder(units, isTTF=True)
    builder.setupGlyphOrder(order)
    builder.setupCharacterMap(names)
    builder.setupGlyf(glyphs)
    builder.setupHorizontalMetrics({name: (width, glyphs[name].xMin) for name, width in widths.items()})
    builder.setupHorizontalHeader(ascent=ascent, descent=descent)
    builder.setupNameTable({"familyName": "LouyuPoster", "styleName": "Bold", "psName": "LouyuPoster-Bold"})
    builder.setupOS2(sTypoAscender=ascent, sTypoDescender=descent, usWinAscent=ascent, usWinDescent=-descent)
    builder.setupPost()
    buffer = io.BytesIO()
    builder.save(buffer)
    return buffer.getvalue()
