"""A second scorer, in fractions, typed by hand from 《中小企业数字化水平评测指标（2024年版）》.

It shares nothing with the program: no import of smebatch, no edition file. It scores one return at a time, slowly and
plainly, so that whoever holds the printed standard can check it line by line; the tests compare the program with it.

It scores ticks only. A single-choice question that has not exactly one tick scores 0 here (the program returns such a
workbook for correction, so nothing is decided by it).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

# 三(一) 评测表: the weights in %, first level × second level × 采集项, as the three left columns print them.
# 题: 一级指标, 二级指标, 采集项.
WEIGHTS = {
    "q01": (50, 40, 40),  # 数字化基础 50% · 设备系统 40% · 网络建设 40%
    "q02": (50, 40, 30),  # 数字化基础 50% · 设备系统 40% · 设备数字化 30%
    "q03": (50, 40, 30),  # 数字化基础 50% · 设备系统 40% · 设备联网 30%
    "q04": (50, 20, 100),  # 数字化基础 50% · 数据采集 20% · 数据采集 100%
    "q05": (50, 20, 100),  # 数字化基础 50% · 信息系统 20% · 信息系统 100%
    "q06": (50, 20, 50),  # 数字化基础 50% · 信息安全 20% · 网络安全 50%
    "q07": (50, 20, 50),  # 数字化基础 50% · 信息安全 20% · 数据安全 50%
    "q08": (30, 50, 50),  # 数字化管理 30% · 规划管理 50% · 规划实施 (weight not printed: 50%, ruling R2)
    "q09": (30, 50, 50),  # 数字化管理 30% · 规划管理 50% · 管理机制 (weight not printed: 50%, ruling R2)
    "q10": (30, 50, 50),  # 数字化管理 30% · 要素保障 50% · 人才建设 50%
    "q11": (30, 50, 50),  # 数字化管理 30% · 要素保障 50% · 资金保障 50%
    "q12": (20, 35, 100),  # 数字化成效 20% · 绿色低碳 35% · 绿色低碳 100%
    "q13": (20, 35, 100),  # 数字化成效 20% · 产品质量 35% · 产品质量 100%
    "q14": (20, 30, 50),  # 数字化成效 20% · 市场效益 30% · 市场表现 50%
    "q15": (20, 30, 50),  # 数字化成效 20% · 市场效益 30% · 价值效益 50%
}
# 三(一) 一级指标
DIMENSIONS = {
    "foundation": ("q01", "q02", "q03", "q04", "q05", "q06", "q07"),  # 数字化基础, 题1 to 题7
    "management": ("q08", "q09", "q10", "q11"),  # 数字化管理, 题8 to 题11
    "outcome": ("q12", "q13", "q14", "q15"),  # 数字化成效, 题12 to 题15
}
# 三(一) 选项类型 多选: how many options are printed, 无 included; 无 is the first of each.
MULTIPLE = {"q01": 5, "q04": 15, "q06": 5, "q07": 5, "q09": 5, "q10": 6}
# 三(一) 选项类型 单选, 评分逻辑1: what each option scores, from the first printed to the last.
FIVE = (0, 25, 50, 75, 100)  # 5 个选项的单选题: 0 分、25 分、50 分、75 分、100 分
THREE = (0, 50, 100)  # 3 个选项的单选题: 0 分、50 分、100 分
SIX = (0, 20, 40, 60, 80, 100)  # 题8 prints six options, for which the text gives no points: ruling R1
SINGLE = {
    "q02": FIVE,
    "q03": FIVE,
    "q05": FIVE,
    "q08": SIX,
    "q11": FIVE,
    "q12": THREE,
    "q13": THREE,
    "q14": THREE,
    "q15": THREE,
}
# 一, 2. 数字化经营维度: 16 场景 in printed order; * 约束性场景, 共计10项.
SCENES = [
    *("产品设计*", "工艺设计", "营销管理*", "售后服务"),  # 产品生命周期数字化
    *("计划排程", "生产管控*", "质量管理*", "设备管理*", "安全生产*", "能耗管理*"),  # 生产执行数字化
    *("采购管理*", "仓储物流*"),  # 供应链数字化
    *("财务管理*", "人力资源", "协同办公", "决策支持"),  # 管理决策数字化
]
# 二 判定方法: 等级 → (≥ 分, 不少于 … 个应用场景, 其中不少于 … 个约束性场景)
LEVELS = {
    1: (20, 6, 3),  # 一级（初始级）
    2: (40, 6, 3),  # 二级（规范级）
    3: (60, 8, 5),  # 三级（集成级）
    4: (80, 10, 6),  # 四级（协同级）
}
# GB 32100-2015: the 31 characters, without I, O, S, V, Z.
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@dataclass(frozen=True)
class Verdict:
    """The score and the level of one return by the standard; points are exact fractions of 100."""

    points: dict[str, Fraction]  # q01…q15, weighted, toward the total
    dimensions: dict[str, Fraction]  # foundation, management, outcome
    score: Fraction
    score_level: int  # the level the score alone would give
    scene_levels: dict[str, int]  # s01…s16
    scenes_ge: tuple[int, int, int, int]  # 场景 at level ≥ 1, 2, 3, 4
    binding_ge: tuple[int, int, int, int]  # 约束性场景 among them
    scene_level: int  # the level the scenes alone would give
    level: int  # 0 is 无等级
    blocked_by: str  # what the next level lacks: score, scenes, binding, joined by +; "" at the top
    points_missing: Fraction  # to the next level
    scenes_missing: int
    binding_missing: int


def score(answers: Mapping[str, object]) -> Verdict:
    """Score one return. ``answers``: q01_o01… and s01_l1…; True is a tick, and absent, None or False is none."""

    def ticked(key: str) -> bool:
        return bool(answers.get(key))

    # 三(一) 评分逻辑2: 总分 = Σ 每个选项得分 × 采集项权重 × 二级指标权重 × 一级指标权重
    points = {
        question: mark(question, ticked) * Fraction(first, 100) * Fraction(second, 100) * Fraction(item, 100)
        for question, (first, second, item) in WEIGHTS.items()
    }
    total = sum(points.values(), Fraction(0))
    scene_levels = {f"s{i:02d}": scene_level(f"s{i:02d}", ticked) for i in range(1, len(SCENES) + 1)}
    binding = {f"s{i:02d}" for i, name in enumerate(SCENES, 1) if name.endswith("*")}
    scenes_ge = {g: sum(level >= g for level in scene_levels.values()) for g in LEVELS}
    binding_ge = {g: sum(level >= g for scene, level in scene_levels.items() if scene in binding) for g in LEVELS}

    def highest(*conditions: str) -> int:
        """The highest level of which the named conditions hold together (二: 要求（同时满足）)."""
        level = 0
        for g, (least_score, least_scenes, least_binding) in LEVELS.items():
            holds = {
                "score": total >= least_score,
                "scenes": scenes_ge[g] >= least_scenes,
                "binding": binding_ge[g] >= least_binding,
            }
            if all(holds[condition] for condition in conditions):
                level = g
        return level

    level = highest("score", "scenes", "binding")
    missing = {"score": Fraction(0), "scenes": Fraction(0), "binding": Fraction(0)}
    if level < 4:
        least_score, least_scenes, least_binding = LEVELS[level + 1]
        missing["score"] = max(Fraction(0), least_score - total)
        missing["scenes"] = max(Fraction(0), Fraction(least_scenes - scenes_ge[level + 1]))
        missing["binding"] = max(Fraction(0), Fraction(least_binding - binding_ge[level + 1]))
    return Verdict(
        points=points,
        dimensions={d: sum((points[q] for q in questions), Fraction(0)) for d, questions in DIMENSIONS.items()},
        score=total,
        score_level=highest("score"),
        scene_levels=scene_levels,
        scenes_ge=(scenes_ge[1], scenes_ge[2], scenes_ge[3], scenes_ge[4]),
        binding_ge=(binding_ge[1], binding_ge[2], binding_ge[3], binding_ge[4]),
        scene_level=highest("scenes", "binding"),
        level=level,
        blocked_by="+".join(condition for condition, gap in missing.items() if gap),
        points_missing=missing["score"],
        scenes_missing=int(missing["scenes"]),
        binding_missing=int(missing["binding"]),
    )


def mark(question: str, ticked: Callable[[str], bool]) -> Fraction:
    """A question's points out of 100, before weights (三(一) 评分逻辑1)."""
    if question in MULTIPLE:
        options = MULTIPLE[question]
        # 多选题选“无”得分为0 — also where other options are ticked with it (ruling R4)
        if ticked(f"{question}_o01"):
            return Fraction(0)
        # 其他情况得分为 被选择的选项数量 × 100 / (所有选项总个数 − 1), never rounded (ruling R3)
        chosen = sum(ticked(f"{question}_o{i:02d}") for i in range(2, options + 1))
        return Fraction(chosen * 100, options - 1)
    scale = SINGLE[question]
    chosen_points = [value for i, value in enumerate(scale, 1) if ticked(f"{question}_o{i:02d}")]
    return Fraction(chosen_points[0]) if len(chosen_points) == 1 else Fraction(0)


def scene_level(scene: str, ticked: Callable[[str], bool]) -> int:
    """三(二) 备注2: a level counts only when all below it are met; a tick above a gap does not (ruling R9)."""
    for level in (1, 2, 3, 4):
        if not ticked(f"{scene}_l{level}"):
            return level - 1
    return 4


def interval(part: int | Fraction, whole: int | Fraction) -> int:
    """Which of [0-10%] (10%,20%] (20%,40%] (40%,60%] (60%,100%] holds part ÷ whole, from 1 (题2, 题3, 题11).

    No whole at all counts as 0 (ruling R10). Raises ValueError for a ratio outside 0 to 100 %.
    """
    percent = Fraction(part) / Fraction(whole) * 100 if whole else Fraction(0)
    if not 0 <= percent <= 100:
        raise ValueError(f"{part} of {whole} is outside 0 to 100 %")
    for option, upper in enumerate((10, 20, 40, 60, 100), 1):
        if percent <= upper:
            return option
    raise ValueError(percent)  # cannot be reached: 100 is the last bound


def direction(
    last: int | Fraction, prior: int | Fraction, last_base: int | Fraction = 1, prior_base: int | Fraction = 1
) -> str:
    """Whether last ÷ its base is up, down or the same against prior ÷ its base, exactly (题12 to 题15, R6)."""
    now, then = Fraction(last) / Fraction(last_base), Fraction(prior) / Fraction(prior_base)
    if now == then:
        return "same"
    return "up" if now > then else "down"


def uscc_check_character(first17: str) -> str:
    """The 18th character of a unified social credit code (GB 32100-2015: (31 − Σ cᵢ·3^(i−1) mod 31) mod 31)."""
    if len(first17) != 17:
        raise ValueError(f"17 characters are expected, not {len(first17)}")
    total = sum(ALPHABET.index(character) * 3**i for i, character in enumerate(first17))
    return ALPHABET[(31 - total % 31) % 31]
