"""smebatch.toml, the one place for what a round is: what it may say, who wins, and what is told."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
import typer

from cases import EDITION, changed
from command_line import DONE, USAGE, Inside, environment, unmeasured
from smebatch.cli.commands import app
from smebatch.common.target import Target
from smebatch.form.prefill import Splicer
from smebatch.intake.read_entry import read_entry
from smebatch.intake.workers.worker_pool import WorkerPool
from smebatch.language.words import MESSAGES
from smebatch.settings.commented import commented_settings
from smebatch.settings.loader import MAX_BYTES, SettingsError, load_settings
from smebatch.settings.model import Bureau, Report, Round, Settings, Tier
from test_pipeline import in_process

TINY = Path(__file__).parent / "editions" / "tiny.toml"


@pytest.fixture(autouse=True)
def read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Returns are read without processes of their own."""
    monkeypatch.setattr(WorkerPool, "read", in_process(read_entry))
    monkeypatch.setattr("smebatch.intake.workers.worker_process.prestart_workers", lambda _: None)


def write(folder: Path, text: str | bytes, name: str = "smebatch.toml") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return path


def problem(path: Path) -> tuple[str, dict[str, Any]]:
    """Why a file is refused: the code and its values. Every code has a sentence."""
    with pytest.raises(SettingsError) as error:
        load_settings(path, path.parent)
    assert error.value.code in MESSAGES
    return error.value.code, error.value.values


# --- what the file says


def test_without_a_file_there_are_no_settings(tmp_path: Path) -> None:
    assert load_settings(None, tmp_path) == Settings()


def test_every_key_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, uncommented())
    examples = Round(
        *("示例市", dt.date(2026, 12, 31), tmp_path / "企业名单.xlsx", (str(tmp_path / "评测表"),), tmp_path / "结果"),
        *(tmp_path / "批次.duckdb", "2024", "改造前", "自评", 5),
    )
    assert load_settings(path, Path("elsewhere")) == Settings(
        path,
        Bureau("示例市工业和信息化局", "王老师", "010-12345678"),
        examples,
        Report(("服务商", "样本企业"), (Tier("第一梯队", Fraction(60)), Tier("第二梯队", Fraction(40)))),
        (
            Target(
                *("规上企业达到二级", "二级", Fraction(4, 5), None),
                *((("above_scale", "是"),), dt.date(2026, 12, 31)),
            ),
        ),
    )
    assert load_settings(None, tmp_path) == load_settings(path, tmp_path)


def uncommented() -> str:
    """The file that init writes, with its examples in force."""
    return re.sub(r"^#(?=\w+ = |\[\[)", "", commented_settings(), flags=re.MULTILINE)


def test_the_written_file_names_every_key_and_sets_none(tmp_path: Path) -> None:
    keys = re.findall(r"^#(\w+) = ", commented_settings(), re.MULTILINE)
    contract = "name contact phone region deadline roster folder out batch edition phase kind small_group"
    assert keys == f"{contract} group_by tiers name level share where by".split()
    path = write(tmp_path, commented_settings())
    assert load_settings(path, tmp_path) == Settings(path)


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    rows = ('folder = ["a", "/b", "s3://c/d"]', 'edition = "own.toml"', 'roster = "../list.csv"')
    read = load_settings(write(tmp_path, "[round]\n" + "\n".join(rows)), Path()).round
    assert read.folders == (str(tmp_path / "a"), str(tmp_path / "/b"), "s3://c/d")
    assert (read.edition, read.roster) == (str(tmp_path / "own.toml"), tmp_path / "../list.csv")


@pytest.mark.parametrize("text", [b'\xef\xbb\xbf[round]\r\nregion = "\xe7\x94\xb2"\r\n', '[round]\nregion = "甲"'])
def test_a_byte_order_mark_and_the_line_ends_of_windows_are_taken(text: str | bytes, tmp_path: Path) -> None:
    assert load_settings(write(tmp_path, text), tmp_path).round.region == "甲"


@pytest.mark.parametrize("value", ["2026-12-31", '"2026-12-31"'])
def test_a_deadline_is_a_date_or_a_text(value: str, tmp_path: Path) -> None:
    deadline = load_settings(write(tmp_path, f"[round]\ndeadline = {value}"), tmp_path).round.deadline
    assert deadline == dt.date(2026, 12, 31)


# --- what it may not say


@pytest.mark.parametrize(
    ("table", "row", "expected"),
    [
        ("bureau", "name = 5", "text"),
        ("bureau", 'contact = ""', "text"),
        ("bureau", 'phone = " "', "text"),
        ("bureau", r'name = "甲\u001b[31m"', "printable"),
        ("bureau", r'name = "甲\n乙"', "printable"),
        ("round", r'region = "甲\u202e"', "printable"),
        ("round", r'out = "a\u0000"', "printable"),
        ("round", r'folder = ["a", "b\u0000"]', "printable"),
        ("round", "roster = true", "text"),
        ("round", "edition = 2024", "text"),
        ("round", "folder = 5", "folders"),
        ("round", "folder = []", "folders"),
        ("round", 'folder = ["a", 1]', "folders"),
        ("round", 'folder = ["a", ""]', "folders"),
        ("round", 'folder = ["a", "a"]', "folders"),
        ("round", "folder = {a = 1}", "folders"),
        ("round", 'deadline = "2026-02-30"', "date"),
        ("round", 'deadline = "2026-W05-1"', "date"),
        ("round", 'deadline = "31.12.2026"', "date"),
        ("round", "deadline = 2026-12-31T10:00:00", "date"),
        ("round", "deadline = 20261231", "date"),
        ("round", 'phase = "改造中"', "choice"),
        ("round", "kind = 1", "choice"),
        ("round", "small_group = 0", "small_group"),
        ("round", "small_group = 2.0", "small_group"),
        ("round", "small_group = true", "small_group"),
        ("round", f"small_group = 0x{'f' * 5000}", "small_group"),
        ("report", "group_by = []", "group_by"),
        ("report", 'group_by = ["a", 1]', "group_by"),
        ("report", 'group_by = ["a", " a"]', "group_by"),
        ("report", r'group_by = "a\u0000"', "printable"),
        ("report", "tiers = []", "tiers"),
        ("report", 'tiers = ["甲"]', "tiers"),
        ("report", 'tiers = [{name = "甲"}]', "tiers"),
        ("report", 'tiers = [{name = "甲", score = "60"}]', "tiers"),
        ("report", 'tiers = [{name = "甲", score = true}]', "tiers"),
        ("report", 'tiers = [{name = "甲", score = nan}]', "tiers"),
        ("report", 'tiers = [{name = "甲", score = 100.01}]', "tiers"),
        ("report", 'tiers = [{name = "甲", score = -1}]', "tiers"),
        ("report", 'tiers = [{name = "甲", score = 1e-999999}]', "tiers"),
        ("report", 'tiers = [{name = "甲", score = 40}, {name = "乙", score = 40.0}]', "tiers"),
        ("report", 'tiers = [{name = "甲", score = 60}, {name = "甲", score = 40}]', "tiers"),
        ("report", 'tiers = [{name = "", score = 60}]', "text"),
    ],
)
def test_a_value_that_does_not_fit_is_named_by_its_place(table: str, row: str, expected: str, tmp_path: Path) -> None:
    path = write(tmp_path, f"[{table}]\n{row}\n")
    code, values = problem(path)
    place = (values["path"], values["table"], values["key"], values["expected"].code)
    assert (code, place) == ("settings.value", (path, table, row.partition(" ")[0], f"settings.expected.{expected}"))


def test_what_a_report_shows_is_read_exactly(tmp_path: Path) -> None:
    rows = 'group_by = "服务商"\ntiers = [{name = "甲", score = 33.3}, {name = "乙", score = 0}]\n'
    targets = "".join(
        f"[[targets]]\nname = '目标'\n{rest}\n"
        for rest in ("level = 2\ncount = 12", "level = ' 三级 '\nshare = '33.3 ％'")
    )
    read = load_settings(write(tmp_path, f"[report]\n{rows}{targets}"), tmp_path)
    assert read.report == Report(("服务商",), (Tier("甲", Fraction(333, 10)), Tier("乙", Fraction(0))))
    assert read.targets == (Target("目标", "2", enterprises=12), Target("目标", "三级", Fraction(333, 1000)))


TARGET = "name = '甲'\nlevel = 2\ncount = 1"


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("name = ''", "text"),
        ("level = 0", "level"),
        ("level = 2.0", "level"),
        ("level = ''", "level"),
        ("count = 0", "count"),
        ("count = '1'", "count"),
        ("share = 0.8", "share"),
        ("share = '80'", "share"),
        ("share = '0%'", "share"),
        ("share = '100.01%'", "share"),
        ("where = '是'", "where"),
        ("where = {}", "where"),
        ("where = {above_scale = true}", "where"),
        ("where = {above_scale = ''}", "text"),
        ("by = '2026-02-30'", "date"),
    ],
)
def test_a_target_that_does_not_fit_is_named_by_its_number(row: str, expected: str, tmp_path: Path) -> None:
    key = row.partition(" ")[0]
    kept = "\n".join(line for line in TARGET.splitlines() if not line.startswith(key))
    code, values = problem(write(tmp_path, f"[[targets]]\n{TARGET}\n[[targets]]\n{kept}\n{row}\n"))
    place = (values["table"], values["key"], values["expected"].code)
    assert (code, place) == ("settings.value", ("targets #2", key, f"settings.expected.{expected}"))


@pytest.mark.parametrize(
    ("text", "code", "key"),
    [
        ("level = 2\ncount = 1", "settings.lacks", "name"),
        ("name = '甲'\ncount = 1", "settings.lacks", "level"),
        ("name = '甲'\nlevel = 2", "settings.lacks", "share / count"),
        (f"{TARGET}\nshare = '80%'", "settings.one_of", "share / count"),
        (f"{TARGET}\ndistrict = '甲'", "settings.key", "district"),
    ],
)
def test_a_target_has_a_name_a_level_and_a_share_or_a_count(text: str, code: str, key: str, tmp_path: Path) -> None:
    said, values = problem(write(tmp_path, f"[[targets]]\n{text}\n"))
    assert (said, values["table"], values["key"]) == (code, "targets #1", key)


def test_an_unknown_key_is_told_the_known_ones(tmp_path: Path) -> None:
    code, values = problem(write(tmp_path, '[bureau]\nfax = "1"\nname = "甲"'))
    assert (code, values["table"], values["key"], values["known"]) == (
        *("settings.key", "bureau", "fax"),
        "name、contact、phone",
    )


@pytest.mark.parametrize("text", ["[reports]\n", "[[target]]\n", 'region = "甲"\n'])
def test_an_unknown_table_is_told_the_known_ones(text: str, tmp_path: Path) -> None:
    code, values = problem(write(tmp_path, text))
    assert (code, values["known"]) == ("settings.table", "bureau、round、report、targets")


@pytest.mark.parametrize("text", ["round = 5", '[[round]]\nregion = "甲"'])
def test_a_table_is_a_table(text: str, tmp_path: Path) -> None:
    assert problem(write(tmp_path, text))[0] == "settings.no_table"


@pytest.mark.parametrize("text", ["targets = 5", "[targets]\nname = '甲'"])
def test_targets_are_tables(text: str, tmp_path: Path) -> None:
    assert problem(write(tmp_path, text))[0] == "settings.no_tables"


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[round]\nregion = 甲\n", 2),
        ('[round]\n\nroster = "D:\\评测表"\n', 3),
        ("[round]\ndeadline = 2026-02-30\n", 2),
        ('[round]\nregion = "甲"\nregion = "乙"\n', 3),
        ("[round]\nregion = [\n\n", 2),
        ('[round]\nregion = "甲\u2028乙"\nout = ', 3),
        (f"[round]\nsmall_group = {'9' * 5000}", 2),
        (f"[round]\nfolder = {'[' * 10_000}", 2),
    ],
)
def test_what_is_no_toml_is_named_by_its_line(text: str, line: int, tmp_path: Path) -> None:
    code, values = problem(write(tmp_path, text))
    assert (code, values["line"]) == ("settings.syntax", line)
    assert len(values["text"]) <= 60


@pytest.mark.parametrize("encoding", ["gbk", "utf-16"])
def test_another_encoding_is_no_guess(encoding: str, tmp_path: Path) -> None:
    assert problem(write(tmp_path, '[round]\nregion = "示例市"'.encode(encoding)))[0] == "settings.encoding"


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    assert problem(write(tmp_path, "#" * (MAX_BYTES + 1)))[0] == "settings.large"
    assert load_settings(write(tmp_path, "#" * MAX_BYTES), tmp_path).round == Round()


def test_a_folder_is_no_settings_file(tmp_path: Path) -> None:
    assert problem(tmp_path)[0] == "settings.no_file"


def test_a_missing_file_that_was_named_is_missing(tmp_path: Path) -> None:
    assert problem(tmp_path / "own.toml")[0] == "settings.missing"


def test_a_link_is_followed_and_its_own_folder_counts(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    write(tmp_path / "shared", '[round]\nout = "out"')
    (tmp_path / "smebatch.toml").symlink_to(tmp_path / "shared" / "smebatch.toml")
    assert load_settings(None, tmp_path).round.out == tmp_path / "out"


def test_a_link_that_leads_nowhere_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "smebatch.toml").symlink_to(tmp_path / "gone.toml")
    with pytest.raises(SettingsError, match=r"settings\.no_file"):
        load_settings(None, tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_pipe_does_not_keep_anybody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "smebatch.toml")
    with pytest.raises(SettingsError, match=r"settings\.no_file"):
        load_settings(None, tmp_path)


def test_a_problem_is_one_line_and_acts_on_no_terminal(tmp_path: Path, inside: Inside) -> None:
    write(tmp_path, '[round]\n"\\u001b[31m\\nx" = 1\n')
    said = inside("report", cwd=tmp_path)
    assert (said.code, said.out, said.err.count("\n")) == (USAGE, "", 1)
    assert "\x1b" not in said.err


# --- the commands


def leaves() -> dict[str, Any]:
    """Every command by what is typed for it."""
    root: Any = typer.main.get_command(app)
    return {
        f"{name} {sub}".strip(): leaf
        for name, command in root.commands.items()
        for sub, leaf in getattr(command, "commands", {"": command}).items()
    }


@pytest.mark.parametrize("command", leaves())
def test_every_command_takes_settings_and_verbose(command: str) -> None:
    options = [name for parameter in leaves()[command].params for name in parameter.opts]
    assert options.count("--settings") == options.count("-v") == options.count("--verbose") == 1


@pytest.mark.parametrize("command", [name for name in leaves() if name != "init"])
def test_every_command_stops_at_a_wrong_file(command: str, tmp_path: Path, inside: Inside) -> None:
    """Whatever else may be wrong: the settings come first."""
    write(tmp_path, "[rounds]\n")
    for arguments in ((), ("--settings", "other.toml")):
        said = inside(*command.split(), *arguments, cwd=tmp_path)
        assert (said.code, said.out) == (USAGE, "")
        assert ("other.toml" if arguments else "[rounds]" if "[rounds]" in said.err else "table rounds") in said.err


FILE = """
[round]
folder = "from_file"
out = "out_of_file"
batch = "file.duckdb"
edition = "2024"
roster = "file.csv"
region = "文件市"
phase = "改造前"
kind = "自评"
"""
TYPED = {
    "folder": ["typed"],
    "out": ["-o", "out_typed"],
    "batch": ["-b", "typed.duckdb"],
    "edition": ["--edition", str(TINY)],
    "roster": ["--roster", "typed.csv"],
    "region": ["--region", "命令市"],
    "phase": ["--phase", "改造后"],
    "kind": ["--kind", "现场评定"],
}
# Of each command, the keys of [round] that it takes.
TAKES = {
    "ingest": ("folder", "batch", "edition", "roster"),
    "run": ("folder", "out", "batch", "edition", "roster", "region", "phase", "kind"),
    "report": ("batch", "region", "phase", "kind"),
    "compare": ("region",),
    "export": ("batch",),
    "return": ("batch",),
    "decide": ("batch",),
    "history": ("batch",),
    "check": ("edition",),
    "sample": ("edition",),
    "template": ("edition",),
    "edition show": ("edition",),
}
DEMANDED = {
    "compare": ["before", "after"],
    "export": ["-o", "exported"],
    "return": ["-o", "back"],
    "decide": ["id", "code", "key", "--reason", "text", "--by", "name"],
    "history": ["name"],
    "check": ["file.csv"],
    "sample": ["-n", "1", "-o", "made"],
}


def chosen(command: str, arguments: list[str]) -> dict[str, Any]:
    """The values that a command would run with."""
    context = leaves()[command].make_context(command, [*DEMANDED.get(command, []), *arguments])
    return {key: context.params[key] for key in TAKES[command]}


def test_the_commands_take_what_a_round_has() -> None:
    taken = {
        name: tuple(key for key in TYPED if key in {parameter.name for parameter in leaf.params})
        for name, leaf in leaves().items()
    }
    assert {name: keys for name, keys in taken.items() if keys} == TAKES


@pytest.mark.parametrize(("command", "key"), [(command, key) for command, keys in TAKES.items() for key in keys])
def test_typed_wins_over_the_file_and_the_file_over_the_default(
    command: str, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    named = ["named"] if command in ("ingest", "run") else []
    out = ["-o", "out"] if command == "run" else []
    default = chosen(command, [*named, *out])[key]
    write(tmp_path, FILE)
    of_file = chosen(command, [])
    typed = chosen(command, TYPED[key])
    of_key = {"edition": "2024", "folder": ("from_file",)}
    lines = dict(re.findall(r'^(\w+) = "(.*)"$', FILE, re.MULTILINE))
    assert of_file[key] == of_key.get(key, lines[key]) or str(of_file[key]) == lines[key]
    last = TYPED[key][-1]
    assert str(typed[key]) == last or typed[key] == (last,)
    assert typed | {key: None} == of_file | {key: None}  # the others stay
    assert default not in (typed[key], None if key == "edition" else of_file[key])


def test_the_help_shows_the_programs_own_defaults(tmp_path: Path, inside: Inside) -> None:
    own = inside("ingest", "-h", cwd=tmp_path).out
    write(tmp_path, FILE)
    assert inside("ingest", "-h").out == inside("ingest", "--settings", "smebatch.toml", "-h").out == own


def test_the_batch_of_a_round_is_the_one_that_run_makes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, '[round]\nout = "结果"\nfolder = "评测表"')
    assert {chosen(name, [])["batch"] for name in ("ingest", "report", "export")} == {Path("结果/batch.duckdb")}
    assert chosen("run", ["-o", "anders"])["batch"] is None  # which is the one in there


def test_verbose_tells_each_setting_and_where_it_comes_from(tmp_path: Path, inside: Inside) -> None:
    write(tmp_path, "[round]\nregion = '示例市'\n")
    said = inside("report", "-b", "a.duckdb", "-v", cwd=tmp_path)
    assert said.err.splitlines()[:-1] == [
        "settings file: smebatch.toml",
        "--batch: a.duckdb (command line)",
        "--region: 示例市 (settings file)",
        "--phase: none (default)",
        "--kind: none (default)",
        "round.small_group: 5 (default)",
        "report.group_by: none (default)",
        "report.tiers: none (default)",
        "targets: none (default)",
    ]
    assert inside("sample", "-n", "1", "-o", "a", "-v", "--settings", "smebatch.toml", lang="zh").err.splitlines() == [
        "设置文件：smebatch.toml",
        "--edition：2024（默认）",
    ]


def test_verbose_tells_the_batch_that_run_makes(tmp_path: Path, inside: Inside) -> None:
    said = inside("run", "none", "-o", "out", "-v", cwd=tmp_path)
    assert f"--batch: {Path('out', 'batch.duckdb')} (default)" in said.err.splitlines()


def test_verbose_says_where_there_is_no_file_and_json_stays_one_document(tmp_path: Path, inside: Inside) -> None:
    said = inside("template", "-v", "--json", cwd=tmp_path)
    assert json.loads(said.out).keys() == {"form"}
    assert said.err.splitlines() == ["no settings file is used", "--edition: 2024 (default)"]


def test_a_roster_in_the_settings_keeps_nobody_from_a_blank_form(tmp_path: Path, inside: Inside) -> None:
    write(tmp_path, '[round]\nroster = "list.csv"')
    (tmp_path / "list.csv").write_text("企业名称\n甲\n乙\n", "utf-8")
    assert inside("template", "-o", "form.xlsx", cwd=tmp_path).code == DONE
    assert (tmp_path / "form.xlsx").is_file()
    said = inside("template", "--out-dir", "forms", "-v")
    assert (said.code, len(list((tmp_path / "forms").iterdir()))) == (DONE, 2)
    assert "round.roster: list.csv (settings file)" in said.err


def test_without_a_file_nothing_is_imported_to_read_it(tmp_path: Path) -> None:
    program = """
import sys
from pathlib import Path
from smebatch.settings.loader import load_settings
before = set(sys.modules)
load_settings(None, Path())
sys.exit(bool(set(sys.modules) - before or {"tomllib", "smebatch.standard.loader"} & set(sys.modules)))
"""
    run = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        capture_output=True,
        env=unmeasured(environment()),  # measuring imports something itself
        check=False,
    )
    assert (run.returncode, run.stderr) == (DONE, b"")


# --- init


def test_init_writes_once(tmp_path: Path, inside: Inside) -> None:
    path = tmp_path / "smebatch.toml"
    assert inside("init", cwd=tmp_path).code == DONE
    assert path.read_text("utf-8") == commented_settings()
    path.write_text("[rounds]", "utf-8")  # unsound, and still somebody's
    said = inside("init")
    assert (said.code, said.out, path.read_text("utf-8")) == (USAGE, "", "[rounds]")
    assert json.loads(inside("init", "--force", "--json").out) == {"settings": "smebatch.toml"}
    assert path.read_text("utf-8") == commented_settings()
    (aside,) = tmp_path.glob("smebatch_*.toml")
    assert aside.read_text("utf-8") == "[rounds]"


def test_init_writes_where_it_is_told(tmp_path: Path, inside: Inside) -> None:
    assert inside("init", "--settings", "2027/round.toml", cwd=tmp_path).code == DONE
    assert load_settings(tmp_path / "2027" / "round.toml", tmp_path).round == Round()
    assert inside("init", "--settings", "2027", "--force").code == USAGE


# --- a round


def put_return(folder: Path, name: str, **answers: object) -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.xlsx").write_bytes(Splicer(EDITION).form(changed(name=name, **answers)))


@pytest.mark.slow
def test_a_round_as_a_clerk_lives_it(tmp_path: Path, inside: Inside) -> None:
    """An empty folder, init, an edited file, and no option from then on."""
    assert inside("init", cwd=tmp_path, lang="zh").code == DONE
    put_return(tmp_path / "评测表", "甲机械有限公司")
    (tmp_path / "企业名单.csv").write_text("企业名称,截止日期\n甲机械有限公司,2026-11-30\n", "utf-8")
    path = tmp_path / "smebatch.toml"
    text = path.read_text("utf-8").replace("企业名单.xlsx", "企业名单.csv")
    path.write_text(re.sub(r"^#(?=(region|roster|folder|out|deadline) = )", "", text, flags=re.MULTILINE), "utf-8")
    done = inside("run", lang="zh")
    assert done.code == DONE, done.err
    summary = openpyxl.load_workbook(tmp_path / "结果" / "summary.xlsx", read_only=True)
    assert "示例市" in str(next(summary.worksheets[0].iter_rows(values_only=True)))
    assert inside("report", "-o", "again.xlsx").code == DONE  # of the same batch
    with duckdb.connect(str(tmp_path / "结果" / "batch.duckdb"), read_only=True) as batch:
        assert batch.execute('SELECT "截止日期" FROM roster').fetchall() == [("2026-11-30",)]


@pytest.mark.slow
def test_a_round_of_several_folders(tmp_path: Path, inside: Inside) -> None:
    put_return(tmp_path / "east", "甲机械有限公司")
    put_return(tmp_path / "west", "乙机械有限公司", uscc="91330000MA27U0QX5R")
    put_return(tmp_path / "west", "丙机械有限公司", uscc="91310000MA1FL0QX5P")
    path = write(tmp_path, '[round]\nfolder = ["east", "west"]')
    first = json.loads(inside("ingest", "--json", "--file-to", "kept", cwd=tmp_path).out)
    assert (first["entries"], first["read"], first["filed"], first["filed_before"]) == (3, 3, 3, 0)
    put_return(tmp_path / "west", "戊机械有限公司", uscc="91340000MA1FL0QX54")
    (tmp_path / "west" / "乙机械有限公司.xlsx").unlink()
    again = json.loads(inside("ingest", "--json").out)
    assert (again["entries"], again["read"], again["left"]) == (3, 1, ["west/乙机械有限公司.xlsx"])
    path.write_text('[round]\nfolder = ["south", "east", "west"]', "utf-8")  # the first is not the batch's
    put_return(tmp_path / "south", "丁机械有限公司", uscc="91320000MA1FL0QX5N")
    assert inside("ingest").code == USAGE
    assert json.loads(inside("ingest", "--add", "--json").out)["entries"] == 4


def test_a_folder_of_several_that_is_missing_leaves_nothing_behind(tmp_path: Path, inside: Inside) -> None:
    put_return(tmp_path / "east", "甲机械有限公司")
    write(tmp_path, '[round]\nfolder = ["east", "west"]')
    said = inside("ingest", cwd=tmp_path)
    assert said.code == USAGE
    assert "west" in said.err
    assert not (tmp_path / "batch.duckdb").exists()


@pytest.mark.slow
def test_another_batch_of_a_run(tmp_path: Path, inside: Inside) -> None:
    put_return(tmp_path / "评测表", "甲机械有限公司")
    write(tmp_path, '[round]\nfolder = "评测表"\nout = "结果"\nbatch = "批次.duckdb"')
    assert json.loads(inside("run", "--json", cwd=tmp_path).out)["batch"] == "批次.duckdb"
    assert sorted(path.name for path in (tmp_path / "结果").iterdir()) == ["report.docx", "returned", "summary.xlsx"]
