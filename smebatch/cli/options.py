"""The options and arguments that several commands have; ``help`` is the code of a text of help.toml (see cli.usage)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from smebatch.intake.sources.limits import Limits

DEFAULT_EDITION = "2024"
DEFAULT_BATCH = Path("batch.duckdb")
DEFAULT_LIMITS = Limits()
ALL_PROCESSORS = os.cpu_count() or 1


class Folders(tuple[str, ...]):
    """One folder or URL that was typed, or those that the settings name."""

    __slots__ = ()

    @classmethod
    def of(cls, value: str | Sequence[str]) -> Folders:
        """The folders of a value of either kind."""
        return cls([value] if isinstance(value, str) else value)


FolderArgument = Annotated[Folders, typer.Argument(metavar="DIR", help="opt.folder", parser=Folders.of)]
EditionOption = Annotated[str, typer.Option("--edition", metavar="EDITION", help="opt.edition")]
BatchOption = Annotated[Path, typer.Option("-b", "--batch", metavar="FILE", help="opt.batch")]
OutDirOption = Annotated[Path, typer.Option("-o", "--out-dir", metavar="DIR", help="opt.out_dir")]
RosterOption = Annotated[Path | None, typer.Option("--roster", metavar="FILE", help="opt.roster")]
DecisionsOption = Annotated[Path | None, typer.Option("--decisions", metavar="FILE", help="opt.decisions")]
ForceOption = Annotated[bool, typer.Option("--force", help="opt.force")]
JsonOption = Annotated[bool, typer.Option("--json", help="opt.json")]
StrictOption = Annotated[bool, typer.Option("--strict", help="opt.strict")]

# How a folder is read.
JobsOption = Annotated[int, typer.Option("--jobs", metavar="N", min=1, help="opt.jobs", show_default=False)]
SchedulerOption = Annotated[str, typer.Option("--scheduler", metavar="URL", help="opt.scheduler")]
CpuOption = Annotated[int, typer.Option("--cpu-seconds", metavar="N", min=1, help="opt.cpu_seconds")]
MemoryOption = Annotated[int, typer.Option("--memory-mb", metavar="N", min=64, help="opt.memory_mb")]
WallOption = Annotated[int, typer.Option("--wall-seconds", metavar="N", min=1, help="opt.wall_seconds")]
FileToOption = Annotated[str, typer.Option("--file-to", metavar="DIR", help="opt.file_to", show_default=False)]
AddOption = Annotated[bool, typer.Option("--add", help="opt.add")]
ReplaceOption = Annotated[bool, typer.Option("--replace", help="opt.replace")]
GoneOption = Annotated[bool, typer.Option("--gone", help="opt.gone")]

# What a report covers.
RegionOption = Annotated[str, typer.Option("--region", metavar="TEXT", help="opt.region")]
PhaseOption = Annotated[str, typer.Option("--phase", metavar="PHASE", help="opt.phase")]
KindOption = Annotated[str, typer.Option("--kind", metavar="KIND", help="opt.kind")]
