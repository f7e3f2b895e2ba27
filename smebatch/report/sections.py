"""The sheets of the report in order. A new sheet needs a section module and one entry here."""

from __future__ import annotations

from smebatch.batch.load import ReportData
from smebatch.report.document import ReportSheet
from smebatch.report.print_set import Need, with_print_set
from smebatch.report.section_explanation import explanation_sheet, waiver_sheet
from smebatch.report.section_groups import chosen_group_sheets, district_sheet, industry_sheet, size_sheet
from smebatch.report.section_items import item_sheet
from smebatch.report.section_levers import lever_sheet
from smebatch.report.section_lists import enterprise_sheet, file_sheet, issue_sheets, silent_sheet, unasked_sheet
from smebatch.report.section_overview import overview_sheet
from smebatch.report.section_pictures import histogram_sheet, tier_sheet
from smebatch.report.section_progress import progress_sheet
from smebatch.report.section_rounds import is_chapter, round_sheets
from smebatch.report.section_scenes import coverage_sheet, scene_sheet
from smebatch.report.section_targets import target_sheet
from smebatch.report.section_upgrade import near_sheet, upgrade_sheet, way_sheet
from smebatch.report.sheet_names import with_unique_names


def report_sheets(batch: ReportData) -> tuple[ReportSheet, ...]:
    """The sheets of the report in order: the chapters, of which the first are the print set, then lists and details.

    目标, 梯队, 应用场景, 场景覆盖率, 改造前后, 自评与现场, 更正进度, 经审定的错误, 未报名单 and 名单以外 are left out
    where they would be empty.
    """
    rounds = round_sheets(batch)
    chapters = (
        Need(1, overview_sheet(batch)),
        Need(10, target_sheet(batch)),
        Need(5, histogram_sheet(batch)),
        Need(2, district_sheet(batch)),
        Need(3, industry_sheet(batch)),
        Need(4, size_sheet(batch)),
        *(Need(20 + i, sheet) for i, sheet in enumerate(chosen_group_sheets(batch))),
        Need(11, tier_sheet(batch)),
        Need(6, item_sheet(batch)),
        Need(7, scene_sheet(batch) if batch.edition.scenes else None),
        Need(13, coverage_sheet(batch) if batch.edition.scenes else None),
        Need(8, upgrade_sheet(batch)),
        Need(9, way_sheet(batch)),
        Need(8, lever_sheet(batch)),
        *(Need(9, sheet) for sheet in rounds if is_chapter(sheet)),
        Need(12, progress_sheet(batch)),
    )
    others = (
        near_sheet(batch),
        *(sheet for sheet in rounds if not is_chapter(sheet)),
        enterprise_sheet(batch),
        *issue_sheets(batch),
        waiver_sheet(batch),
        file_sheet(batch),
        silent_sheet(batch),
        unasked_sheet(batch),
        explanation_sheet(batch),
    )
    return with_unique_names(with_print_set(chapters, others))
