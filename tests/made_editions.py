"""A hypothesis strategy for editions, and a second scorer, in fractions, for returns under them.

An edition is a mapping as TOML parses it. The scorer reads that mapping and not the program's model, so that it is
independent of the loader. Most editions are sound; the program must refuse the others by name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

Toml = dict[str, Any]

WORDS = ["甲", "数字化基础", "一级", "产品设计*", "得分", "合计", "未填", "无", "是"]
AWKWARD = [
    *('带"引号"的', "it's", "50%", "%d %s", "{braces} {0}", "&B&P", "<b>&amp;</b>", "<r><t>x</t></r>", "a/b\\c:d?*[e]"),
    *("=1+1", "+1", "-1", "@SUM(A1)", "＝全角", "#N/A", "TRUE", "1", "1.50", "2026-01-01", "A1", "R1C1", "~*?"),
    *("_x0041_", "甲\u200b乙", "𠮷😀", "é", "Ａ１", "√", "×", "长" * 60, "，", "甲, 乙", "`$(x)`", "'", '"'),
]
REFUSED = ["", " 甲", "甲\t乙", "\ue000甲\ue001", "甲\u202e乙", "长" * 61, "\x07"]
NOTES = [*AWKWARD, *REFUSED, "两\n行", "长" * 3000]
# Ids that might clash with names of intermediate columns, or with words of SQL, pandas and spreadsheets.
IDS = [
    *("base", "effect", "gear", "usage", "revenue", "staff", "output", "devices", "a", "e", "f", "s", "n", "c"),
    *("index", "rank", "order", "select", "group", "industry", "blocked", "missing", "total", "points", "mean"),
    *("kind", "answers", "chosen", "files", "rate", "id", "full", "check", "column", "date", "values", "ticks"),
    *("question", "q_note", "scene", "self_score", "self", "cell_", "answer", "question_answers", "scores", "x_o"),
]
TAKEN = ["score", "level", "form_id", "file", "name", "true", "code", "number", "questions", "district"]
UNITS = {
    "count": ["台", "台", "人", "万台", "千台"],
    "amount": ["万元", "万元", "万元/年", "元", "千元", "亿元", "kWh", "m³", "吨标准煤"],
    "percent": ["%"],
}
REFUSED_UNITS = ["", "%", "‰", "单位" * 9]


def toml(edition: Toml) -> bytes:
    """The TOML file of an edition."""
    lines = []
    for name, table in edition.items():
        for row in table if isinstance(table, list) else [table]:
            lines.append(f"[[{name}]]" if isinstance(table, list) else f"[{name}]")
            lines += [f"{key} = {_toml(value)}" for key, value in row.items()]
    return "\n".join(lines).encode("utf-8")


def _toml(value: object) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(v)}" for key, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value).lower() if isinstance(value, bool) else str(value)


@st.composite
def editions(draw: st.DrawFn) -> Toml:
    """An edition of one to three dimensions."""
    make = _Maker(draw)
    return make.edition()


class _Maker:
    """Draws the tables of one edition, one after the other."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.refused = draw(st.integers(0, 9)) == 9  # one in ten has something that the program refuses
        self.ids = draw(st.permutations([*IDS, *(TAKEN if draw(st.integers(0, 9)) == 9 else ())]))
        self.named = 0
        self.figures: list[Toml] = []

    def few(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))

    def either(self) -> bool:
        return self.draw(st.booleans())

    def one(self, values: Sequence[Any]) -> Any:
        return self.draw(st.sampled_from(list(values)))

    def text(self, *more: str) -> str:
        """A text: an ordinary or an awkward one. Hypothesis shrinks it to the first of ``more``."""
        return str(self.one([*more, *WORDS, *AWKWARD, *(REFUSED if self.refused else ())]))

    def texts(self, n: int) -> list[str]:
        """Names that are all different."""
        self.named += n
        return [f"{self.text()[:50]}{i}".strip() for i in range(self.named - n, self.named)]

    def number(self, value: object, unit: str) -> Toml:
        return {"value": value, "unit": unit, "clause": self.text("一")}

    def weights(self, n: int) -> list[Toml]:
        """Weights with up to two decimals whose sum is 100."""
        decimals = self.few(0, 2)
        whole = 100 * 10**decimals
        cuts = sorted(self.draw(st.sets(st.integers(1, whole - 1), min_size=n - 1, max_size=n - 1)))
        parts = [b - a for a, b in zip([0, *cuts], [*cuts, whole], strict=True)]
        return [self.number(Decimal(part).scaleb(-decimals), "%") for part in parts]

    def edition(self) -> Toml:
        levels, n_scenes = self.few(1, 5), self.one([0, 1, 2, 3, 5, 12])
        dimensions, indicators, questions = self.tree()
        groups, scenes = self.scenes(n_scenes, levels)
        full = self.one([100, 100, Decimal("7.5"), 1, 1000, 999_999, 50])
        tables: Toml = {
            "edition": self.header(full, n_scenes),
            "level": self.levels(levels, Decimal(full), scenes),
            "dimension": dimensions,
            "indicator": indicators,
            "question": questions,
            "scene_group": groups,
            "scene": scenes,
            "check": self.checks(questions, scenes, levels),
            "ruling": [{"id": "R1", **{key: self.text() for key in ("gap", "choice", "reason", "clause")}}],
            "rule": [{"id": self.one(["ungraded", "x"]), "text": self.text("一句\n两行"), "clause": self.text()}],
            "glossary": [{"term": self.text(), "text": self.text()} for _ in range(self.few(0, 2))],
            **self.energies(),
        }
        tables["edition"]["counts"] = {
            "dimensions": len(dimensions),
            "indicators": len(indicators),
            "questions": len(questions),
            "options": [len(q["options"]) for q in questions],
            "scene_groups": len(groups),
            "scenes": n_scenes,
            "binding": sum(s["binding"] for s in scenes),
        }
        return {name: table for name, table in tables.items() if table}

    def header(self, full: object, n_scenes: int) -> Toml:
        names = ("title", "form_title", "score_part", "introduction", "method", "single", "multiple")
        before = "" if self.refused else "未"
        states = {"ungraded": self.texts(1)[0]}
        states |= {
            name: f"{before}{text}"[:60]
            for name, text in zip(("not_reached", "not_applicable"), self.texts(2), strict=True)
        }
        scenes = {"scene_part": self.text(), "binding_note": self.text()} if n_scenes else {}
        if not n_scenes:
            states = {"ungraded": states["ungraded"]}
        return {
            "id": self.one(["2030", "city.1-b", "x"]),
            **{name: self.text() for name in names},
            **states,
            **scenes,
            "full_marks": self.number(full, "分"),
        }

    def levels(self, n: int, full: Decimal, scenes: list[Toml]) -> list[Toml]:
        steps = sorted(self.draw(st.sets(st.integers(1, 400), min_size=n, max_size=n)))
        binding = sum(s["binding"] for s in scenes)
        asked = sorted(self.few(0, len(scenes)) for _ in range(n))
        bound = sorted(min(self.few(0, binding), a) for a in asked)
        rows = []
        for i, (step, name) in enumerate(zip(steps, self.texts(n), strict=True)):
            row = {"level": i + 1, "name": name, "title": self.text(), "score": self.number(full * step / 400, "分")}
            row |= {"requirement": self.text(""), "description": self.text("")}
            if scenes:
                row |= {"scenes": self.number(asked[i], "个"), "binding": self.number(min(bound[i], asked[i]), "个")}
            rows.append(row)
        return rows

    def tree(self) -> tuple[list[Toml], list[Toml], list[Toml]]:
        dimensions: list[Toml] = []
        indicators: list[Toml] = []
        questions: list[Toml] = []
        n = self.few(1, 3)
        for weight, name in zip(self.weights(n), self.texts(n), strict=True):
            dimensions.append({"id": self.ids.pop(), "name": name, "weight": weight})
            for inner in self.weights(self.few(1, 2)):
                above = {"dimension": dimensions[-1]["id"], "name": self.text()}
                indicators.append({"id": f"i{len(indicators)}", **above, "weight": inner})
                for innermost in self.weights(self.few(1, 2)):
                    questions.append(self.question(len(questions) + 1, indicators[-1]["id"], innermost))
        if self.few(0, 3) == 0:  # in another order than their dimensions
            questions = [
                question | {"id": f"q{i:02d}"} for i, question in enumerate(self.draw(st.permutations(questions)), 1)
            ]
        return dimensions, indicators, questions

    def question(self, number: int, indicator: str, weight: Toml) -> Toml:
        multiple = self.draw(st.booleans())
        n = self.one([2, 3, 3, 4, 6, 20])
        figures = [self.figure() for _ in range(self.one([0, 1, 2, 2, 4, 10]))]
        self.figures += figures
        return {
            "id": f"q{number:02d}",
            "indicator": indicator,
            "item": self.text(),
            "weight": weight,
            "title": self.text("题目很长" * 40),
            "type": "multiple" if multiple else "single",
            **({"none": 1} if multiple else {}),
            "options": [self.text() for _ in range(n)],
            "clause": self.text(),
            "figures": figures,
            "base_year": self.draw(st.booleans()),
        }

    def figure(self) -> Toml:
        key = self.ids.pop() if len(self.ids) > 6 else f"figure_{'x' * len(self.figures)}"
        kind = self.one(["count", "amount", "percent"])
        unit = self.one([*UNITS[kind], *(REFUSED_UNITS if self.refused else ())])
        return {"key": key, "label": self.text(), "unit": unit, "kind": kind, "required": self.draw(st.booleans())}

    def scenes(self, n: int, levels: int) -> tuple[list[Toml], list[Toml]]:
        groups = [{"id": f"g{i}", "name": self.text()} for i in range(min(n, self.few(1, 3)))]
        order = sorted(self.few(0, len(groups) - 1) for _ in range(n - len(groups))) if groups else []
        of = [*range(len(groups)), *order]
        names = self.texts(n)
        scenes = [
            {
                "id": f"s{i + 1:02d}",
                "group": groups[of[i]]["id"],
                "name": names[i],
                "binding": self.draw(st.booleans()),
                "levels": [self.text() for _ in range(levels)],
                "clause": self.text(),
            }
            for i in range(n)
        ]
        return groups, scenes

    def energies(self) -> Toml:
        names = self.texts(self.one([0, 0, 1, 3]))
        if not names:
            return {}
        rows = []
        for name in names:
            unit = self.one(["吨", "万千瓦时"])
            coefficient = self.number(Decimal(self.few(1, 20_000)).scaleb(-4), f"吨标准煤/{unit}")
            rows.append({"name": name, "unit": unit, "coefficient": coefficient})
        amounts = [{"name": row["name"], "amount": self.few(0, 1000)} for row in rows]
        total = sum(a["amount"] * r["coefficient"]["value"] for a, r in zip(amounts, rows, strict=True))
        example = {"text": self.text(), "amounts": amounts, "total": self.number(total, "吨标准煤")}
        return {"energy": rows, "energy_example": example}

    def checks(self, questions: list[Toml], scenes: list[Toml], levels: int) -> list[Toml]:
        """Checks of every kind that the questions allow, about any figures of the edition."""
        checks: list[Toml] = []
        singles = [q for q in questions if q["type"] == "single"]
        multiples = [q for q in questions if q["type"] == "multiple"]
        pairs = self.pairs()
        if pairs and self.either():
            part, whole = self.one(pairs)
            checks.append({"kind": "part_of_whole", "part": part, "whole": whole})
            checks += [{"kind": "zero_whole", "whole": whole}] * self.few(0, 1)
        for question in singles:
            kind = self.one(["", "", "interval", "trend", "rare"])
            if kind == "interval" and pairs:
                part, whole = self.one(pairs)
                bounds = sorted(
                    self.draw(st.sets(st.integers(0, 1000), min_size=len(question["options"]), max_size=20))
                )
                upper = self.number([Decimal(b) / 10 for b in bounds[: len(question["options"])]], "%")
                checks.append({"kind": kind, "question": question["id"], "part": part, "whole": whole, "upper": upper})
            if kind == "trend" and pairs and len(question["options"]) == 3:
                keys = [self.one(pairs) for _ in range(self.few(1, 2))]
                checks.append(
                    {
                        "kind": kind,
                        "question": question["id"],
                        "options": self.draw(st.permutations(["up", "same", "down"])),
                    }
                )
                checks[-1] |= {"last": [a for a, _ in keys], "prior": [b for _, b in keys]}
            if kind == "rare":
                checks.append({"kind": kind, "question": question["id"], "options": [len(question["options"])]})
                checks[-1]["reason"] = self.text()
        for check in checks:
            if check["kind"] in ("interval", "trend"):
                check["severity"] = self.one(["error", "warning"])
                check["ruling"] = self.one(["", "R1"])
        if multiples and scenes and self.either():
            links = self.one(multiples)
            named = [self.one(["", *(s["id"] for s in scenes)]) for _ in links["options"]]
            checks.append({"kind": "links", "question": links["id"], "scenes": named})
            if singles and self.either():
                question = self.one(singles)
                ranges = [sorted(self.few(0, len(links["options"])) for _ in "ab") for _ in question["options"]]
                checks.append({"kind": "link_count", "question": question["id"], "links": links["id"]})
                checks[-1] |= {name: self.number(self.few(1, levels), "级") for name in ("used", "managed")}
                checks[-1]["ranges"] = self.number(ranges, "个环节")
        return [check | {"clause": self.text()} for check in checks]

    def pairs(self) -> list[tuple[str, str]]:
        """Every pair of two figures of the same unit."""
        return [
            (a["key"], b["key"]) for a in self.figures for b in self.figures if a is not b and a["unit"] == b["unit"]
        ]


def points(edition: Toml, ticked: Mapping[str, object]) -> dict[str, Fraction]:
    """The points of each question and dimension, and the ``score``, computed as docs/editions.md defines them."""
    full = Fraction(edition["edition"]["full_marks"]["value"])
    indicators = {i["id"]: i for i in edition["indicator"]}
    dimensions = {d["id"]: d for d in edition["dimension"]}
    found: dict[str, Fraction] = {}
    sums = dict.fromkeys(dimensions, Fraction(0))
    for question in edition["question"]:
        indicator = indicators[question["indicator"]]
        dimension = dimensions[indicator["dimension"]]
        worth = full
        for part in (question, indicator, dimension):
            worth *= Fraction(part["weight"]["value"]) / 100
        ticks = [bool(ticked.get(f"{question['id']}_o{i:02d}")) for i in range(1, len(question["options"]) + 1)]
        if question["type"] == "multiple":
            steps = 0 if ticks[0] else sum(ticks)
        else:
            steps = ticks.index(True) if sum(ticks) == 1 else 0
        found[question["id"]] = worth * steps / (len(ticks) - 1)
        sums[dimension["id"]] += found[question["id"]]
    return found | sums | {"score": sum(sums.values(), Fraction(0))}


def level(edition: Toml, ticked: Mapping[str, object]) -> int:
    """The highest level whose conditions all hold."""
    score, n = points(edition, ticked)["score"], len(edition["level"])
    runs = []
    for scene in edition.get("scene", []):
        ticks = [bool(ticked.get(f"{scene['id']}_l{g}")) for g in range(1, n + 1)]
        runs.append((scene["binding"], (*ticks, False).index(False)))
    reached = 0
    for row in edition["level"]:
        holds = score >= Fraction(row["score"]["value"])
        if runs:
            holds &= sum(run >= row["level"] for _, run in runs) >= row["scenes"]["value"]
            holds &= sum(run >= row["level"] for binding, run in runs if binding) >= row["binding"]["value"]
        reached = row["level"] if holds else reached
    return reached
