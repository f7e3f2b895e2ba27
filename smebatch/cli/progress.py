"""The progress bar: how many files are done, how many a second, and how long the rest will take."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, Task, TextColumn
from rich.progress import Progress as Bar
from rich.text import Text

from smebatch.batch.ingest import Progress
from smebatch.cli.words import CliWords


class _Pace(ProgressColumn):
    """Files a second, and the time left."""

    def __init__(self, words: CliWords) -> None:
        super().__init__()
        self._words = words

    def render(self, task: Task) -> Text:
        if not task.speed or task.remaining is None:
            return Text()
        left = dt.timedelta(seconds=round(task.remaining / task.speed))
        rate = self._words.text("ingest.rate", n=f"{task.speed:,.0f}")
        return Text(f"{rate}  {self._words.text('ingest.left', time=left)}")


@contextmanager
def progress_bar(words: CliWords, console: Console | None = None) -> Iterator[Progress]:
    """Show a bar on stderr until the block ends; yields the function to call with the progress."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _Pace(words))
    with Bar(*columns, console=console or Console(stderr=True), transient=True) as bar:
        task = bar.add_task(words.text("ingest.progress"), total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
