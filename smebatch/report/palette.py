"""The colours of every chart and heat map: they differ in lightness, so that they print in grey.

Lightness also tells them apart for people who cannot tell red from green; tests measure both.
"""

from __future__ import annotations

_SEQUENCE = ("#E3E5E8", "#A9CBE8", "#6CA0D0", "#3473AE", "#123F73")  # from light to dark
DISTINCT = ("#2F6690", "#E3A33F", "#12304F", "#58A59B", "#C4513A", "#A9D6EC", "#752A1B", "#F3E9CE")
MAIN = _SEQUENCE[3]  # of a chart that shows a single thing
WHOLE = "#3A3F45"  # of the whole, where groups are drawn against it
LINE = "#C4513A"  # of a threshold that a chart marks
OUTLINE = "#8A9099"  # around what is drawn pale
HEAT = ("#FFFFFF", "#5AA2CF")  # from none to all

_PALENESS = 0.7  # how much of white a pale colour has


def sequence(count: int) -> tuple[str, ...]:
    """Colours of ``count`` steps of an order, from light to dark, such as levels from none to the highest.

    >>> sequence(2), len(set(sequence(10)))
    (('#E3E5E8', '#123F73'), 10)
    """
    if count == len(_SEQUENCE):
        return _SEQUENCE
    last = len(_SEQUENCE) - 1
    colours = []
    for i in range(count):
        place = last * i / (count - 1) if count > 1 else last - 1
        low = min(int(place), last - 1)
        colours.append(_mixed(_SEQUENCE[low], _SEQUENCE[low + 1], place - low))
    return tuple(colours)


def pale(colour: str) -> str:
    """The colour of what rests on few returns.

    >>> pale("#000000")
    '#B2B2B2'
    """
    return _mixed(colour, "#FFFFFF", _PALENESS)


def _mixed(one: str, other: str, share: float) -> str:
    """A colour between two: ``share`` is the other's part, 0 to 1."""
    parts = [(int(one[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in parts)
