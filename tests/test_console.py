"""What the console says: nothing that acts on a terminal, all of it in the user's language, and what to do about it."""

from __future__ import annotations

import errno
import json
import os
import re
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import duckdb
import pytest

from cases import EDITION, changed
from command_line import DONE, FOUND, USAGE, Inside
from smebatch.batch.batch_file import duckdb_reason
from smebatch.cli.words import CliWords
from smebatch.form.prefill import Splicer
from smebatch.intake.read_entry import read_entry
from smebatch.intake.sources.remote import RemoteError, list_remote
from smebatch.intake.workers.worker_pool import WorkerPool
from smebatch.issues.notice import Notice
from smebatch.language.words import MESSAGES, Language
from smebatch.settings.choices import choices
from test_pipeline import in_process

linux = pytest.mark.skipif(sys.platform != "linux", reason="names that other systems do not allow")
TINY = Path(__file__).parent / "editions" / "tiny.toml"
EVIL = "甲\x1b]0;乙\x07\x1b[31m\x9b\u202e\u2066丙\n错误：丁"  # a title, red, from right to left, a line of its own
NO_TEXT = "\udcff"  # a byte
ACTS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
LANGUAGES: list[Language] = ["zh", "en"]


@pytest.fixture(autouse=True)
def read_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Returns are read without processes of their own."""
    monkeypatch.setattr(WorkerPool, "read", in_process(read_entry))
    monkeypatch.setattr("smebatch.intake.workers.worker_process.prestart_workers", lambda _: None)


def is_chinese(text: str) -> bool:
    """Whether no sentence of another language stands in it: nowhere two Latin words, but for what is typed."""
    typed = r"smebatch \w+|--?[a-z-]+|\[[^\]]*\]|\"[^\"]*\"|\S*[/\\.]\S*|smebatch"
    return not re.search(r"[A-Za-z]{2,},? [A-Za-z]{2,}", re.sub(typed, "", text))


# --- names and texts from outside -----------------------------------------------------------------------------------


@cache
def evil_files() -> dict[str, bytes]:
    form = Splicer(EDITION).form
    return {
        f"{EVIL}{NO_TEXT}.xlsx": form(changed()),
        f"{EVIL}2.xlsx": form(changed(equipment_digital=41, name=EVIL, size=EVIL)),
        f"{EVIL}.txt": b"notes",
    }


@pytest.fixture
def evil(tmp_path: Path) -> Path:
    """A folder of such a name, with a return, one with errors, and no return; beside it a roster and an edition."""
    folder = tmp_path / f"{EVIL}{NO_TEXT}"
    folder.mkdir()
    for name, data in evil_files().items():
        (folder / name).write_bytes(data)
    title = json.dumps(EVIL).replace("\\u202e", "\u202e")
    text = re.sub(
        r'^(title|name) = ".*"', lambda found: f"{found[1]} = {title}", TINY.read_text("utf-8"), flags=re.MULTILINE
    )
    (tmp_path / f"{EVIL}.toml").write_text(text, "utf-8")
    (tmp_path / f"{EVIL}.csv").write_text(f"企业名称,{EVIL[:-4]}\n甲,1\n", "utf-8")
    return folder


def files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir(), key=os.fsencode)


SHOWN: dict[str, Callable[[Path], list[object]]] = {
    "check": lambda f: ["check", *files(f)],
    "ingest": lambda f: ["ingest", f, "-b", f"{EVIL}.duckdb", "--roster", f.parent / f"{EVIL}.csv"],
    "run": lambda f: ["run", f, "-o", f"{EVIL}out"],
    "sample": lambda f: ["sample", "-n", 1, "-o", f.parent / f"{EVIL}s"],
    "template": lambda f: ["template", "-o", f.parent / f"{EVIL}t.xlsx"],
}


@linux
@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", SHOWN)
def test_a_name_acts_on_no_terminal(name: str, lang: str, evil: Path, inside: Inside) -> None:
    said = inside(*SHOWN[name](evil), cwd=evil.parent, lang=lang)
    assert said.code in (DONE, FOUND), said.err
    assert "甲" in said.out
    assert not ACTS.search(said.out + said.err)
    assert "\n错误：丁" not in said.out + said.err


@linux
def test_nor_does_the_name_of_a_file_that_has_left(evil: Path, inside: Inside) -> None:
    arguments = SHOWN["ingest"](evil)
    inside(*arguments, cwd=evil.parent)
    files(evil)[0].unlink()
    said = inside(*arguments, cwd=evil.parent)
    assert "甲" in said.err
    assert not ACTS.search(said.out + said.err)


REFUSED: dict[str, Callable[[Path], list[object]]] = {
    "no file": lambda f: ["check", f / f"no{EVIL}"],
    "a folder": lambda f: ["check", f],
    "no folder": lambda f: ["ingest", f / f"no{EVIL}"],
    "a file": lambda f: ["ingest", files(f)[0]],
    "no edition": lambda _: ["edition", "show", "--edition", EVIL],
    "an edition that is shown": lambda f: ["edition", "show", "--edition", f.parent / f"{EVIL}.toml"],
    "an edition that is checked": lambda f: ["edition", "check", f.parent / f"{EVIL}.toml"],
    "no batch": lambda _: ["report", "-b", f"no{EVIL}"],
    "a batch that is no text": lambda f: ["ingest", f, "-b", f"{EVIL}{NO_TEXT}"],
    "another file for a batch": lambda f: ["report", "-b", files(f)[0]],
    "a folder to write to": lambda f: ["sample", "-n", 1, "-o", files(f)[0]],
    "an ending": lambda f: ["template", "-o", f / EVIL],
    "no roster": lambda f: ["template", "--out-dir", f / "o", "--roster", files(f)[0]],
    "a phase": lambda _: ["report", "--phase", EVIL],
    "a format": lambda f: ["export", "-o", f / "e", "--format", EVIL],
    "a command": lambda _: [EVIL],
    "an option": lambda _: ["check", f"--{EVIL}"],
    "a number": lambda f: ["ingest", f, "--jobs", EVIL],
    "too much": lambda f: ["ingest", f, EVIL],
}


@linux
@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", REFUSED)
def test_an_error_is_one_line_whatever_stands_in_it(
    name: str,
    lang: Language,
    evil: Path,
    inside: Inside,
) -> None:
    said = inside(*REFUSED[name](evil), cwd=evil.parent, lang=lang)
    assert (said.code, said.out) == (USAGE, "")
    assert len(said.err.splitlines()) == 1
    assert not ACTS.search(said.err)


@linux
def test_json_names_what_there_is_and_acts_on_no_terminal(evil: Path, inside: Inside) -> None:
    """A program gets the name whole; on a console its escapes are letters."""
    batch = f"{EVIL}.duckdb"
    ingested = inside("ingest", evil, "-b", batch, "--json", cwd=evil.parent)
    sampled = inside("sample", "-n", 1, "-o", evil, "--json")
    checked = inside("check", *files(evil), "--json")
    for said in (ingested, sampled, checked):
        assert not ACTS.search(said.out)
        assert NO_TEXT not in said.out
    assert json.loads(ingested.out)["batch"] == batch
    assert str(evil) in json.loads(sampled.out)["returns"][0]


# --- what typer says ------------------------------------------------------------------------------------------------

USED: dict[str, tuple[str, list[str]]] = {
    "nothing to check": ("usage.missing", ["check"]),
    "an option is missing": ("usage.missing", ["export"]),
    "no such option": ("usage.option", ["check", "--fast", "a.xlsx"]),
    "an option misspelt": ("usage.option_like", ["check", "--jsn", "a.xlsx"]),
    "a short one": ("usage.option", ["check", "-z"]),
    "no value": ("usage.needs_value", ["check", "a.xlsx", "--edition"]),
    "a value too many": ("usage.no_value", ["check", "a.xlsx", "--json=1"]),
    "no number": ("usage.at_least", ["ingest", "a", "--jobs", "many"]),
    "too small a number": ("usage.at_least", ["sample", "-n", "0", "-o", "a"]),
    "no whole number": ("usage.whole", ["sample", "-n", "1", "-o", "a", "--seed", "1.5"]),
    "no such command": ("usage.command", ["score"]),
    "no such command of an edition": ("usage.command", ["edition", "mend"]),
    "two folders": ("usage.extra", ["ingest", "a", "b c"]),
}


def pattern(code: str, lang: Language) -> str:
    """The message of a code, whatever its values are."""
    template = re.escape(getattr(MESSAGES[code], lang))
    return re.sub(r"\\{\w+\\}", ".+", template)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", USED)
def test_a_wrong_command_is_named_in_the_users_language(
    name: str,
    lang: Language,
    inside: Inside,
) -> None:
    code, arguments = USED[name]
    said = inside(*arguments, lang=lang)
    assert (said.code, said.out) == (USAGE, "")
    assert re.fullmatch(f"(错误：|error: ){pattern(code, lang)}\n", said.err), said.err
    assert lang == "en" or is_chinese(said.err)


def test_what_is_wrong_is_named(inside: Inside) -> None:
    assert "--jobs" in inside("ingest", "a", "--jobs", "many").err
    assert "FILE" in inside("check").err
    assert "--out-dir" in inside("export").err
    assert "b c" in inside("ingest", "a", "b c").err
    assert "--json" in inside("check", "--jsn", "a").err
    assert "smebatch edition -h" in inside("edition", "mend").err


HELP = [[], *([name] for name in ("template", "sample", "check", "ingest", "report", "export", "run", "edition"))]
HELP += [["edition", "show"], ["edition", "check"]]


def test_the_help_is_in_chinese(inside: Inside) -> None:
    texts = "".join(inside(*command, "-h", lang="zh").out for command in HELP)
    assert texts.count("用法：") == len(HELP)
    assert is_chinese(texts)
    assert not re.search(r"\b(Usage|Arguments|Options|Commands|default|required|OPTIONS|ARGS|COMMAND)\b", texts)


def test_both_languages_speak_in_one_process(inside: Inside) -> None:
    """The commands are declared once; help in one language leaves no text behind for the other."""
    for command in ([], ["run"], ["edition"]):
        chinese, english = (inside(*command, "-h", lang=lang).out for lang in LANGUAGES)
        assert "用法：" in chinese
        assert is_chinese(chinese)
        assert not re.search("[一-鿿]", re.sub("《.*》|区县/代码_企业名称|only this .*|.*、.*", "", english)), english
        assert inside(*command, "-h", lang="zh").out == chinese


# --- the values that an option knows --------------------------------------------------------------------------------

VALUES = {"phase": ["改造前", "改造后"], "kind": ["自评", "服务商初评", "现场评定"]}  # as the form prints them


@pytest.mark.parametrize("option", VALUES)
def test_the_values_are_those_of_the_form(option: str) -> None:
    assert list(choices(option)) == VALUES[option]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("command", ["report", "run"])
def test_the_help_names_the_values(command: str, lang: Language, inside: Inside) -> None:
    said = "".join(inside(command, "-h", lang=lang).out.split())
    for values in VALUES.values():
        assert "、".join(values) in said


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("option", VALUES)
@pytest.mark.parametrize("command", ["report", "run"])
def test_a_wrong_value_is_refused_before_anything_is_done(
    command: str,
    option: str,
    lang: Language,
    tmp_path: Path,
    inside: Inside,
) -> None:
    (tmp_path / "in").mkdir()
    arguments = ["run", "in", "-o", "out"] if command == "run" else ["report"]
    said = inside(*arguments, f"--{option}", "改造中", cwd=tmp_path, lang=lang)
    known = "、".join(VALUES[option])
    assert said.code == USAGE
    assert CliWords(lang).text("choice.unknown", option=f"--{option}", value="改造中", known=known) in said.err
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


# --- a file for a folder, a folder for a file ------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("command", [["ingest"], ["run", "-o", "out"]], ids=["ingest", "run"])
@pytest.mark.parametrize("name", ["回表.zip", "甲.xlsx", "notes"])
def test_a_file_given_for_the_folder_is_told_from_one_that_is_not_there(
    name: str,
    command: list[str],
    lang: Language,
    tmp_path: Path,
    inside: Inside,
) -> None:
    (tmp_path / name).write_bytes(b"PK")
    said = inside(*command, name, cwd=tmp_path, lang=lang)
    assert said.code == USAGE
    assert CliWords(lang).text("folder.file", path=name, folder=tmp_path) in said.err
    assert [path.name for path in tmp_path.iterdir()] == [name]


FILES = [["check"], ["edition", "check"], ["ingest", ".", "--roster"], ["template", "--out-dir", "o", "--roster"]]


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("command", FILES, ids=" ".join)
def test_a_folder_given_for_a_file_is_told_from_one_that_is_not_there(
    command: list[str],
    lang: Language,
    tmp_path: Path,
    inside: Inside,
) -> None:
    (tmp_path / "回表").mkdir()
    for name, code in (("回表", "file.folder"), ("没有", "file.missing"), (os.devnull, "file.special")):
        said = inside(*command, name, cwd=tmp_path, lang=lang)
        assert said.code == USAGE
        assert CliWords(lang).text(code, path=name) in said.err
    assert [path.name for path in tmp_path.iterdir()] == ["回表"]


# --- what the system and DuckDB say ----------------------------------------------------------------------------------

USUAL = "ENOENT EACCES EPERM ENOSPC EDQUOT EISDIR ENOTDIR EROFS EBUSY ENAMETOOLONG EEXIST EFBIG EIO EMFILE ESTALE"


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", USUAL.split())
def test_a_reason_of_the_system_is_in_the_users_language(
    name: str,
    lang: Language,
    inside: Inside,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    number = getattr(errno, name)

    def refused(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number), "表.xlsx")

    monkeypatch.setattr("smebatch.form.writer.write_form", refused)
    said = inside("template", "-o", "表.xlsx", lang=lang)
    assert said.code == USAGE
    assert getattr(MESSAGES[f"system.{name}"], lang) in said.err
    assert lang == "en" or is_chinese(said.err)


@pytest.mark.parametrize("strange", [OSError(99_999, "strange words"), OSError("strange words")])
def test_one_that_is_not_known_keeps_the_systems_words_behind_ours(strange: OSError) -> None:
    words = CliWords("zh")
    said = words.text("os.error.somewhere", error=strange)
    assert words.text("system.other", said="strange words") in said


DUCKDB = {  # as DuckDB 1.4 and 2.0 word it
    'IO Error: Cannot open file "/a b/c": Permission denied': "EACCES",
    'IO Error: Could not write file "x.db": No space left on device\nand more': "ENOSPC",
    'IO Error: Async write failed for range [offset=0, size=5]: {"exception_type":"IO","exception_message":"Could '
    'not write file \\"/dev/full\\": No space left on device","errno":"28"}': "ENOSPC",
    "Corrupt database file: computed checksum 1 does not match stored checksum 2 in block at location 4096": "damaged",
    'IO Error: Could not read enough bytes from file "x": attempted to read 3996 bytes from location 100': "damaged",
    "IO Error: Trying to read a database file with version number 99, but we can only read version 64.": "version",
    "Binder Error: what nobody has seen": "other",
}


@pytest.mark.skipif(sys.platform == "win32", reason="words of POSIX systems")
@pytest.mark.parametrize(("words", "kind"), DUCKDB.items())
def test_a_reason_of_duckdb_is_in_the_users_language(words: str, kind: str) -> None:
    reason = duckdb_reason(duckdb.IOException(words))
    if isinstance(reason, Notice):
        assert reason.code == f"duckdb.{kind}"
    else:
        assert reason.errno == getattr(errno, kind)
    said = CliWords("zh").text("batch.unwritable", path="x", error=reason)
    assert is_chinese(said) != (kind == "other")


def test_a_batch_that_is_damaged_inside_is_no_traceback(tmp_path: Path, inside: Inside) -> None:
    (tmp_path / "in").mkdir()
    inside("ingest", "in", "-b", "b.duckdb", cwd=tmp_path)
    whole = (tmp_path / "b.duckdb").read_bytes()
    block, damage = 262_144, Notice("duckdb.damaged")  # bytes of a block, behind 12,288 of heads
    refused = 0
    for at in range(12_288, len(whole), block):
        (tmp_path / "b.duckdb").write_bytes(whole[: at + 100] + bytes(100) + whole[at + 200 :])
        said = inside("report", "-b", "b.duckdb", "-o", "s.xlsx", "--force", cwd=tmp_path)
        if said.code != DONE:
            assert said.code == USAGE
            assert CliWords("en").text("batch.unusable", path="b.duckdb", error=damage) in said.err
            refused += 1
    assert refused


def test_a_place_far_away_is_refused_in_the_users_language() -> None:
    with pytest.raises(RemoteError) as refused:
        list(list_remote("memory://none"))
    assert is_chinese(CliWords("zh").text(refused.value.code, **refused.value.values))
