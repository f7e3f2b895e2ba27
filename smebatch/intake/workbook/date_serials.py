"""Dates as spreadsheets store them: days since 1899-12-30."""

from __future__ import annotations

import datetime as dt

_DAY_ZERO = dt.datetime.combine(dt.date(1899, 12, 30), dt.time())
SERIAL_END = 2_958_466  # the day after 9999-12-31
FIRST_SURE_SERIAL = 61  # 1900-03-01; before, Excel counts a 29 February that never was
DAYS_TO_1904 = 1_462  # what a workbook that counts from 1904 leaves out


def datetime_of_serial(days: float) -> dt.datetime:
    """The date and time of a serial number from 0 to below SERIAL_END, in no time zone."""
    return _DAY_ZERO + dt.timedelta(days=days)
