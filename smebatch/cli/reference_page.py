"""The page of commands, exports and tables: python -m smebatch.cli.reference_page > docs/reference.md."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import typer

from smebatch.batch.schema import ISSUES, LASTING_TABLES, Export, Rendering, StoredTable, exports_of, tables_of
from smebatch.cli.commands import app
from smebatch.cli.usage import with_texts
from smebatch.cli.words import CliWords
from smebatch.common.markdown import markdown_table
from smebatch.issues.docs_page import statuses_table
from smebatch.language.words import Language
from smebatch.standard.loader import load_edition
from smebatch.standard.model import Edition

_INTRODUCTION = """# Reference · 参考

Generated from the commands and from `smebatch/batch/schema.py` by `python -m smebatch.cli.reference_page`; do not edit.
本页由程序生成，请勿手工修改。

Columns that depend on the edition of the standard are those of 《{title}》.
"""
_STATUSES = """## Statuses · 状态

Every entry of the folder has one of the first four; they add up to the entries found. docs/issues.md lists the reasons.
每个文件有且只有前四种状态之一，四种之和等于文件总数；原因见 docs/issues.md。
"""
_EXPORTS = """## Exports · 导出

`smebatch export` writes a file of each name below, as `.csv` (UTF-8 with a byte order mark), `.json` or `.parquet`.
JSON and Parquet keep the type of a value; an answer that is blank or not sure is null in them, and empty in a CSV. A
text that a spreadsheet would take for a formula has an apostrophe before it in a CSV.
"""
_TABLES = """## Tables of a batch · 批次数据库

A batch is one DuckDB file (`batch.duckdb`), which any SQL tool reads. Texts are as people typed them.
"""
_ANSWERS = """The columns are those of the table `answers` below, under the same names. In a CSV a tick is 1 or 0, and a
figure an exact decimal in its unit, without trailing zeros.
"""
_RENDERINGS = {
    Rendering.TEXT: "text",
    Rendering.PLAIN: "whole number",
    Rendering.TICK: "1 or 0",
    Rendering.FIGURE: "exact decimal",
    Rendering.POINTS: "two decimals",
    Rendering.UNITS_PER_POINT: "whole number",
}


class OptionHelp(NamedTuple):
    """An option or argument of a command: what is typed, what stands for its value, its default and its help."""

    names: str
    value: str
    default: str
    help: str


class CommandHelp(NamedTuple):
    """A command with its help, in one language."""

    name: str
    help: str
    options: tuple[OptionHelp, ...]


def reference_page() -> str:
    """The page as Markdown: commands, statuses, exports, and tables of a batch under the default edition."""
    edition = load_edition()
    return "\n".join(
        (
            _INTRODUCTION.format(title=edition.header.title),
            *_command_parts(),
            _STATUSES,
            statuses_table(),
            *_export_parts(edition),
            *_table_parts(edition),
        )
    )


def _command_parts() -> Iterator[str]:
    yield "## Commands · 命令\n"
    for zh, en in zip(_commands("zh"), _commands("en"), strict=True):
        yield f"### `smebatch {en.name}`\n"
        yield f"{zh.help}\n{en.help}\n"
        rows = [
            (f"`{o.names}`", o.value and f"`{o.value}`", o.default and f"`{o.default}`", chinese.help, o.help)
            for chinese, o in zip(zh.options, en.options, strict=True)
        ]
        yield markdown_table(("option", "value", "default", "说明", "help"), rows)


def _export_parts(edition: Edition) -> Iterator[str]:
    yield _EXPORTS
    for export in exports_of(edition):
        yield f"### `{export.name}`\n"
        yield f"{_sentence(export.meaning)}\n"
        yield _ANSWERS if export.name == "answers" else _exported_columns(export)


def _exported_columns(export: Export) -> str:
    rows = [(f"`{c.name}`", _RENDERINGS[c.rendering], c.unit, c.clause, c.meaning) for c in export.columns]
    return markdown_table(("column", "in a CSV", "unit", "clause", "meaning"), rows)


def _table_parts(edition: Edition) -> Iterator[str]:
    yield _TABLES
    for table in (*tables_of(edition), *LASTING_TABLES, ISSUES):
        yield f"### Table `{table.name}`\n"
        yield f"{_sentence(table.meaning)}\n"
        yield _stored_columns(table)


def _stored_columns(table: StoredTable) -> str:
    rows = [(f"`{c.name}`", f"`{c.sql}`", c.unit, c.clause, c.meaning) for c in table.columns]
    return markdown_table(("column", "type", "unit", "clause", "meaning"), rows)


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


# --- the commands -----------------------------------------------------------------------------------------------------


def _commands(language: Language) -> list[CommandHelp]:
    """Every command in one language."""
    words = CliWords(language)
    return [_command_help(name, with_texts(command, words)) for name, command in _flat(typer.main.get_command(app))]


def _flat(group: Any, prefix: Sequence[str] = ()) -> Iterator[tuple[str, Any]]:
    """The commands of a group and of the groups in it, with what is typed for each."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _flat(command, (*prefix, name))
        else:
            yield " ".join((*prefix, name)), command


def _command_help(name: str, command: Any) -> CommandHelp:
    return CommandHelp(name, command.help, tuple(map(_option_help, command.params)))


def _option_help(parameter: Any) -> OptionHelp:
    is_option = parameter.param_type_name == "option"
    is_flag = getattr(parameter, "is_flag", False)
    default = parameter.default if getattr(parameter, "show_default", True) and not is_flag else None
    return OptionHelp(
        names=", ".join(parameter.opts) if is_option else parameter.metavar,
        value=parameter.metavar if is_option and not is_flag else "",
        default="required" if is_option and parameter.required else "" if default in (None, "") else str(default),
        help=parameter.help,
    )


if __name__ == "__main__":
    sys.stdout.buffer.write(reference_page().encode("utf-8"))  # the page is UTF-8 whatever the console's encoding
