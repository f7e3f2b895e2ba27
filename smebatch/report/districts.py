"""The report of each district for its own people: the data of its enterprises alone, which add up to the whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pandas as pd

from smebatch.batch.correction_progress import CorrectionProgress
from smebatch.batch.load import Counted, ReportData
from smebatch.common.text import file_name
from smebatch.report.words import MISSING, group_names


def by_district(batch: ReportData) -> Iterator[tuple[str, ReportData]]:
    """Yield the data of each district, in the order of their names; 未填 comes last.

    A return belongs to the district that it names, an enterprise on the roster that has not answered to that of the
    roster. 未填 has all that names none: returns, and entries that hold no return.
    """
    placed = _Places(batch)
    for name in sorted(placed.names, key=lambda name: (name == MISSING, name)):
        yield name, placed.data_of(name)


def workbook_names(districts: list[str]) -> dict[str, str]:
    """A file name for each district, without its ending; no two are the same on any system.

    >>> workbook_names(["城东区", "A/B", "ab", "..", "未填"])
    {'城东区': '城东区', 'A/B': 'AB', 'ab': 'ab_2', '..': '未填', '未填': '未填_2'}
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for district in districts:
        stem = file_name(district) or MISSING
        tried = (stem if n == 1 else f"{stem}_{n}" for n in range(1, len(districts) + 2))
        names[district] = next(name for name in tried if name.casefold() not in taken)
        taken.add(names[district].casefold())
    return names


class _Places:
    """The district of each row of a report's frames."""

    def __init__(self, batch: ReportData) -> None:
        self._batch = batch
        self._files = group_names(batch.files["district"])
        of_file = pd.Series(self._files.to_numpy(), index=batch.files["file"])
        self._issues = batch.issues["file"].map(of_file[~of_file.index.duplicated()]).fillna(MISSING)
        self._returns = group_names(batch.enterprises["district"])
        self._every = group_names(batch.every.enterprises["district"]) if batch.every else None
        self._roster = None if batch.roster is None else group_names(batch.roster["district"])
        self._unasked = group_names(batch.unasked["district"])
        self._threads = _districts_of_threads(batch.progress) if batch.progress else None
        found = (self._files, self._returns, self._roster, self._unasked, self._threads)
        self.names = {str(name) for each in found if each is not None for name in each.unique()}

    def data_of(self, name: str) -> ReportData:
        """The data of a district."""
        batch = self._batch
        returns, issues = self._returns == name, batch.issues[self._issues == name]
        enterprises = batch.enterprises[returns]
        doubtful = issues.loc[issues["code"] == "name.two_codes", "form_id"]
        every = batch.every
        if every is not None and self._every is not None:
            kept = self._every == name
            every = Counted(every.enterprises[kept], every.scores[kept])
        asked, roster, roster_columns = batch.asked, batch.roster, batch.roster_columns
        if roster is not None and self._roster is not None:
            kept = (self._roster == name).reset_index(drop=True)
            roster = roster[kept.to_numpy()].reset_index(drop=True)
            if roster_columns is not None and len(roster_columns.columns):
                roster_columns = roster_columns[kept.to_numpy()].reset_index(drop=True)
            if asked is not None:  # the rows of the roster are numbered anew
                numbers = pd.Series(kept.cumsum() - 1, index=kept.index)[kept]
                asked = asked[asked["line"].isin(numbers.index)]
                asked = asked.assign(line=asked["line"].map(numbers))
        return replace(
            batch,
            files=batch.files[self._files == name].reset_index(drop=True),
            enterprises=enterprises,
            scores=batch.scores[returns],
            issues=issues.reset_index(drop=True),
            roster=roster,
            region=batch.region if name == MISSING else f"{batch.region}{name}",
            unasked=batch.unasked[self._unasked == name].reset_index(drop=True),
            two_codes=enterprises["name"].reindex(doubtful.dropna().unique()).dropna().nunique(),
            progress=self._progress_of(name, enterprises),
            every=every,
            asked=asked,
            roster_columns=roster_columns,
            upgrades=None if batch.upgrades is None else batch.upgrades[returns.to_numpy()],
            columns=None if batch.columns is None or every is None else batch.columns.reindex(every.enterprises.index),
        )

    def _progress_of(self, name: str, enterprises: pd.DataFrame) -> CorrectionProgress | None:
        progress = self._batch.progress
        if progress is None or self._threads is None:
            return None
        threads = self._threads.index[self._threads == name]
        taken_back = progress.taken_back[progress.taken_back["thread"].isin(threads)]
        changes = progress.unasked_changes
        waivers = progress.waivers[progress.waivers["form_id"].isin(enterprises.index)]
        kept = CorrectionProgress(
            versions=progress.versions[progress.versions["thread"].isin(threads)].reset_index(drop=True),
            issues=progress.issues[progress.issues["thread"].isin(threads)].reset_index(drop=True),
            taken_back=taken_back.reset_index(drop=True),
            unasked_changes=changes[changes["form_id"].isin(taken_back["form_id"])].reset_index(drop=True),
            waivers=waivers.reset_index(drop=True),
        )
        again = (kept.versions["version"] > 1).any()
        return kept if again or len(kept.waivers) else None


def _districts_of_threads(progress: CorrectionProgress) -> pd.Series[str]:
    """The district that the last version of each thread names."""
    last = progress.versions[progress.versions["last"]]
    return pd.Series(group_names(last["district"]).to_numpy(), index=last["thread"])
