"""The sheets of the report in order. A new sheet needs a section module and one entry here."""

from __future__ import annotations

from smebatch.batch.load import ReportData
from smebatch.report.document import ReportSheet
from smebatch.report.section_explanation import explanation_sheet, waiver_sheet
from smebatch.report.section_groups import chosen_group_sheets, district_sheet, industry_sheet, size_sheet
from smebatch.report.section_items import item_sheet
from smebatch.report.section_lists import enterprise_sheet, file_sheet, issue_sheets, silent_sheet, unasked_sheet
from smebatch.report.section_overview import overview_sheet
from smebatch.report.section_pictures import histogram_sheet, tier_sheet
from smebatch.report.section_progress import progress_sheet
from smebatch.report.section_rounds import round_sheets
from smebatch.report.section_scenes import scene_sheet
from smebatch.report.section_targets import target_sheet
from smebatch.report.section_upgrade import upgrade_sheet
from smebatch.report.sheet_names import with_unique_names


def report_sheets(batch: ReportData) -> tuple[ReportSheet, ...]:
    """The sheets of the report in order.

    目标, 梯队, 应用场景, 改造前后, 自评与现场, 更正进度, 经审定的错误, 未报名单 and 名单以外 are left out where they
    would be empty.
    """
    sheets = (
        overview_sheet(batch),
        target_sheet(batch),
        histogram_sheet(batch),
        district_sheet(batch),
        industry_sheet(batch),
        size_sheet(batch),
        *chosen_group_sheets(batch),
        tier_sheet(batch),
        item_sheet(batch),
        scene_sheet(batch) if batch.edition.scenes else None,
        upgrade_sheet(batch),
        *round_sheets(batch),
        progress_sheet(batch),
        enterprise_sheet(batch),
        *issue_sheets(batch),
        waiver_sheet(batch),
        file_sheet(batch),
        silent_sheet(batch),
        unasked_sheet(batch),
        explanation_sheet(batch),
    )
    return with_unique_names(sheet for sheet in sheets if sheet)
