"""A random but plausible batch for the tests of the report, with consistent scores."""

from __future__ import annotations

import random
from datetime import datetime

import pandas as pd

from smebatch.batch.load import ReportData
from smebatch.standard.loader import load_edition, parse_edition
from smebatch.standard.model import Edition
from smebatch.standard.score_units import scale_of

DISTRICTS = ("城东区", "城西区", "滨江区", "高新区", "云山县")
CODES = ("C3391", "C34", "3911", "C1810", "C2929", "C3670", "不详", None)
STAGES = ("无", "创新型中小企业", "专精特新中小企业", "专精特新“小巨人”企业", None)
ISSUES = (
    ("MULTI_NONE", "error", "q04_o01", "√ 无 与其他选项", "只选其一", "题4：选“无”的同时又选了其他选项，请删去其一。"),
    ("INTERVAL", "error", "q02_o03", "(20%,40%]", "15.2%", "题2：所选区间与按设备数量算出的比例不一致，请更正。"),
    ("USCC_CHECK", "warning", "uscc", "91350211M0000XUF46", "校验位", "统一社会信用代码的校验位不符，请核对营业执照。"),
)
UNASKED = ["name", "uscc", "district", "file", "n", "why", "rivals", "whose"]
FOLLOWED = ["state", "explanation", "decision"]
REJECTED = ("encrypted", "not_a_return", "empty_file")


def make_batch(n: int = 60, seed: int = 1, edition: Edition | None = None, roster: bool = True) -> ReportData:
    """A batch of ``n`` counted returns, files of every other status, issues, and a roster of more than answered."""
    rng = random.Random(seed)
    edition = edition or load_edition("2024")
    ids = [f"f{i:05d}" for i in range(n)]
    enterprises = pd.DataFrame([_enterprise(i, rng) for i in range(n)], index=pd.Index(ids, name="form_id"))
    if not n:
        enterprises = pd.DataFrame([_enterprise(0, rng)]).iloc[:0].rename_axis("form_id")
    enterprises = enterprises.astype("str").where(enterprises.notna())
    rows = [_scores(edition, rng) for _ in range(max(n, 1))][: max(n, 1)]
    scores = pd.DataFrame(rows).iloc[:n]
    scores.index = pd.Index(ids, name="form_id", dtype="str")
    files, issues = _files(enterprises, rng)
    asked = enterprises[["name", "uscc", "district", "contact", "phone"]].assign(answered=True, counted=True)
    more = pd.DataFrame(
        [
            (f"未应答企业{i:02d}", f"92{i:016d}", rng.choice(DISTRICTS), "李四", "13900000000", i == 0, False)
            for i in range(9)
        ],
        columns=asked.columns,
    )
    return ReportData(
        edition=edition,
        files=files,
        enterprises=enterprises,
        scores=scores,
        issues=issues,
        roster=pd.concat([asked, more], ignore_index=True).assign(doubt=False) if roster else None,
        region="某某市",
        read_at="2026-11-20T09:30:00",
        cut_short=False,
        made_at=datetime(2026, 11, 23, 10, 0, 0),  # noqa: DTZ001 - the report prints local time
        version="0.1.0",
        unasked=pd.DataFrame(columns=UNASKED),
    )


def empty_of(batch: ReportData) -> ReportData:
    """The same batch without files, returns, issues and roster."""
    nothing = {name: getattr(batch, name).iloc[:0] for name in ("files", "enterprises", "scores", "issues")}
    return ReportData(**{**batch.__dict__, **nothing, "roster": None, "region": ""})


def _enterprise(i: int, rng: random.Random) -> dict[str, str | None]:
    district = rng.choices((*DISTRICTS, None), (8, 6, 5, 4, 1, 1))[0]
    trade = rng.choice(("精密机械", "电子科技", "塑胶制品", "新材料"))
    name = f"{rng.choice('华东远景恒信鼎立')}{rng.choice('达泰盛源')}{trade}有限公司"
    return {
        "file": f"{district or '其他'}/{i:05d}_{name}.xlsx",
        "name": name,
        "uscc": f"91{i:016d}",
        "district": district,
        "industry_code": rng.choice(CODES),
        "size": rng.choices(("中型", "小型", "微型", None), (2, 6, 3, 1))[0],
        "above_scale": rng.choice(("是", "否", None)),
        "specialised": rng.choice(STAGES),
        "contact": "张三",
        "phone": "13800000000",
        "assessment_kind": rng.choices(("自评", "现场评定"), (4, 1))[0],
        "phase": rng.choices(("改造前", "改造后"), (5, 1))[0],
        "filled_on": "2026-10-01",
    }


def _scores(e: Edition, rng: random.Random) -> dict[str, int | str]:
    scale, skill = scale_of(e), rng.betavariate(2, 2.2)
    row: dict[str, int | str] = {}
    for q in e.questions:
        steps = sum(rng.random() < skill for _ in range(len(q.options) - 1))
        row[q.id] = steps * scale.step[q.id]
    for d in e.dimensions:
        row[d.id] = sum(int(row[q.id]) for q in e.questions if e.question_path(q)[0] is d)
    units = sum(int(row[d.id]) for d in e.dimensions)
    row |= {"score_units": units, "score_level": sum(units >= t for t in scale.thresholds)}
    met = {s.id: next((g for g in range(len(e.levels)) if rng.random() > skill + 0.3), len(e.levels)) for s in e.scenes}
    return row | met | _level(e, units, met)


def _level(e: Edition, units: int, met: dict[str, int]) -> dict[str, int | str]:
    row: dict[str, int | str] = {}
    scale, level, scene_level = scale_of(e), 0, 0
    gaps: dict[int, dict[str, int]] = {}
    for g, threshold in zip(e.levels, scale.thresholds, strict=True):
        gap = {"score": max(0, threshold - units)}
        if g.scenes and g.binding:
            row[f"scenes_ge{g.level}"] = reached = sum(x >= g.level for x in met.values())
            row[f"binding_ge{g.level}"] = binding = sum(met[s.id] >= g.level for s in e.scenes if s.binding)
            gap |= {"scenes": max(0, int(g.scenes.value) - reached), "binding": max(0, int(g.binding.value) - binding)}
            scene_level = g.level if not gap["scenes"] and not gap["binding"] else scene_level
        level = g.level if not any(gap.values()) else level
        gaps[g.level] = gap
    gap = gaps.get(level + 1, dict.fromkeys(gaps[1], 0))
    row |= (
        {"scene_level": scene_level, "scenes_missing": gap["scenes"], "binding_missing": gap["binding"]}
        if e.scenes
        else {}
    )
    return row | {
        "level": level,
        "points_missing": gap["score"],
        "blocked_by": "+".join(k for k, v in gap.items() if v),
    }


def _files(enterprises: pd.DataFrame, rng: random.Random) -> tuple[pd.DataFrame, pd.DataFrame]:
    files, issues = [], []

    def add(file: str, status: str, form: str | None, **more: object) -> None:
        row = {"file": file, "sha256": "0" * 64, "bytes": 22_000, "status": status, "form_id": form, "warnings": 0}
        row["district"] = enterprises["district"].get(form) if form else None
        files.append({**row, "reason": None, "detail": None, "superseded_by": None, **more})

    def blame(file: str, form: str | None, kind: tuple[str, ...]) -> None:
        code, severity, key, found, expected, message = kind
        place = {"sheet": "基础管理成效", "cell": "D14", "key": key}
        texts = {"found": found, "expected": expected, "message": message, "message_en": code, "clause": "三(一)"}
        issues.append({"file": file, "form_id": form, **place, "code": code, "severity": severity, **texts})

    for form, file in enterprises["file"].items():
        warns = rng.random() < 0.2
        add(file, "counted", str(form), warnings=int(warns))
        if warns:
            blame(file, str(form), ISSUES[2])
    for i in range(len(enterprises) // 8):
        add(f"待更正/{i}.xlsx", "returned", f"r{i}", reason="errors", detail="有错误须更正")
        blame(f"待更正/{i}.xlsx", f"r{i}", rng.choice(ISSUES[:2]))
        add(f"旧表/{i}.xlsx", "superseded", f"s{i}", reason="older", superseded_by=enterprises["file"].iloc[i])
        add(f"其他/{i}.xlsx", "rejected", None, reason=rng.choice(REJECTED), detail="取消密码后重交")
    columns = [
        "file",
        "sha256",
        "bytes",
        "status",
        "reason",
        "detail",
        "form_id",
        "superseded_by",
        "warnings",
        "district",
    ]
    places = ["file", "form_id", "sheet", "cell", "key", "code", "severity", "found", "expected", "message"]
    frame = pd.DataFrame(files, columns=columns).astype({"warnings": "int64", "bytes": "int64"})
    return frame, pd.DataFrame(issues, columns=[*places, "message_en", "clause", *FOLLOWED])


TINY = """
[edition]
id = "tiny"
title = "没有场景的小标准"
form_title = "小标准评测表"
score_part = "得分"
full_marks = { value = 10, unit = "分", clause = "1" }
ungraded = "无等级"
introduction = "介绍"
method = "方法"
single = "单选"
multiple = "多选"
[edition.counts]
dimensions = 1
indicators = 1
questions = 2
options = [3, 4]
[[level]]
level = 1
name = "合格"
title = "达标"
score = { value = 5, unit = "分", clause = "1" }
requirement = ""
description = ""
[[dimension]]
id = "all"
name = "全部"
weight = { value = 100, unit = "%", clause = "1" }
[[indicator]]
id = "only"
dimension = "all"
name = "唯一"
weight = { value = 100, unit = "%", clause = "1" }
[[question]]
id = "q01"
indicator = "only"
item = "甲"
weight = { value = 50, unit = "%", clause = "1" }
title = "甲？"
type = "single"
options = ["否", "半", "是"]
clause = "1"
[[question]]
id = "q02"
indicator = "only"
item = "乙"
weight = { value = 50, unit = "%", clause = "1" }
title = "乙？"
type = "multiple"
none = 1
options = ["无", "一", "二", "三"]
clause = "1"
"""


def tiny_edition() -> Edition:
    """An edition without scenes and with a single level."""
    return parse_edition(TINY.encode())
