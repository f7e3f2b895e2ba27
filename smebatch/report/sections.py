"""The sheets of the report in order. A new sheet needs a section module and one entry here."""

from __future__ import annotations

from smebatch.batch.load import ReportData
from smebatch.report.document import ReportSheet
from smebatch.report.section_explanation import explanation_sheet
from smebatch.report.section_groups import district_sheet, industry_sheet, size_sheet
from smebatch.report.section_items import item_sheet
from smebatch.report.section_lists import enterprise_sheet, file_sheet, issue_sheets, silent_sheet, unasked_sheet
from smebatch.report.section_overview import overview_sheet
from smebatch.report.section_progress import progress_sheet
from smebatch.report.section_rounds import round_sheets
from smebatch.report.section_scenes import scene_sheet
from smebatch.report.section_upgrade import upgrade_sheet


def report_sheets(batch: ReportData) -> tuple[ReportSheet, ...]:
    """The sheets of the report in order.

    应用场景, 改造前后, 自评与现场, 更正进度, 未报名单 and 名单以外 are left out where they would be empty.
    """
    sheets = (
        overview_sheet(batch),
        district_sheet(batch),
        industry_sheet(batch),
        size_sheet(batch),
        item_sheet(batch),
        scene_sheet(batch) if batch.edition.scenes else None,
        upgrade_sheet(batch),
        *round_sheets(batch),
        progress_sheet(batch),
        enterprise_sheet(batch),
        *issue_sheets(batch),
        file_sheet(batch),
        silent_sheet(batch),
        unasked_sheet(batch),
        explanation_sheet(batch),
    )
    return tuple(sheet for sheet in sheets if sheet)
