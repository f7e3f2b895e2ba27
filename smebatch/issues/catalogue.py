"""The catalogue of everything that can be wrong with a file or a return; every entry says how to mend it.

Templates may use {label} (the answer's name), {found} (what stands in the cell), {expected} (what should) and {clause}.
Codes are stable: they stand in exports and people filter by them. docs/issues.md is generated from this catalogue.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple


class Severity(StrEnum):
    """What an issue does to the return: an error keeps it from being counted, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


class IssueType(NamedTuple):
    """A kind of issue: its stable code, its severity, and what it says in Chinese and in English."""

    code: str
    severity: Severity
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Finding:
    """An issue as found: which code, about which key, standing where. Rendered by :func:`render`.

    ``expected`` and ``found`` are texts for people; ``cell`` is an address, ``D14``, or that of all cells to be ticked,
    ``F97:F101``; ``sheet`` and ``cell`` may be blank for what has no place.
    ``aside``: it is about what is asked beside what is assessed, and so is a warning, whatever its code.
    """

    code: str
    key: str = ""
    label: str = ""
    sheet: str = ""
    cell: str = ""
    found: str = ""
    expected: str = ""
    clause: str = ""
    aside: bool = False

    @property
    def severity(self) -> Severity:
        """What it does to the return."""
        return Severity.WARNING if self.aside else ISSUES[self.code].severity


class ProblemError(Exception):
    """What keeps a command from doing its work and the user can mend; ``code`` is a message of say, with its values."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = values

    def __reduce__(self) -> tuple[Callable[..., ProblemError], tuple[type[ProblemError], str, dict[str, object]]]:
        return _problem, (type(self), self.code, self.values)


def _problem(kind: type[ProblemError], code: str, values: dict[str, object]) -> ProblemError:
    """The problem that another process, perhaps on another machine, has met."""
    return kind(code, **values)


class Notice(NamedTuple):
    """Something the user should know, though all is well; ``code`` is a message of say, with its values."""

    code: str
    values: Mapping[str, object] = MappingProxyType({})


class Reason(NamedTuple):
    """Why a file has its status: a stable code and a sentence in Chinese and in English."""

    code: str
    zh: str
    en: str


def _error(code: str, zh: str, en: str) -> IssueType:
    return IssueType(code, Severity.ERROR, zh, en)


def _warning(code: str, zh: str, en: str) -> IssueType:
    return IssueType(code, Severity.WARNING, zh, en)


_TYPES = (
    # --- the form itself
    _error(
        "key.missing",
        "表中找不到{label}所在的行或列，可能被删除。请用空白表重新填报，不要删除行、列。",
        "{label}: its row or column is gone from the form. Fill in a fresh form; do not delete rows or columns.",
    ),
    _error(
        "key.doubled",
        "{label}在表中出现{found}，无法判断以哪一处为准。请删除多余的行或工作表。",
        "{label} stands in the workbook more than once ({found}). Remove the extra row or sheet.",
    ),
    _error(
        "label.mismatch",
        "本行印的序号、名称与隐藏的编码对不上（印的是“{found}”，应为“{expected}”），可能只对部分列排过序。"
        "请撤销排序，或用空白表重新填报。",
        "The row's printed number and name do not fit its hidden key (printed: {found}; expected: {expected}). "
        "Columns may have been sorted apart. Undo the sort or fill in a fresh form.",
    ),
    _warning(
        "key.unknown",
        "隐藏编码列中有本版评测表没有的编码“{found}”，所在的行未读取。",
        "The hidden key column holds {found}, which this edition's form does not have; what stands there was not read.",
    ),
    _warning(
        "edition.unstated",
        "文件没有注明评测表版本（隐藏的版本信息已丢失），按{expected}读取。请尽量在原表上填报。",
        "The file does not state its edition (the hidden version data is gone); it was read as {expected}.",
    ),
    _warning(
        "edition.changed",
        "本表是用同一版本、但内容不同的指标文件生成的，请核对所用评测表。",
        "The form was made from another text of the same edition; check which form was sent out.",
    ),
    _warning(
        "form.version",
        "本表的表样版本是“{found}”，当前为“{expected}”，请核对读取结果。",
        "The form's layout version is {found}, the current one is {expected}; check what was read.",
    ),
    # --- cells that cannot be read surely
    _error(
        "cell.error",
        "{label}的单元格是错误值，不是答案。请改填实际内容。",
        "{label}: the cell holds an error value, not an answer. Enter the answer itself.",
    ),
    _error(
        "cell.uncached",
        "{label}的单元格是没有计算结果的公式。请用 Excel 或 WPS 打开、保存后重交，或直接填数值。",
        "{label}: the cell is a formula without a stored result. Open and save it in Excel or WPS, or enter the value.",
    ),
    _error(
        "cell.picture",
        "{label}的单元格里放的是图片，读不出答案。请删去图片，改填文字或数值。",
        "{label}: a picture stands in the cell, which cannot be read. Remove it and type the answer.",
    ),
    _warning(
        "text.picture",
        "{label}的单元格里放的是图片，按空白读取，图片只在原件里可以看到。请改填文字。",
        "{label}: a picture stands in the cell; it was read as blank and is to be seen in the original only. Type it.",
    ),
    _error(
        "cell.runs",
        "{label}的单元格里是“{found}”，但有些字带删除线或是上标、下标，看上去是“{expected}”，无法判断以哪个为准。"
        "请清空后重新填写，不要用删除线和上标、下标。",
        "{label}: the cell holds {found}, but part of it is struck out, raised or lowered: one sees {expected}. "
        "Clear the cell and enter the answer again without them.",
    ),
    _warning(
        "text.runs",
        "{label}的单元格里是“{found}”，但有些字带删除线或是上标、下标，按看上去的“{expected}”读取。请核对。",
        "{label}: the cell holds {found}, part of it struck out, raised or lowered; it was read as one sees it: "
        "{expected}. Please check.",
    ),
    _warning(
        "cell.struck",
        "{label}填的是“{found}”，整格带删除线，仍按所填计。若要撤销，请清空单元格；否则请去掉删除线。",
        "{label}: the answer {found} is struck out but counts. Clear the cell to withdraw it, or remove the line.",
    ),
    _error(
        "cell.format",
        "{label}的单元格里是“{found}”，按其数字格式显示为“{expected}”，无法判断以哪个为准。"
        "请把单元格格式改为“常规”，再按要求的单位填写。",
        "{label}: the cell holds {found}, but its number format shows {expected}. "
        "Set its format to General and enter the answer again.",
    ),
    _error(
        "cell.merged",
        "{label}所在的单元格与别的单元格合并成了 {expected}，其中填的是“{found}”，无法判断是哪一项的答案。"
        "请取消合并，在各项自己的单元格里填写。",
        "{label}: its cell is merged with others ({expected}), so that nobody can tell what {found} answers. "
        "Unmerge them and enter each answer in its own cell.",
    ),
    _error(
        "tick.unreadable",
        "{label}填的是“{found}”，无法判断是否勾选。选中请填 √，未选请留空。",
        "{label}: {found} is neither a tick nor a blank. Choose √, or leave it blank.",
    ),
    _error(
        "figure.unreadable",
        "{label}填的是“{found}”，不能确定是多少。请只填数字，单位：{expected}。",
        "{label}: {found} cannot be read as a number for sure. Enter digits only, in {expected}.",
    ),
    _error(
        "figure.percent_ambiguous",
        "{label}填的是“{found}”，无法判断是百分之几。请填百分数的数值，如 98.5 表示 98.5%。",
        "{label}: {found} may be a fraction or a percentage. Enter the percentage itself: 98.5 for 98.5%.",
    ),
    _warning(
        "figure.rounded",
        "{label}填的是“{found}”，小数超过六位，已四舍五入为{expected}。",
        "{label}: {found} has more than six decimals and was rounded to {expected}.",
    ),
    _error(
        "choice.unknown",
        "{label}填的是“{found}”，不在可选范围内。请从下拉列表中选择：{expected}。",
        "{label}: {found} is not one of the choices. Choose from the list: {expected}.",
    ),
    _error(
        "date.unreadable",
        "{label}填的是“{found}”，不是能识别的日期。请按 2026-11-23 的样式填写。",
        "{label}: {found} is not a date that can be read. Write it like 2026-11-23.",
    ),
    _warning(
        "date.part",
        "{label}的单元格里是“{found}”，按其格式只显示“{expected}”。请核对是否为这一天。",
        "{label}: the cell holds {found}, but its format shows only {expected}. Check that this is the day.",
    ),
    _error(
        "uscc.digits_lost",
        "{label}被存成了数值（{found}），后几位已丢失。请把单元格设为文本后重新填写 18 位代码。",
        "{label} was stored as a number ({found}) and lost its last digits. Format the cell as text; enter it again.",
    ),
    # --- answers missing
    _error("required.missing", "{label}必须填写。", "{label} must be filled in."),
    _warning("expected.missing", "{label}没有填写，请补填。", "{label} is blank; please fill it in."),
    _error(
        "question.unanswered",
        "{label}没有作答。{expected}。",
        "{label} has no tick. Tick what is true: {expected}.",
    ),
    _error(
        "scene.unanswered",
        "{label}没有勾选等级，也没有选择状态。请勾选达到的等级，或在状态栏选：{expected}。",
        "{label} has neither a level ticked nor a state. Tick the levels met, or choose a state: {expected}.",
    ),
    # --- answers that contradict each other
    _error(
        "single.many",
        "{label}是单选题，勾选了 {found} 项。请只保留一项。",
        "{label} allows one option, {found} are ticked. Keep one.",
    ),
    _error(
        "multiple.none_with_others",
        "{label}勾选了第一项“{found}”，又勾选了其他选项。请二者取一。",
        "{label}: the option {found} is ticked together with others. Keep one or the other.",
    ),
    _error(
        "scene.state_contradiction",
        "{label}勾选了等级，状态又选“{found}”。请二者取一。",
        "{label} has levels ticked and the state {found}. Keep one or the other.",
    ),
    _warning(
        "scene.gap",
        "{label}勾选了{found}，但更低的等级有未勾选的；判定为{expected}，缺口以上的勾选不计。请核对。",
        "{label}: {found} is ticked above a gap; the scene counts as {expected}. Please check.",
    ),
    _error("figure.negative", "{label}不能是负数（{found}）。", "{label} cannot be negative ({found})."),
    _error("figure.not_whole", "{label}应为整数（{found}）。", "{label} must be a whole number ({found})."),
    _error("figure.above_100", "{label}不能超过 100%（{found}）。", "{label} cannot exceed 100% ({found})."),
    _error(
        "part.exceeds_whole",
        "{label}（{found}）大于总数（{expected}）。请更正其中之一。",
        "{label} ({found}) exceeds its total ({expected}). Correct one of them.",
    ),
    _error(
        "interval.contradiction",
        "{label}所选区间“{found}”与所填数据不符：{expected}。请更正其中之一。",
        "{label}: the interval ticked ({found}) contradicts the figures: {expected}. Correct one of them.",
    ),
    _warning(
        "interval.unlikely",
        "{label}所选区间“{found}”与所填数据似不相符：{expected}。请核对。",
        "{label}: the interval ticked ({found}) does not seem to fit the figures: {expected}. Please check.",
    ),
    _warning(
        "whole.zero",
        "{label}为 0，相关比率按 0 计。请核对是否漏填。",
        "{label} is 0, so its rates count as 0. Check that it is not left out.",
    ),
    _error(
        "base.zero",
        "{label}为 0，{expected}要除以它，勾选无从核对。请填写实际数值；新成立、还没有这项数据的企业，"
        "“是否无前年数据”选“是”，此处留空。",
        "{label} is 0, and {expected} divide by it, so what is ticked cannot be checked. Enter the actual figure; an "
        "enterprise too new to have one answers 是 to 是否无前年数据 and leaves it blank.",
    ),
    _error(
        "base.zero_before",
        "{label}为 0，{expected}要除以它，勾选无从核对。请填写实际数值；没有前年数据的企业，"
        "“是否无前年数据”选“是”，与前年比较的题目不要勾选（{clause}）。",
        "{label} is 0, and {expected} divide by it, so what is ticked cannot be checked. Enter the actual figure; an "
        "enterprise without that year answers 是 to 是否无前年数据 and leaves these questions unticked ({clause}).",
    ),
    _error(
        "base.denied",
        "{label}选“{found}”，却勾选了{expected}，二者必有一处不对。确实没有前年数据的，请取消这些题的勾选；"
        "有数据的，请改选“否”，并把这些题的数据填全。",
        "{label} is {found}, and yet {expected} are ticked: one of the two is wrong. Without that year, untick these "
        "questions; with it, answer 否 and fill in their figures.",
    ),
    _warning(
        "base.missing",
        "{label}没有填写，{expected}的勾选无从核对。请补填。",
        "{label} is blank, so that what is ticked for {expected} cannot be checked. Please fill it in.",
    ),
    _error(
        "trend.contradiction",
        "{label}选“{found}”与所填数据不符：{expected}。请更正其中之一。",
        "{label}: the answer {found} contradicts the figures: {expected}. Correct one of them.",
    ),
    _warning(
        "trend.unlikely",
        "{label}选“{found}”与所填数据似不相符：{expected}。请核对。",
        "{label}: the answer {found} does not seem to fit the figures: {expected}. Please check.",
    ),
    _warning(
        "trend.zero",
        "{label}为 0，单凭这一项，{expected}所选即成立。请核对是否漏填。",
        "{label} is 0, which is enough to make what is ticked for {expected} true. Check that it is not left out.",
    ),
    _warning(
        "energy.total",
        "{label}填的是“{found}”，按“能耗折算”所填实物量折算是“{expected}”。请核对：二者是否有误，实物量是否填全。",
        "{label} is {found}; the amounts entered on 能耗折算 come to {expected}. "
        "Check both, and whether an amount is left out.",
    ),
    _warning(
        "option.rare", "{label}选“{found}”：{expected}", "{label}: {found} is seldom true; please check. ({expected})"
    ),
    _warning(
        "links.scene",
        "{label}已勾选，但对应场景“{expected}”未达一级。请核对。",
        "{label} is ticked, but its scene {expected} has not reached the first level. Please check.",
    ),
    _warning(
        "links.count",
        "{label}选“{found}”，但{expected}。请核对。",
        "{label}: {found} does not fit: {expected}. Please check.",
    ),
    _warning(
        "size.unlikely",
        "{label}填“{found}”，按所填人数和营业收入应为“{expected}”。请核对。",
        "{label} is {found}; by staff and revenue it would be {expected}. Please check.",
    ),
    _warning(
        "industry.unknown",
        "{label}“{found}”不是 GB/T 4754-2017 的代码，分行业统计归入“未填”。请填如 C3391。",
        "{label}: {found} is no code of GB/T 4754-2017. Write it like C3391.",
    ),
    _warning(
        "industry.outside",
        "{label}“{found}”属于“{expected}”，不在评测面向的工业门类之内。请核对。",
        "{label}: {found} lies in {expected}, outside the industrial sections the standard addresses. Please check.",
    ),
    _error(
        "uscc.format",
        "{label}“{found}”应为 18 位数字和大写字母（不含 I、O、S、V、Z）。请按营业执照填写。",
        "{label}: {found} must be 18 digits and capital letters (without I, O, S, V, Z), as on the business licence.",
    ),
    _warning(
        "uscc.check_digit",
        "{label}“{found}”的末位校验码应为“{expected}”，可能有错字。请对照营业执照核对。",
        "{label}: the last character of {found} should be {expected}; there may be a typing error.",
    ),
    _warning(
        "phone.odd",
        "{label}“{found}”不像电话号码。请填手机号，或带区号的固定电话。",
        "{label}: {found} does not look like a telephone number.",
    ),
    _warning(
        "date.future",
        "{label}“{found}”晚于读取日期，请核对年份。",
        "{label}: {found} lies after the day of reading; check the year.",
    ),
    # --- among the returns of a batch
    _warning(
        "return.later_awaits",
        "该企业之后又报了一份（{found}），因有错误尚待更正；目前以本份计入。",
        "A later return of this enterprise ({found}) awaits correction; this one counts meanwhile.",
    ),
    _warning(
        "return.dates_disagree",
        "本份已被 {found} 替代，但{label}与文件时间对哪一份更晚说法不一。若本份才是最新的，请更正{label}后重报。",
        "This return is superseded by {found}, but {label} and the file times disagree about which is later. "
        "If this is the latest, correct its {label} and send it again.",
    ),
    _error(
        "uscc.two_names",
        "同一{label}下还有另一个企业名称：{found}。如是更名或写错，请在企业名单中写上该企业现在的名称；"
        "如是别家的表，请把填错的文件移出文件夹，退回更正。",
        "Another name stands under the same {label}: {found}. If the enterprise was renamed or its name misspelt, give "
        "its present name in the roster; if it is another enterprise, take the wrong file out of the folder.",
    ),
    _warning(
        "name.changed",
        "该企业还以另一个名称报过表：{found}。名单中是本份的{label}，按更名处理。请核对。",
        "This enterprise has reported under another name: {found}. The roster has the {label} of this return: it is "
        "taken for a change of name; please check.",
    ),
    _warning(
        "name.two_codes",
        "同名企业还用另一个{label}报过表：{found}。若是同一家，会重复计入；请核对代码，把代码有误的文件移出文件夹。",
        "An enterprise of the same name has reported under another {label}: {found}. If it is the same one it counts "
        "twice; check the codes, and take the file with the wrong one out of the folder.",
    ),
)

ISSUES: dict[str, IssueType] = {t.code: t for t in _TYPES}

_REASONS = (
    # Of what is counted, returned or superseded.
    Reason("complete", "完整有效，已计入。", "Complete; counted."),
    Reason("errors", "有 {n} 处错误须更正，更正后重报。", "{n} errors must be corrected."),
    Reason(
        "superseded.later", "同一企业、阶段和类型另有更晚的一份已计入。", "A later return of the enterprise counts."
    ),
    Reason(
        "superseded.awaited",
        "同一企业、阶段和类型另有更晚的一份，尚待更正。",
        "A later return of the enterprise awaits correction.",
    ),
    Reason("superseded.copy", "与另一文件内容完全相同。", "The same bytes as another file."),
    # rejected
    Reason(
        "file.lock",
        "是打开文件时的锁文件、临时文件或未完成的下载，不是报表。可忽略；若报表未收到，请重新下载。",
        "A lock file, a temporary file or a download half done; ignore it, or download the return again.",
    ),
    Reason("file.system", "系统文件，可忽略。", "A file of the operating system; ignore it."),
    Reason("file.link", "是符号链接，未跟随读取。请提交文件本身。", "A symbolic link; submit the file itself."),
    Reason("file.special", "不是普通文件，未打开。请提交文件本身。", "Not a regular file; submit the file itself."),
    Reason("file.empty", "是空文件（0 字节），请重新提交。", "An empty file; ask for it again."),
    Reason(
        "file.vanished",
        "读取时文件已不在或没有读取权限。请检查后再运行一次。",
        "Gone, or not permitted to be read; check, and run again.",
    ),
    Reason(
        "file.unreachable",
        "读取时磁盘、网络盘或对象存储出错，未能取得文件。请稍后再运行一次。",
        "The disk, the share or the object store failed when it was read; run this again later.",
    ),
    Reason(
        "file.cloud",
        "文件还在云盘上（iCloud、OneDrive 等），本机只有占位符，没有读取。"
        "请在文件夹中选“始终保留在此设备上”或先下载，再运行一次。",
        "Still in the cloud (iCloud, OneDrive and the like): only a placeholder is on this machine. "
        "Let it download first, and run again.",
    ),
    Reason(
        "file.folder",
        "是名称像工作簿的文件夹，其中的文件已分别列出。若其中没有报表，请重新提交。",
        "A folder named like a workbook; what lies in it has lines of its own. If the return is not there, ask again.",
    ),
    Reason(
        "file.unlistable",
        "文件夹打不开，其中的文件没有读取。请检查读取权限后再运行一次。",
        "A folder that cannot be opened, so nothing in it was read; check the permissions, and run again.",
    ),
    Reason(
        "file.archive_large",
        "压缩包内的文件超过 100000 个，未读取。请解压后再运行一次。",
        "An archive of more than 100,000 files, not read; unpack it, and run again.",
    ),
    Reason(
        "archive.password",
        "压缩包设有密码。请输入密码解压后，把其中的报表放入文件夹，或重新打包、不设密码后重交。",
        "An archive with a password; unpack it and put the returns in the folder, or ask for one without a password.",
    ),
    Reason(
        "archive.part",
        "是分卷压缩包中的一卷，或分卷不齐。请把各卷放在一起，用解压软件解压后，把其中的报表放入文件夹。",
        "One of the several files of an archive; put them all together, unpack them and put the returns in the folder.",
    ),
    Reason(
        "archive.broken",
        "压缩包或邮件已损坏，打不开。请重新打包或重新导出后重交。",
        "A broken archive or mail; have it packed or exported anew and send it again.",
    ),
    Reason(
        "archive.no_program",
        "本机没有能解开它的程序。请安装 7-Zip（7z）、unrar 或 unar 后再运行一次，或手工解压后把其中的报表放入文件夹。",
        "No program here unpacks it; install 7-Zip (7z), unrar or unar and run this again, or unpack it by hand.",
    ),
    Reason(
        "archive.method",
        "所用的压缩方法不能识别。请用解压软件解压后，把其中的报表放入文件夹。",
        "Packed in a way that is not known; unpack it by hand and put the returns in the folder.",
    ),
    Reason(
        "mail.empty",
        "邮件没有附件。请向发件人索取填好的评测表（.xlsx）。",
        "A mail without an attachment; ask its sender for the filled-in workbook (.xlsx).",
    ),
    Reason(
        "mail.link",
        "邮件中只有超大附件或网盘的下载链接。请点开链接下载，把下载的文件放入文件夹。",
        "A mail with no more than a link to its attachment; download it and put it in the folder.",
    ),
    Reason(
        "archive.deep",
        "压缩包套了 5 层以上，未打开。请解压后再运行一次。",
        "An archive within archives, more than 5 of them, not opened; unpack it, and run again.",
    ),
    Reason(
        "archive.unread",
        "压缩包或邮件没有打开：过大、用时过长、所需内存超过限度，或读取程序中断。请解压后把其中的报表放进文件夹，再运行一次。",
        "The archive or mail is too large, took too long or too much memory, or broke the program that reads; unpack "
        "it by hand, put the returns in the folder, and run again.",
    ),
    Reason(
        "file.large",
        "文件超过 20 MB，未读取。请删去图片等附件后重交。",
        "Larger than 20 MB and not read; remove pictures and attachments and send it again.",
    ),
    # not a workbook: what it is instead
    Reason(
        "file.zero",
        "文件内容全为零，传输或存盘失败。请重新提交。",
        "Nothing but zero bytes: saving or sending failed; ask for it again.",
    ),
    Reason(
        "file.text",
        "是文本或 CSV 文件。请在评测表上填报，提交 .xlsx 文件。",
        "A text or CSV file; fill in the form and send the .xlsx.",
    ),
    Reason(
        "file.html",
        "是网页文件，不是工作簿。请用 Excel 或 WPS 打开后另存为 .xlsx 重交。",
        "A web page; open it in Excel or WPS, save it as .xlsx and send it again.",
    ),
    Reason(
        "file.xml_2003",
        "是 XML 表格，不是 .xlsx。请用 Excel 或 WPS 打开后另存为 .xlsx 重交。",
        "An XML spreadsheet; open it in Excel or WPS, save it as .xlsx and send it again.",
    ),
    Reason(
        "file.pdf",
        "是 PDF 文件。请提交填好的评测表原件（.xlsx），不要转成 PDF。",
        "A PDF; ask for the filled-in workbook (.xlsx) itself.",
    ),
    Reason(
        "file.picture",
        "是图片。请提交填好的评测表原件（.xlsx），不要拍照或截图。",
        "A picture; ask for the filled-in workbook (.xlsx) itself.",
    ),
    Reason(
        "file.archive",
        "是压缩包。请解压后提交其中的 .xlsx 文件；名称带 .zip、.rar 等后缀的，放进文件夹后可由 ingest 直接读取。",
        "An archive; unpack it and send the .xlsx inside. In a folder, ingest reads it if it is called .zip, .rar …",
    ),
    Reason(
        "file.gnumeric",
        "是 Gnumeric 工作簿。请用 Gnumeric 打开后另存为 .xlsx 重交。",
        "A workbook of Gnumeric; open it there, save it as .xlsx and send it again.",
    ),
    Reason(
        "file.word",
        "是文字文稿或演示文稿，不是工作簿。请在评测表（.xlsx）上填报后重交。",
        "A text document or a presentation; fill in the form (.xlsx) and send that.",
    ),
    Reason(
        "file.program",
        "是程序、脚本或快捷方式，未打开。请提交评测表文件本身（.xlsx）。",
        "A program, a script or a shortcut, not opened; ask for the workbook (.xlsx) itself.",
    ),
    Reason(
        "file.excel_95",
        "是 Excel 95 或更早的格式。请用 Excel 或 WPS 打开后另存为 .xlsx 重交。",
        "Excel 95 or older; open it in Excel or WPS, save it as .xlsx and send it again.",
    ),
    Reason(
        "file.xlsb",
        "是二进制工作簿（.xlsb）。请用 Excel 打开后另存为 .xlsx 重交。",
        "A binary workbook (.xlsb); open it in Excel, save it as .xlsx and send it again.",
    ),
    Reason(
        "file.password",
        "设有打开密码。请取消密码后重交。",
        "Protected by a password; remove the password and send it again.",
    ),
    Reason(
        "file.dlp",
        "被企业的防泄密软件加密。请在企业电脑上解密（申请外发）后重交。",
        "Encrypted by the enterprise's own security software; have it decrypted there and send it again.",
    ),
    Reason(
        "file.unknown",
        "不是能识别的文件。请提交填好的评测表（.xlsx）。",
        "No kind of file that is known; ask for the filled-in workbook (.xlsx).",
    ),
    # a workbook that no reader may open
    Reason(
        "file.truncated",
        "文件不完整，传输或下载中断。请重新提交。",
        "Cut short while it was sent or saved; ask for it again.",
    ),
    Reason(
        "file.checksum",
        "校验和不符，文件内容已损坏。请用 Excel 或 WPS 打开原件、另存为 .xlsx 后重交。",
        "The checksum is wrong: its content is damaged; open the original, save it as .xlsx and send it again.",
    ),
    Reason(
        "file.expands",
        "解压后过大，未读取。若是报表，请在空白评测表上重新填报；若是压缩包，请解压后只放入报表。",
        "Unpacks to far too much and was not read; fill in a fresh form, or send an archive of returns alone.",
    ),
    Reason(
        "file.dtd",
        "含有工作簿不应有的 DTD 声明，未读取。请用 Excel 或 WPS 打开后另存为 .xlsx 重交。",
        "Holds a DTD, as no workbook should, and was not read; save it as .xlsx in Excel or WPS and send it again.",
    ),
    Reason(
        "file.range",
        "在离表格极远处有内容，未读取。请删去表外的多余内容，或在空白评测表上重新填报。",
        "Something stands absurdly far from the form; remove what is outside it, or fill in a fresh form.",
    ),
    Reason(
        "file.address",
        "含有不合法的单元格地址，未读取。请用 Excel 或 WPS 打开后另存为 .xlsx 重交。",
        "Holds an illegal cell address; open it in Excel or WPS, save it as .xlsx and send it again.",
    ),
    Reason(
        "file.ambiguous",
        "同一处存有两种内容，不同软件显示的不同，无法判断以哪个为准（由非办公软件生成）。"
        "请用 Excel 或 WPS 打开核对后另存为 .xlsx 重交。",
        "Two contents stand in one place, and programs differ in which they show (no office program writes that); "
        "open it in Excel or WPS, check it, save it as .xlsx and send it again.",
    ),
    Reason(
        "file.unusual",
        "由其他程序生成，写法不合规范（不是损坏），未读取。"
        "请用 Excel 或 WPS 打开、核对后另存为 .xlsx 重交；打不开的，请在空白评测表上填报。",
        "Written by some other program, not as the format demands (it is not damaged), and not read; open it in Excel "
        "or WPS, check it, save it as .xlsx and send it again, or fill in a fresh form.",
    ),
    Reason(
        "file.duplicate_sheet",
        "有两个同名的工作表，无法判断以哪个为准。请删除或改名后重交。",
        "Two sheets have one name; remove or rename one and send it again.",
    ),
    Reason(
        "file.unreadable",
        "文件无法读取：内容不合规范，或已损坏。请用 Excel 或 WPS 打开原件、另存为 .xlsx 后重交。",
        "Cannot be read: it is not written as a workbook is, or is damaged. "
        "Open the original in Excel or WPS, save it as .xlsx and send it again.",
    ),
    Reason(
        "file.time",
        "读取用时过长，已中止。请在空白评测表上重新填报。",
        "Reading it took too long and was stopped; fill in a fresh form.",
    ),
    Reason(
        "file.memory",
        "读取所需内存超过限度，文件异常。请用空白表重新填报，或另存为 .xlsx 后重交。",
        "Needed more memory than is allowed. Ask for a fresh form, or for the file saved as .xlsx again.",
    ),
    Reason(
        "file.reader",
        "读取程序在该文件上中断，文件可能损坏。请用 Excel 或 WPS 打开原件、另存为 .xlsx 后重交。",
        "It broke the program that reads: it is damaged; open the original, save it as .xlsx and send it again.",
    ),
    # a workbook, but not this one
    Reason(
        "form.many",
        "工作簿中的评测表太多，未读取。请每家企业提交一个文件。",
        "The workbook holds too many return forms and was not read; ask for one file for each enterprise.",
    ),
    Reason(
        "form.inspected",
        "是评测表，但其中隐藏的行、列已被删除（多为 Excel“检查文档”所致），无法识别答案。"
        "请提交检查文档之前的文件，或在空白评测表上重新填报。",
        "A return form of which the hidden rows and columns were removed (Excel's document inspector does so), so that "
        "answers cannot be told; ask for the file as it was before the inspection, or for the form filled in anew.",
    ),
    Reason("form.none", "工作簿中没有评测表。请确认提交的是填好的评测表。", "The workbook holds no return form."),
    Reason(
        "edition.wrong",
        "是“{found}”版评测表，本批次按“{expected}”版读取。请改用正确版本。",
        "A form of edition {found}; this batch reads {expected}.",
    ),
)

REASONS: dict[str, Reason] = {r.code: r for r in _REASONS}


def render(finding: Finding) -> tuple[str, str]:
    """The Chinese and the English message of a finding.

    >>> render(Finding("figure.negative", label="营业收入", found="-5 万元"))[1]
    '营业收入 cannot be negative (-5 万元).'
    """
    kind = ISSUES[finding.code]
    values = {"label": finding.label, "found": finding.found, "expected": finding.expected, "clause": finding.clause}
    # A later expected that is blank must not leave an empty bracket: such templates are only used with one.
    return kind.zh.format(**values), kind.en.format(**values)


def reason_text(code: str, language: str, **values: object) -> str:
    """The sentence of a reason in ``zh`` or ``en``."""
    reason = REASONS[code]
    return (reason.zh if language == "zh" else reason.en).format(**values)
