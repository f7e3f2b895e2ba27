"""Small batches whose figures can be computed by hand: a test states only those facts of a return that it is about."""

from __future__ import annotations

import dataclasses
import re
from functools import cache
from typing import Any

import pandas as pd

from report_data import empty_of, make_batch
from smebatch.batch.load import Counted, ReportData, Selection
from smebatch.report.document import ReportSheet, Table
from smebatch.standard.loader import parse_edition
from smebatch.standard.model import Edition

SMALL = """
[edition]
id = "small"
title = "小标准"
form_title = "小标准评测表"
score_part = "得分"
scene_part = "场景"
full_marks = { value = 100, unit = "分", clause = "1" }
ungraded = "未评"
not_reached = "未达"
not_applicable = "不适用"
binding_note = "带*的为约束性场景。"
introduction = "介绍"
method = "方法"
single = "单选"
multiple = "多选"
[edition.counts]
dimensions = 2
indicators = 3
questions = 4
options = [3, 4, 3, 5]
scene_groups = 1
scenes = 3
binding = 2
[[level]]
level = 1
name = "铜"
title = "铜牌"
score = { value = 30, unit = "分", clause = "二" }
scenes = { value = 1, unit = "个", clause = "1" }
binding = { value = 1, unit = "个", clause = "1" }
requirement = ""
description = ""
[[level]]
level = 2
name = "银"
title = "银牌"
score = { value = 60, unit = "分", clause = "三" }
scenes = { value = 2, unit = "个", clause = "1" }
binding = { value = 1, unit = "个", clause = "1" }
requirement = "两个场景"
description = ""
[[level]]
level = 3
name = "金"
title = "金牌"
score = { value = 90, unit = "分", clause = "四" }
scenes = { value = 3, unit = "个", clause = "1" }
binding = { value = 2, unit = "个", clause = "1" }
requirement = "三个场景"
description = ""
[[dimension]]
id = "base"
name = "基础"
weight = { value = 40, unit = "%", clause = "1" }
[[dimension]]
id = "outcome"
name = "成效"
weight = { value = 60, unit = "%", clause = "1" }
[[indicator]]
id = "gear"
dimension = "base"
name = "设备"
weight = { value = 100, unit = "%", clause = "1" }
[[indicator]]
id = "quality"
dimension = "outcome"
name = "质量"
weight = { value = 50, unit = "%", clause = "1" }
[[indicator]]
id = "gain"
dimension = "outcome"
name = "效益"
weight = { value = 50, unit = "%", clause = "1" }
[[question]]
id = "q01"
indicator = "gear"
item = "甲"
weight = { value = 50, unit = "%", clause = "1" }
title = "甲？"
type = "single"
options = ["否", "半", "是"]
clause = "1"
[[question]]
id = "q02"
indicator = "gear"
item = "乙"
weight = { value = 50, unit = "%", clause = "1" }
title = "乙？"
type = "multiple"
none = 1
options = ["无", "一", "二", "三"]
clause = "1"
[[question]]
id = "q03"
indicator = "quality"
item = "丙"
weight = { value = 100, unit = "%", clause = "1" }
title = "丙？"
type = "single"
options = ["否", "半", "是"]
clause = "1"
[[question]]
id = "q04"
indicator = "gain"
item = "丁"
weight = { value = 100, unit = "%", clause = "1" }
title = "丁？"
type = "single"
options = ["零", "一", "二", "三", "四"]
clause = "1"
[[scene_group]]
id = "all"
name = "全部"
[[scene]]
id = "s01"
group = "all"
name = "设计"
binding = true
levels = ["一", "二", "三"]
clause = "2"
[[scene]]
id = "s02"
group = "all"
name = "采购"
binding = false
levels = ["一", "二", "三"]
clause = "2"
[[scene]]
id = "s03"
group = "all"
name = "生产"
binding = true
levels = ["一", "二", "三"]
clause = "2"
[[rule]]
id = "another"
text = "另一条"
clause = "5"
[[rule]]
id = "whole"
text = "又一条"
clause = "5"
[[rule]]
id = "ungraded"
text = "哪一级都没有达到。"
clause = "6"
[[ruling]]
id = "R1"
gap = "空白"
choice = "做法"
reason = "理由"
clause = "3"
"""


def small_edition() -> Edition:
    """Four questions, three scenes and three levels (铜 银 金) above 未评.

    A point is 6 units. Full marks in units: q01 120 by 60, q02 120 by 40 (together base, 40 points), q03 180 by 90,
    q04 180 by 45 (together outcome, 60 points). The levels ask for 180, 360 and 540 units, 1, 2 and 3 scenes.
    """
    return parse_edition(SMALL.encode())


def small_batch(*returns: dict[str, Any], edition: Edition | None = None, **parts: Any) -> ReportData:
    """A batch of returns, each given by keys of its enterprise and its scores; other fields are blank, other scores 0.

    Every return is a counted file. Unless it states others, the first has the form_id f0 and the file f0.xlsx, and so
    on. ``parts``: fields of the batch that replace those made here.
    """
    nothing = _nothing(edition or small_edition())
    who, scores = list(nothing.enterprises), nothing.scores
    unknown = {key for row in returns for key in row} - {*who, *scores, "form_id"}
    assert not unknown, unknown
    ids = pd.Index([row.get("form_id", f"f{i}") for i, row in enumerate(returns)], name="form_id", dtype="str")
    named = [{"file": f"{form}.xlsx"} | row for form, row in zip(ids, returns, strict=True)]
    blank = {key: "" if key == "blocked_by" else 0 for key in scores}
    frames = {
        "enterprises": pd.DataFrame([{key: row.get(key) for key in who} for row in named], ids, who, "str"),
        "scores": pd.DataFrame([{key: row.get(key, blank[key]) for key in scores} for row in named], ids, list(scores)),
        "files": files_of(
            *(("counted", {"file": row["file"], "form_id": form}) for form, row in zip(ids, named, strict=True))
        ),
    }
    frames["scores"] = frames["scores"].astype(scores.dtypes.to_dict())
    return dataclasses.replace(nothing, **frames | parts)


def covering(batch: ReportData, phase: str, kind: str, *, chosen: bool = False) -> ReportData:
    """The report on one phase and kind of a batch."""
    every, selection = Counted(batch.enterprises, batch.scores), Selection(phase, kind)
    covered = every.of(selection)
    return dataclasses.replace(
        batch,
        enterprises=covered.enterprises,
        scores=covered.scores,
        every=every,
        selection=selection,
        chosen=chosen,
    )


@cache
def _nothing(edition: Edition) -> ReportData:
    return empty_of(make_batch(1, edition=edition))


def files_of(*files: tuple[str, dict[str, Any]]) -> pd.DataFrame:
    """The frame of files: each is given by its status and the other columns that differ from the default."""
    columns = list(_nothing(small_edition()).files)
    rows = [{"file": f"{i}.xlsx", "warnings": 0, "bytes": 1, "status": s, **more} for i, (s, more) in enumerate(files)]
    return pd.DataFrame(rows, columns=columns).astype({"warnings": "int64", "bytes": "int64"})


def issues_of(*issues: tuple[str, str, str]) -> pd.DataFrame:
    """The frame of issues: each is given by its file, severity and code; the messages are numbered."""
    columns = list(_nothing(small_edition()).issues)
    rows = [
        {"file": file, "form_id": file, "severity": severity, "code": code, "message": f"提示{i}"}
        for i, (file, severity, code) in enumerate(issues)
    ]
    return pd.DataFrame(rows, columns=columns, dtype="str")


def rows(frame: pd.DataFrame, *keys: str) -> list[tuple[Any, ...]]:
    """The rows of a frame, of some columns or of all; blanks are None."""
    columns = [[None if pd.isna(v) else v for v in frame[key].tolist()] for key in keys or list(frame)]
    return list(zip(*columns, strict=True))


def printed(table: Table) -> list[tuple[Any, ...]]:
    """A table of the report: the keys of its columns, then its rows; blanks are None."""
    keys = tuple(column.key for column in table.columns)
    return [keys, *rows(table.frame, *keys)]


def table_of(sheet: ReportSheet | None, name: str) -> Table:
    """A table of a sheet, by its id."""
    assert sheet is not None
    (table,) = [block for block in sheet.blocks if isinstance(block, Table) and block.id == name]
    return table


def figures(text: str) -> list[str]:
    """The numbers in a sentence, as printed."""
    return re.findall(r"\d+(?:\.\d+)?%?", text)
