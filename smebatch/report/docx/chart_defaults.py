"""States in a chart what XlsxWriter leaves out.

A workbook of XlsxWriter calls itself one of Excel 2007, whose programs take what a chart does not say for "no". In a
document of a later version they take it for "yes": then labels name series and category beside the value, the axes are
gone, and title and legend lie upon the bars.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from docx.oxml import OxmlElement
from docx.oxml.ns import qn


class Default(NamedTuple):
    """An element with the value that its absence means, and its siblings that stand after it by the schema."""

    name: str
    value: str
    followers: tuple[str, ...]


_SHAPE = ("spPr", "txPr", "extLst")
_IN_BARS = ("pictureOptions", "dPt", "dLbls", "trendline", "errBars", "cat", "val", "shape", "extLst")
_IN_LABELS = ("showLegendKey", "showVal", "showCatName", "showSerName", "showPercent", "showBubbleSize")
_AFTER_LABELS = ("separator", "showLeaderLines", "leaderLines", "extLst")
_GROUP = Default("varyColors", "0", ("ser", "dLbls", "gapWidth", "overlap", "marker", "serLines", "axId", "extLst"))
_AXIS = Default("delete", "0", ("axPos",))

_DEFAULTS = {
    "chartSpace": (Default("roundedCorners", "0", ("style", "clrMapOvr", "pivotSource", "protection", "chart")),),
    "chart": (
        Default("autoTitleDeleted", "0", ("pivotFmts", "view3D", "floor", "sideWall", "backWall", "plotArea")),
        Default("dispBlanksAs", "gap", ("showDLblsOverMax", "extLst")),
    ),
    "title": (Default("overlay", "0", _SHAPE),),
    "legend": (Default("overlay", "0", _SHAPE),),
    "barChart": (_GROUP,),
    "lineChart": (_GROUP,),
    "radarChart": (_GROUP,),
    "catAx": (_AXIS, Default("noMultiLvlLbl", "0", ("extLst",))),
    "valAx": (_AXIS,),
    "errBars": (Default("noEndCap", "0", ("plus", "minus", "val", "spPr", "extLst")),),
    "dLbls": tuple(
        Default(name, "0", (*_IN_LABELS[number:], *_AFTER_LABELS)) for number, name in enumerate(_IN_LABELS, 1)
    ),
}
_OF_BARS = {
    "ser": (Default("invertIfNegative", "0", _IN_BARS),),
    "dPt": (Default("invertIfNegative", "0", ("marker", "bubble3D", "explosion", *_SHAPE)),),
}
_OF_LINES = {"ser": (Default("smooth", "0", ("extLst",)),)}


def state_defaults(chart_space: Any) -> None:
    """Add to a chart (c:chartSpace) every element of which Excel 2007 and later programs take the absence otherwise."""
    _state(chart_space, _DEFAULTS)
    for bars in chart_space.iter(qn("c:barChart")):
        _state(bars, _OF_BARS)
    for lines in chart_space.iter(qn("c:lineChart")):
        _state(lines, _OF_LINES)


def _state(root: Any, defaults: Mapping[str, tuple[Default, ...]]) -> None:
    for parent_name, children in defaults.items():
        for parent in list(root.iter(qn(f"c:{parent_name}"))):
            for default in children:
                _add(parent, default)


def _add(parent: Any, default: Default) -> None:
    """Add an element at its place, unless it is there."""
    if parent.find(qn(f"c:{default.name}")) is not None:
        return
    made: Any = OxmlElement(f"c:{default.name}")
    made.set("val", default.value)
    followers = {qn(f"c:{name}") for name in default.followers}
    follower = next((child for child in parent if child.tag in followers), None)
    if follower is None:
        parent.append(made)
    else:
        follower.addprevious(made)
