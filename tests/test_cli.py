"""The command line as a user meets it: exit statuses, one clear line for what is wrong, JSON for programs."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pytest

from cases import TINY, changed, form_bytes, good_answers
from command_line import DONE, FOUND, LISTEN, USAGE, Inside, Said, environment, smebatch, started
from smebatch import __version__
from smebatch.cli.words import HELP
from smebatch.intake.read_entry import read_entry
from smebatch.intake.workers.worker_pool import WorkerPool
from smebatch.issues.catalogue import ISSUES
from smebatch.language.words import MESSAGES, language_of
from test_pipeline import in_process

COMMANDS = ["template", "sample", "check", "ingest", "report", "compare", "export", "run", "edition"]


@dataclass(frozen=True)
class World:
    """Files to work on."""

    base: Path
    good: Path
    warned: Path
    faulty: Path
    junk: Path
    folder: Path
    batch: Path
    clean_folder: Path


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    base = tmp_path_factory.mktemp("world")
    folder, clean = base / "回表", base / "clean"
    folder.mkdir()
    clean.mkdir()
    files = {
        "good.xlsx": form_bytes(good_answers()),
        "warned.xlsx": form_bytes(changed(phone="12", uscc="91110000101623741K")),
        "faulty.xlsx": form_bytes(changed(equipment_digital=41, cost_prior=None, uscc="911101066976941872")),
        "junk.txt": b"notes",
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    (clean / "good.xlsx").write_bytes(files["good.xlsx"])
    batch = base / "b.duckdb"
    said = smebatch("ingest", folder, "-b", batch)
    assert said.code == DONE, said
    good, warned, faulty, junk = (folder / name for name in files)
    return World(base, good, warned, faulty, junk, folder, batch, clean)


@pytest.fixture(autouse=True)
def read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run without a process of its own starts none for what it reads."""
    monkeypatch.setattr(WorkerPool, "read", in_process(read_entry))
    monkeypatch.setattr("smebatch.intake.workers.worker_process.prestart_workers", lambda _: None)


# --- help -----------------------------------------------------------------------------------------------------------

OPTIONS = {
    "template": ["--output", "--edition", "--roster", "--out-dir", "-o"],
    "sample": ["-n", "-o", "--seed"],
    "check": ["FILE", "--json", "--strict", "--edition"],
    "ingest": ["DIR", "-b", "--batch", "--jobs", "--roster", "--json", "--strict"],
    "report": ["-b", "-o", "--region", "--phase", "--kind"],
    "compare": ["A", "B", "-o", "--region", "--force", "--json"],
    "export": ["-b", "-o", "--format"],
    "run": ["DIR", "-o", "--jobs", "--roster", "--region", "--phase", "--kind", "--add", "--replace", "--gone"],
    "edition": ["show", "check"],
}


def test_help_lists_every_command(inside: Inside) -> None:
    said = inside("-h")
    assert (said.code, said.err) == (DONE, "")
    for command in COMMANDS:
        assert re.search(rf"^ *{command} ", said.out, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help(command: str, inside: Inside) -> None:
    said = inside(command, "-h")
    assert (said.code, said.err) == (DONE, "")
    for option in OPTIONS[command]:
        assert re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", said.out), option
    assert "<" not in said.out  # no name of a Python type


@pytest.mark.parametrize(("lang", "word"), [("zh", "评测表文件"), ("en", "returns to check")])
def test_help_is_in_the_users_language(lang: str, word: str) -> None:
    assert word in smebatch("check", "-h", env=environment(lang)).out


def test_help_imports_nothing_heavy() -> None:
    program = """
import sys
from smebatch.cli.program import main
for arguments in (["-h"], ["check", "-h"], ["ingest", "-h"], ["report", "-h"]):
    sys.argv = ["smebatch", *arguments]
    try:
        main()
    except SystemExit as end:
        status = end.code or 0
    heavy = {"pandas", "numpy", "pandera", "openpyxl", "duckdb", "xlsxwriter", "python_calamine"} & set(sys.modules)
    if heavy or status:
        sys.exit(f"{arguments}: {heavy} {status}")
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, env=environment(), check=False)
    assert run.returncode == 0, run.stderr


def test_a_check_imports_nothing_that_it_does_not_need(world: World) -> None:
    """Neither the database nor what reads workbooks: that is done in a process of its own."""
    program = """
import sys
from smebatch.cli.program import main
try:
    main()
finally:
    print(*{"duckdb", "openpyxl", "xlsxwriter", "python_calamine"} & set(sys.modules), file=sys.stderr)
"""
    command = [sys.executable, "-c", program, "check", str(world.good)]
    run = subprocess.run(command, capture_output=True, env=environment(), check=False)
    assert (run.returncode, run.stderr.split()) == (DONE, [])


def test_an_unchanged_folder_takes_no_pandas(world: World) -> None:
    program = """
import sys
from smebatch.cli.program import main
try:
    main()
finally:
    print(*{"pandas", "pandera", "python_calamine"} & set(sys.modules), file=sys.stderr)
"""
    command = [sys.executable, "-c", program, "ingest", str(world.folder), "-b", str(world.batch)]
    run = subprocess.run(command, capture_output=True, env=environment(), check=False)
    assert (run.returncode, run.stderr.split()) == (DONE, [])


@pytest.mark.parametrize("command", [("template", "-o", "blank.xlsx"), ("sample", "-n", "1", "-o", "returns")])
def test_writing_forms_takes_no_numbers_by_the_column(command: tuple[str, ...], tmp_path: Path) -> None:
    program = """
import sys
from smebatch.cli.program import main
try:
    main()
finally:
    print(*{"numpy", "pandas", "pandera", "duckdb", "openpyxl"} & set(sys.modules), file=sys.stderr)
"""
    run = subprocess.run(
        [sys.executable, "-c", program, *command], cwd=tmp_path, capture_output=True, env=environment(), check=False
    )
    assert (run.returncode, run.stderr.split()) == (DONE, [])


def test_the_version() -> None:
    assert smebatch("--version") == Said(DONE, f"{__version__}\n", "")


# --- exit statuses --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("files", "options", "code"),
    [
        (["good"], [], DONE),
        (["good"], ["--strict"], DONE),
        (["warned"], [], DONE),
        (["warned"], ["--strict"], FOUND),
        (["faulty"], [], FOUND),
        (["good", "faulty"], [], FOUND),
        (["junk"], [], FOUND),
    ],
)
def test_check_exits_with_1_on_errors(
    files: list[str], options: list[str], code: int, world: World, inside: Inside
) -> None:
    said = inside("check", *(getattr(world, name) for name in files), *options)
    assert (said.code, said.err) == (code, "")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_check_shows_the_score_with_its_working(lang: str, world: World, inside: Inside) -> None:
    said = inside("check", world.good, lang=lang)
    # 39.55 points, 2 scenes short of 一级; 题2 is 2 of 4 steps at 50 × 40 × 30 %
    assert "39.55" in said.out
    assert "100×2/4 × 50% × 40% × 30%" in said.out
    assert "无等级" in said.out


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_check_shows_every_issue_with_its_place(lang: str, world: World, inside: Inside) -> None:
    said = inside("check", world.faulty, lang=lang)
    assert "interval.contradiction" in said.out
    assert "required.missing" in said.out
    assert re.search(r"基础管理成效![A-Z]+[0-9]+", said.out)
    assert "39.55" not in said.out


@pytest.mark.parametrize("name", ["good", "faulty", "junk"])
def test_a_check_on_a_gbk_console(name: str, world: World) -> None:
    gbk = environment("zh", PYTHONIOENCODING="gbk", PYTHONUTF8="0")
    said = smebatch("check", getattr(world, name), env=gbk, encoding="gbk")
    assert said.code == (DONE if name == "good" else FOUND)
    assert said.err == ""
    assert said.out


def test_ingest_done_and_strict(world: World, tmp_path: Path, inside: Inside) -> None:
    assert inside("ingest", world.folder, "-b", tmp_path / "a.duckdb", "--strict").code == FOUND
    said = inside("ingest", world.clean_folder, "-b", tmp_path / "c.duckdb", "--strict")
    assert (said.code, said.err) == (DONE, "")


def test_ingest_says_what_came_of_the_files(world: World, inside: Inside) -> None:
    said = inside("ingest", world.folder, "-b", world.batch)
    assert (said.code, said.err) == (DONE, "")  # no progress where there is no terminal
    assert re.findall("[0-9]+", said.out.splitlines()[0]) == ["4", "2", "1", "0", "1"]  # all, then by status


def test_run_makes_report_batch_and_issues(world: World, tmp_path: Path, inside: Inside) -> None:
    said = inside("run", world.folder, "-o", tmp_path / "out", "--strict", lang="zh")
    assert (said.code, said.err) == (FOUND, "")
    made = {str(p.relative_to(tmp_path / "out")) for p in (tmp_path / "out").rglob("*") if p.is_file()}
    assert {"summary.xlsx", "batch.duckdb"} <= made
    assert any(name.startswith("returned") for name in made)
    assert inside("run", world.folder, "-o", tmp_path / "out").code == DONE


@pytest.mark.slow
def test_run_with_the_output_in_the_folder_does_not_read_its_own(world: World, tmp_path: Path, inside: Inside) -> None:
    (tmp_path / "good.xlsx").write_bytes(world.good.read_bytes())
    for _ in range(2):
        said = inside("run", tmp_path, "-o", tmp_path / "out", "--json")
        assert json.loads(said.out)["entries"] == 1


def test_report_and_export(world: World, tmp_path: Path, inside: Inside) -> None:
    said = inside("report", "-b", world.batch, "-o", tmp_path / "new" / "s.xlsx", "--region", "示例市")
    assert (said.code, said.err) == (DONE, "")
    assert (tmp_path / "new" / "s.xlsx").exists()
    for file_format in ("csv", "json", "parquet"):
        said = inside("export", "-b", world.batch, "-o", tmp_path / "e", "--format", file_format)
        assert (said.code, said.err) == (DONE, "")
        assert (tmp_path / "e" / f"scores.{file_format}").exists()


def test_template_twice_is_the_same(tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert smebatch("template", "-o", tmp_path / name / "t.xlsx").code == DONE
    assert (tmp_path / "a" / "t.xlsx").read_bytes() == (tmp_path / "b" / "t.xlsx").read_bytes()


def test_template_has_a_name_of_its_own(tmp_path: Path, inside: Inside) -> None:
    assert inside("template", cwd=tmp_path).code == DONE
    assert [p.name for p in tmp_path.iterdir()] == ["中小企业数字化水平评测表（2024年版）.xlsx"]


def test_a_folder_in_which_nothing_counts_is_said(world: World, tmp_path: Path, inside: Inside) -> None:
    (tmp_path / "in").mkdir()
    for strict, code in (((), DONE), (("--strict",), FOUND)):
        said = inside("ingest", tmp_path / "in", "-b", tmp_path / "b.duckdb", *strict)
        assert (said.code, len(said.err.splitlines())) == (code, 1)
    assert inside("ingest", world.clean_folder, "-b", tmp_path / "c.duckdb").err == ""


@pytest.mark.slow
def test_a_run_may_report_on_a_part(world: World, tmp_path: Path, inside: Inside) -> None:
    for phase, code in (("改造后", DONE), ("改造前", USAGE)):
        said = inside("run", world.clean_folder, "-o", tmp_path / phase, "--phase", phase, "--kind", "自评")
        assert said.code == code, said


def test_template_for_a_roster(tmp_path: Path, inside: Inside) -> None:
    (tmp_path / "名单.csv").write_text("企业名称,区县\n甲厂,城东区\n乙/厂,城西区\n", "gb18030")
    said = inside("template", "--roster", tmp_path / "名单.csv", "--out-dir", tmp_path / "forms")
    assert (said.code, said.err) == (DONE, "")
    assert sorted(p.name for p in (tmp_path / "forms").iterdir()) == ["1_甲厂.xlsx", "2_乙厂.xlsx"]


def test_sample_twice_is_the_same(tmp_path: Path) -> None:
    for name in ("a", "b"):
        assert smebatch("sample", "-n", 2, "-o", tmp_path / name, "--seed", 7).code == DONE
    a, b = ({p.name: p.read_bytes() for p in (tmp_path / name).iterdir()} for name in ("a", "b"))
    assert a == b
    assert len(a) == 2


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_edition_show_and_check(lang: str, inside: Inside) -> None:
    said = inside("edition", "show", lang=lang)
    assert (said.code, said.err) == (DONE, "")
    assert "R10" in said.out
    assert "仅适用于" in said.out
    assert "50 % R2" in said.out
    assert "生产设备联网率" in said.out
    tiny = Path(__file__).parent / "editions" / "tiny.toml"
    said = inside("edition", "check", tiny, lang=lang)
    assert (said.code, said.err) == (DONE, "")


# --- JSON -----------------------------------------------------------------------------------------------------------


def test_check_as_json(world: World, inside: Inside) -> None:
    said = inside("check", world.good, world.faulty, world.junk, "--json")
    assert (said.code, said.err) == (FOUND, "")
    good, faulty, junk = json.loads(said.out)
    assert (good["status"], good["errors"], good["issues"]) == ("valid", 0, [])
    assert good["score"]["score"] == "39.55"
    assert (good["score"]["score_units"], good["score"]["units_per_point"], good["score"]["level"]) == (2215, 56, 0)
    assert good["score"]["blocked_by"] == "scenes"
    assert (faulty["status"], faulty["errors"], faulty["score"]) == ("returned", 2, None)
    assert {issue["code"] for issue in faulty["issues"]} == {"interval.contradiction", "required.missing"}
    fields = {"sheet", "cell", "key", "code", "severity", "found", "expected", "message", "message_en", "clause"}
    for issue in faulty["issues"]:
        assert set(issue) >= fields
        assert issue["severity"] == ISSUES[issue["code"]].severity
    assert (junk["status"], junk["reason"]) == ("rejected", "file.text")


def test_other_commands_as_json(world: World, tmp_path: Path, inside: Inside) -> None:
    counts = {"entries": 4, "counted": 2, "returned": 1, "superseded": 0, "rejected": 1}
    said = inside("ingest", world.folder, "-b", tmp_path / "b.duckdb", "--json")
    assert (said.code, said.err) == (DONE, "")
    assert json.loads(said.out).items() >= counts.items()
    said = inside("run", world.folder, "-o", tmp_path / "out", "--json")
    assert json.loads(said.out).items() >= counts.items()
    said = inside("report", "-b", world.batch, "-o", tmp_path / "s.xlsx", "--json")
    assert json.loads(said.out) == {"summary": str(tmp_path / "s.xlsx")}
    said = inside("export", "-b", world.batch, "-o", tmp_path / "e", "--json")
    exports = {"files", "answers", "scores", "issues", "versions", "issue_states", "changes", "ways"}
    assert set(json.loads(said.out)) == exports


# --- what is wrong: one line, exit status 2 -------------------------------------------------------------------------


def unsound(world: World) -> Path:
    path = world.base / "unsound.toml"
    path.write_text('[edition]\nid = "x"\nnonsense = 1\n', "utf-8")
    return path


def tiny_but(world: World, *replaced: str) -> Path:
    """The tiny edition with each text replaced by the one after it."""
    text = TINY.read_text("utf-8")
    for old, new in zip(replaced[::2], replaced[1::2], strict=True):
        assert old in text
        text = text.replace(old, new)
    path = world.base / "other.toml"
    path.write_text(text, "utf-8")
    return path


def many_options(world: World) -> Path:
    """An interval of 30 options, each of which a hint names in full."""
    options = str(["长" * 300] * 30).replace("'", '"')
    old = '["[0-12.5%]", "(12.5%,50%]", "(50%,80%]", "(80%,100%]"]'
    bounds = str([*range(71, 101)])
    return tiny_but(world, "[4, 4, 3, 2, 3]", "[4, 30, 3, 2, 3]", old, options, "[12.5, 50, 80, 100]", bounds)


def text_file(world: World) -> Path:
    path = world.base / "text.duckdb"
    path.write_text("no database " * 500, "utf-8")
    return path


def unfinished(world: World) -> Path:
    import duckdb

    path = world.base / "unfinished.duckdb"
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as db:
        db.execute("CREATE TABLE meta (name VARCHAR, value VARCHAR); INSERT INTO meta VALUES ('settled', 'no')")
    return path


def no_names(world: World) -> Path:
    path = world.base / "roster.csv"
    path.write_text("电话,区县\n1,城东区\n", "utf-8")
    return path


WRONG: dict[str, Callable[[World], list[object]]] = {
    "check: no such file": lambda w: ["check", w.base / "none.xlsx"],
    "check: a folder": lambda w: ["check", w.folder],
    "check: one of two missing": lambda w: ["check", w.good, w.base / "none.xlsx"],
    "check: no such edition": lambda w: ["check", w.good, "--edition", "1999"],
    "check: nothing to check": lambda _: ["check"],
    "ingest: no such folder": lambda w: ["ingest", w.base / "none", "-b", w.base / "x.duckdb"],
    "ingest: a file": lambda w: ["ingest", w.good, "-b", w.base / "x.duckdb"],
    "ingest: batch is a text file": lambda w: ["ingest", w.folder, "-b", text_file(w)],
    "ingest: batch is a folder": lambda w: ["ingest", w.folder, "-b", w.base],
    "ingest: batch below a file": lambda w: ["ingest", w.folder, "-b", w.good / "b.duckdb"],
    "ingest: no such roster": lambda w: [
        "ingest",
        w.folder,
        "-b",
        w.base / "x.duckdb",
        "--roster",
        w.base / "none.csv",
    ],
    "ingest: roster without names": lambda w: ["ingest", w.folder, "-b", w.base / "x.duckdb", "--roster", no_names(w)],
    "ingest: no process": lambda w: ["ingest", w.folder, "-b", w.base / "x.duckdb", "--jobs", "0"],
    "ingest: jobs is no number": lambda w: ["ingest", w.folder, "-b", w.base / "x.duckdb", "--jobs", "many"],
    "report: no batch": lambda w: ["report", "-b", w.base / "none.duckdb", "-o", w.base / "s.xlsx"],
    "report: batch is a text file": lambda w: ["report", "-b", text_file(w), "-o", w.base / "s.xlsx"],
    "report: batch unfinished": lambda w: ["report", "-b", unfinished(w), "-o", w.base / "s.xlsx"],
    "report: output is a folder": lambda w: ["report", "-b", w.batch, "-o", w.base],
    "report: output below a file": lambda w: ["report", "-b", w.batch, "-o", w.good / "s.xlsx"],
    "report: no return of the phase": lambda w: ["report", "-b", w.batch, "-o", w.base / "s.xlsx", "--phase", "改造前"],
    "export: no batch": lambda w: ["export", "-b", w.base / "none.duckdb", "-o", w.base / "e"],
    "export: unknown format": lambda w: ["export", "-b", w.batch, "-o", w.base / "e", "--format", "xml"],
    "export: output is a file": lambda w: ["export", "-b", w.batch, "-o", w.good],
    "export: no output": lambda w: ["export", "-b", w.batch],
    "run: no such folder": lambda w: ["run", w.base / "none", "-o", w.base / "out-none"],
    "template: output is a folder": lambda w: ["template", "-o", w.base],
    "template: output below a file": lambda w: ["template", "-o", w.good / "t.xlsx"],
    "template: no such edition": lambda w: ["template", "--edition", "1999", "-o", w.base / "t.xlsx"],
    "template: unsound edition": lambda w: ["template", "--edition", unsound(w), "-o", w.base / "t.xlsx"],
    "template: roster without a folder": lambda w: ["template", "--roster", w.good],
    "template: roster is no table": lambda w: ["template", "--roster", w.junk, "--out-dir", w.base / "f"],
    "sample: no number": lambda w: ["sample", "-o", w.base / "f"],
    "sample: less than one": lambda w: ["sample", "-n", "0", "-o", w.base / "f"],
    "edition check: unsound": lambda w: ["edition", "check", unsound(w)],
    "edition check: a text no row shows": lambda w: ["edition", "check", tiny_but(w, "是否统计合格率", "长" * 900)],
    "template: a text no row shows": lambda w: ["template", "--edition", tiny_but(w, "是否统计合格率", "长" * 900)],
    "edition check: an id of a column": lambda w: ["edition", "check", tiny_but(w, '"usage"', '"stamp"')],
    "template: an id of a column": lambda w: ["template", "--edition", tiny_but(w, '"usage"', '"stamp"')],
    "check: an id of a column": lambda w: ["check", w.good, "--edition", tiny_but(w, '"usage"', '"stamp"')],
    "ingest: an id of a column": lambda w: ["ingest", w.base, "--edition", tiny_but(w, '"usage"', '"stamp"')],
    "edition check: a formula no cell holds": lambda w: ["edition", "check", many_options(w)],
    "edition check: a workbook": lambda w: ["edition", "check", w.good],
    "edition check: no such file": lambda w: ["edition", "check", w.base / "none.toml"],
    "edition show: no such edition": lambda _: ["edition", "show", "--edition", "1999"],
    "no such command": lambda _: ["score"],
    "no such option": lambda _: ["check", "--fast", "a.xlsx"],
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_one_line_on_stderr(name: str, world: World, inside: Inside) -> None:
    said = inside(*WRONG[name](world), cwd=world.base)
    assert said.code == USAGE, said.err
    assert said.out == ""
    assert len(said.err.strip().splitlines()) == 1, said.err
    assert said.err.startswith("error: ")


@pytest.mark.parametrize("name", ["check: no such file", "ingest: batch is a text file", "sample: less than one"])
def test_what_is_wrong_is_said_in_chinese(name: str, world: World, inside: Inside) -> None:
    said = inside(*WRONG[name](world), cwd=world.base, lang="zh")
    assert said.code == USAGE
    assert said.err.startswith("错误：")


@pytest.mark.parametrize("name", ["check: no such file", "report: no batch"])
def test_an_error_leaves_no_json_behind(name: str, world: World, inside: Inside) -> None:
    said = inside(*WRONG[name](world), "--json", cwd=world.base)
    assert (said.code, said.out) == (USAGE, "")


@pytest.mark.parametrize("command", [["ingest", "-b", "new/b.duckdb"], ["run", "-o", "new"]], ids=["ingest", "run"])
def test_a_wrong_folder_leaves_nothing_behind(command: list[str], tmp_path: Path, inside: Inside) -> None:
    assert inside(*command, tmp_path / "none", cwd=tmp_path).code == USAGE
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"SMEBATCH_LANG": "zh", "LANG": "en_US.UTF-8"}, "zh"),
        ({"SMEBATCH_LANG": "en", "LANG": "zh_CN.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_TW.UTF-8"}, "zh"),
        ({"LC_ALL": "zh_CN.UTF-8", "LANG": "C"}, "zh"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
        ({"SMEBATCH_LANG": "", "LANG": "zh_CN.UTF-8"}, "zh"),
    ],
)
def test_the_language(variables: dict[str, str], expected: str) -> None:
    assert language_of(variables) == expected


def test_every_message_takes_the_same_values_in_both_languages() -> None:
    for text in (*HELP.values(), *MESSAGES.values()):
        assert set(re.findall(r"{(\w+)", text.zh)) == set(re.findall(r"{(\w+)", text.en)), text.code


def test_a_database_of_somebody_else_is_not_touched(world: World, tmp_path: Path, inside: Inside) -> None:
    import duckdb

    path = tmp_path / "theirs.duckdb"
    with duckdb.connect(str(path)) as db:
        db.execute("CREATE TABLE files (precious VARCHAR); INSERT INTO files VALUES ('data')")
    said = inside("ingest", world.clean_folder, "-b", path)
    with duckdb.connect(str(path), read_only=True) as db:
        assert db.execute("SELECT * FROM files").fetchall() == [("data",)]
    assert said.code == USAGE


@pytest.mark.skipif(sys.platform == "win32", reason="sends a POSIX signal")
def test_an_interrupted_run_is_no_finding(tmp_path: Path) -> None:
    with started("sample", "-n", 5000, "-o", tmp_path / "s", first=LISTEN, stderr=subprocess.PIPE) as process:
        while not (tmp_path / "s").exists():
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        try:
            _, err = process.communicate(timeout=60)
        finally:
            process.kill()
    # 1 is for errors found by check; shells know 130
    assert process.returncode in (USAGE, 130)
    assert err.decode().startswith("error: interrupted")


@pytest.mark.skipif(sys.platform == "win32", reason="a POSIX pipe")
def test_a_reader_that_has_had_enough_is_no_error() -> None:
    command = f'"{sys.executable}" -m smebatch edition show | head -n 1; exit ${{PIPESTATUS[0]}}'
    run = subprocess.run(["bash", "-c", command], capture_output=True, env=environment(), check=False)
    assert (run.returncode, run.stderr) == (0, b"")


def test_the_form_that_is_sent_out_can_be_read(tmp_path: Path, inside: Inside) -> None:
    inside("template", "-o", tmp_path / "t.xlsx")
    book = openpyxl.load_workbook(tmp_path / "t.xlsx", read_only=True)
    assert book.sheetnames[:3] == ["填报说明", "企业信息", "基础管理成效"]
    # a blank form is a return in which everything is missing
    said = inside("check", tmp_path / "t.xlsx", "--json")
    assert said.code == FOUND
    (document,) = json.loads(said.out)
    assert {issue["code"] for issue in document["issues"]} == {
        *("required.missing", "expected.missing", "question.unanswered", "scene.unanswered"),
    }
