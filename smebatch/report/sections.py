"""The report as sheets of tables: everything but the workbook."""

from __future__ import annotations

from smebatch.batch.load import ReportData
from smebatch.report.document import Sheet
from smebatch.report.section_explanation import explain_sheet
from smebatch.report.section_groups import district_sheet, industry_sheet, size_sheet
from smebatch.report.section_items import item_sheet
from smebatch.report.section_lists import enterprise_sheet, file_sheet, issue_sheets, silent_sheet, unasked_sheet
from smebatch.report.section_overview import overview_sheet
from smebatch.report.section_scenes import scene_sheet
from smebatch.report.section_upgrade import upgrade_sheet


def sheets_of(batch: ReportData) -> tuple[Sheet, ...]:
    """The sheets of the report, in order; 应用场景, 未报名单 and 名单以外 only where there is something to say."""
    sheets = (
        overview_sheet(batch),
        district_sheet(batch),
        industry_sheet(batch),
        size_sheet(batch),
        item_sheet(batch),
        scene_sheet(batch) if batch.edition.scenes else None,
        upgrade_sheet(batch),
        enterprise_sheet(batch),
        *issue_sheets(batch),
        file_sheet(batch),
        silent_sheet(batch),
        unasked_sheet(batch),
        explain_sheet(batch),
    )
    return tuple(sheet for sheet in sheets if sheet)
