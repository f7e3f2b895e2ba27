"""The shared texts of a workbook: each text stands once, in one part, and a cell holds the number of its text.

XlsxWriter numbers texts in the order in which they are first written, so one text more in one cell changes the
numbers in all cells written later.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from smebatch.form.splicing.errors import PatternError

SHARED_TEXTS = "xl/sharedStrings.xml"

_ELEMENT = re.compile(rb"<si>.*?</si>", re.DOTALL)
_COUNTS = re.compile(rb' count="(\d+)" uniqueCount="(\d+)"')


@dataclass(frozen=True, slots=True)
class SharedTexts:
    """The part taken apart: what stands before the texts, the element of each text, and what stands behind."""

    head: bytes
    elements: list[bytes]
    tail: bytes

    def runs(self, texts: Collection[int], uses: int) -> list[bytes]:
        """The part for these texts, split where a text stands that is not among the elements.

        ``texts``: in their new order, each once; one below 0 stands for a text that is not among the elements.
        ``uses``: in how many cells they stand. For n texts below 0 the result has n + 1 pieces.
        """
        counts = b' count="%d" uniqueCount="%d"' % (uses, len(texts))
        runs = [[_COUNTS.sub(counts, self.head)]]
        for text in texts:
            if text < 0:
                runs.append([])
            else:
                runs[-1].append(self.elements[text])
        runs[-1].append(self.tail)
        return [b"".join(run) for run in runs]


def parse_shared_texts(content: bytes, uses: int) -> SharedTexts:
    """Take the part apart. ``uses``: how many cells of the workbook hold a text.

    Raises PatternError where it has no texts, something stands between them, or its counts are not theirs.
    """
    elements = _ELEMENT.findall(content)
    head, _, rest = content.partition(b"<si>")
    body, _, tail = (b"<si>" + rest).rpartition(b"</si>")
    if not elements or b"".join(elements) != body + b"</si>":
        raise PatternError(SHARED_TEXTS, "it is not a head, <si> elements and a tail")
    counts = [(int(counted), int(unique)) for counted, unique in _COUNTS.findall(head)]
    if counts != [(uses, len(elements))]:
        raise PatternError(SHARED_TEXTS, f"it counts {counts} where {uses} cells share {len(elements)} texts")
    return SharedTexts(head, elements, tail)
