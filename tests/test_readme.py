"""The README keeps step with the program: its console blocks are run, its commands and tables compared."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
import typer

from command_line import DONE, Inside
from smebatch.cli.commands import app
from smebatch.issues.catalogue import ISSUES
from smebatch.standard.keys import keys_of
from smebatch.standard.loader import load_edition

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
ENGLISH, CHINESE = README.split("## 中文快速上手\n")


def blocks(text: str) -> list[tuple[str, list[str]]]:
    """(command, printed lines) of every console block."""
    found = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    return [(block.splitlines()[0].removeprefix("$ "), block.splitlines()[1:]) for block in found]


def fits(printed: list[str], said: list[str]) -> bool:
    """Whether the printed lines are as said; a line … stands for any number of lines."""
    pattern = "".join(r"(?:.*\n)*" if line == "…" else f"{re.escape(line)}\n" for line in said)
    return re.fullmatch(pattern, "".join(f"{line.rstrip()}\n" for line in printed)) is not None


@pytest.mark.slow
@pytest.mark.parametrize(("language", "text"), [("en", ENGLISH), ("zh", CHINESE)])
def test_the_console_blocks_print_what_they_say(tmp_path: Path, language: str, text: str, inside: Inside) -> None:
    shutil.copytree(ROOT / "sample_data", tmp_path / "sample_data")
    for command, said in blocks(text):
        program, *arguments = shlex.split(command)
        assert program == "smebatch"
        done = inside(*arguments, cwd=tmp_path, lang=language)
        assert fits(done.out.splitlines(), said), f"{command}\n{done.out}{done.err}"


@pytest.mark.slow
def test_the_demo_makes_every_result(tmp_path: Path, inside: Inside) -> None:
    shutil.copytree(ROOT / "sample_data", tmp_path / "sample_data")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    recipe = re.findall(r"^\t\$\(BIN\)/smebatch (.*\$\(DEMO\).*)$", makefile, re.MULTILINE)
    for _ in range(2):  # run again, it writes over what it wrote
        for command in recipe:
            done = inside(*shlex.split(command.replace("$(DEMO)", "demo")), cwd=tmp_path)
            assert done.code == DONE, f"{command}\n{done.err}"
    made = {path.name for path in (tmp_path / "demo").iterdir()}
    assert made >= {"returned", "batch.duckdb", "summary.xlsx", "report.docx", "compare.xlsx", "onsite"}
    assert made >= {"public.xlsx", "public.docx"}
    assert len(list((tmp_path / "demo" / "onsite").iterdir())) == 31  # a form for each counted return


OF_ALL = ("--settings", "--verbose")  # every command has them; a sentence below the table says so


def commands() -> dict[str, list[str]]:
    """Every command with its options' longest names, but for those that all have."""
    root = typer.main.get_command(app)
    found = {}
    for name, command in root.commands.items():  # type: ignore[attr-defined]  # a group, by construction
        for sub, leaf in getattr(command, "commands", {"": command}).items():
            options = [max(p.opts, key=len) for p in leaf.params if p.param_type_name == "option"]
            found[f"{name} {sub}".strip()] = [option for option in options if option not in ("--help", *OF_ALL)]
    return found


@pytest.mark.parametrize("name", commands())
def test_every_command_and_option_is_in_the_readme(name: str) -> None:
    row = next(line for line in README.splitlines() if line.startswith(f"| `smebatch {name} "))
    short = {"--output": "-o", "--out-dir": "-o", "--batch": "-b"}
    for option in commands()[name]:
        assert option in row or short.get(option, option) in row, option


def test_the_options_of_every_command_are_in_the_readme() -> None:
    (paragraph,) = re.findall(r"^\*\*Settings\.\*\* (.*?)\n\n", README, re.DOTALL | re.MULTILINE)
    assert all(f"`{option}" in paragraph for option in OF_ALL)


def test_every_key_of_the_contract_is_in_the_readme() -> None:
    for name, key in keys_of(load_edition()).items():
        if key.unassessed:
            assert all(part in README for part in (key.row, *(f"`_{word}`" for word in key.suffix[1:].split("_"))))
            assert re.search(rf"\b{key.row}\b[a-z_ ]*\({key.unit}\)", README)
        elif not re.match(r"[qs][0-9]", name):
            assert name in README


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_catalogue_is_named_whole() -> None:
    page = (ROOT / "docs" / "issues.md").read_text(encoding="utf-8")
    assert all(f"`{code}`" in page for code in ISSUES)
