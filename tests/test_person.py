"""What a person does who knows the README only: form, LibreOffice, folder, report."""

from __future__ import annotations

import csv
import json
import shutil
import socket
import subprocess
from pathlib import Path

import openpyxl
import pytest

from command_line import DONE, smebatch
from oracle import score

SYSTEM_PYTHON = "/usr/bin/python3"  # LibreOffice's Python bridge belongs to the system's interpreter

SAMPLE_DATA = Path(__file__).parent.parent / "sample_data"

pytestmark = [pytest.mark.office, pytest.mark.slow]


def has_bridge() -> bool:
    return (
        Path(SYSTEM_PYTHON).exists()
        and subprocess.run([SYSTEM_PYTHON, "-c", "import uno"], capture_output=True, check=False).returncode == 0
    )


def done(folder: Path, *arguments: str) -> str:
    said = smebatch(*arguments, cwd=folder)
    assert said.code == DONE, said.err
    return said.out


def type_in(folder: Path, form: str, out: str, answers: dict[str, str]) -> None:
    (folder / "answers.json").write_text(json.dumps(answers), encoding="utf-8")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    office = subprocess.Popen(
        [
            *("soffice", f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless", "--norestore"),
            f"--accept=socket,host=127.0.0.1,port={port};urp;",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        script = Path(__file__).with_name("type_in_office.py")
        subprocess.run(
            [SYSTEM_PYTHON, str(script), str(port), form, out, "answers.json"], cwd=folder, check=True, timeout=180
        )
    finally:
        office.kill()
        office.wait()


def typed() -> dict[str, str]:
    """What the person types, as text: figures agree with the intervals and directions ticked."""
    answers = {
        "name": "示例·人手填写有限公司",
        "uscc": "91350100M000100Y43",
        "district": "东湖区（示例）",
        "industry_code": "C3391",
        "size": "小型",
        "above_scale": "否",
        "contact": "张示例",
        "phone": "13900012345",
        "assessment_kind": "自评",
        "phase": "改造后",
        "filled_on": "2026-11-20",
        "pledge": "是",
        "equipment_total": "50",
        "equipment_digital": "10",  # 20 %: still in (10%,20%]
        "equipment_networked": "11",  # 22 %: in (20%,40%]
        "digital_investment": "30.5",  # of 1250 万元: 2.44 %
        "energy_last": "382.919",
        "energy_prior": "400",  # 0.306 and 0.333 a 万元: down
        "pass_rate_after": "98.5",
        "pass_rate_before": "97",
        "staff_last": "60",
        "revenue_last": "1250",
        "staff_prior": "60",
        "revenue_prior": "1200",
        "cost_last": "1000",
        "cost_prior": "960",  # 0.8 and 0.8: the same
    }
    ticks = "q01_o02 q01_o03 q02_o02 q03_o03 q05_o03 q06_o02 q06_o03 q07_o02 q08_o04 q09_o02 q10_o02 q10_o04 q11_o01"
    ticks += " q12_o03 q13_o03 q14_o03 q15_o02"
    answers |= dict.fromkeys(ticks.split(), "√")
    answers |= dict.fromkeys((f"q04_o{i:02d}" for i in (2, 4, 7, 8, 14)), "√")  # their scenes: s01 s03 s06 s07 s13
    for number in range(1, 17):
        if number in (1, 3, 6, 7, 8, 11, 13):
            answers |= dict.fromkeys((f"s{number:02d}_l1", f"s{number:02d}_l2"), "√")
        else:
            answers[f"s{number:02d}_state"] = "未达一级"
    return answers


def test_a_form_filled_in_by_hand_is_found_in_the_report(tmp_path: Path) -> None:
    if not has_bridge():
        pytest.skip("LibreOffice's Python bridge (python3-uno) is not installed")
    done(tmp_path, "template", "-o", "form.xlsx")
    answers = typed()
    type_in(tmp_path, "form.xlsx", "filled.xlsx", answers)
    (tmp_path / "returns").mkdir()
    shutil.move(tmp_path / "filled.xlsx", tmp_path / "returns" / "filled.xlsx")
    checked = json.loads(done(tmp_path, "check", "returns/filled.xlsx", "--json"))
    assert checked[0]["issues"] == []
    counts = json.loads(done(tmp_path, "run", "returns", "-o", "out", "--json"))
    assert (counts["counted"], counts["entries"]) == (1, 1)

    by_hand = score({key: True for key, text in answers.items() if text == "√"})
    sheet = openpyxl.load_workbook(tmp_path / "out" / "summary.xlsx")["企业明细"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    heading = next(row for row in rows if "企业名称" in row)
    row = next(row for row in rows if answers["name"] in row)
    found = dict(zip(heading, row, strict=True))
    assert found["统一社会信用代码"] == answers["uscc"]
    assert found["得分"] == pytest.approx(float(by_hand.score), abs=0.005)
    assert found["等级"] == ["无等级", "一级", "二级", "三级", "四级"][by_hand.level]

    # The form's own result, as the person saw it while filling in.
    book = openpyxl.load_workbook(tmp_path / "returns" / "filled.xlsx", data_only=True)
    seen = {}
    for name in ("self_score", "self_level", "self_complete"):
        ((title, cell),) = book.defined_names[name].destinations
        seen[name] = book[title][cell.replace("$", "")].value
    assert seen == {
        "self_score": pytest.approx(float(by_hand.score), abs=0.005),
        "self_level": by_hand.level,
        "self_complete": True,
    }


def exported(folder: Path, name: str) -> list[dict[str, str]]:
    """The rows of one export of the batch."""
    done(folder, "export", "-o", "exports")
    with (folder / "exports" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def still_chased(folder: Path) -> dict[str, str]:
    """The numbers of the sample's files for which a copy lies ready, each with the telephone number to call."""
    with (folder / "back" / "index.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert all((folder / "back" / row["copy"]).is_file() for row in rows)
    assert len(list((folder / "back").glob("*/*.xlsx"))) == len(rows)
    listed = openpyxl.load_workbook(folder / "back" / "退回清单.xlsx")
    shown = {str(cell.value) for sheet in listed for row in sheet.iter_rows() for cell in row}
    assert all({row["name"], row["phone"]} <= shown for row in rows)
    return {Path(row["file"]).name[:3]: row["phone"] for row in rows}


def test_two_mend_their_copies_one_explains_and_the_rest_stay_listed(tmp_path: Path) -> None:
    if not has_bridge():
        pytest.skip("LibreOffice's Python bridge (python3-uno) is not installed")
    shutil.copytree(SAMPLE_DATA / "returns", tmp_path / "returns")
    done(tmp_path, "ingest", "returns")
    done(tmp_path, "return", "-o", "back")
    first = still_chased(tmp_path)
    assert set(first) == {"003", "005", "007", "009", "011", "013", "015", "017"}

    # What each types into its copy: a figure that was missing, a tick that was no tick, and why an answer is right.
    typed = {"011": {"staff_prior": "105"}, "013": {"q10_o06": "√"}, "007": {"e001_text": "一条线算一台"}}
    (tmp_path / "answers").mkdir()
    for number, answers in typed.items():
        ((copy, out),) = [(path, f"answers/{number}_回复.xlsx") for path in (tmp_path / "back").glob(f"*/{number}_*")]
        type_in(tmp_path, str(copy.relative_to(tmp_path)), out, answers)
    done(tmp_path, "ingest", "answers", "--add")
    done(tmp_path, "return", "-o", "back")
    assert still_chased(tmp_path) == {number: phone for number, phone in first.items() if number not in {"011", "013"}}

    decision = {"I2": "准予", "J2": "已核对台账", "K2": "周审", "L2": "2026-11-20"}
    type_in(
        tmp_path, "back/待审定.xlsx", "审定.xlsx", {f"待审定!{address}": text for address, text in decision.items()}
    )
    done(tmp_path, "ingest", "answers", "--add", "--decisions", "审定.xlsx")
    done(tmp_path, "return", "-o", "back")
    assert still_chased(tmp_path) == {number: phone for number, phone in first.items() if number not in typed}

    status = {row["file"]: row["status"] for row in exported(tmp_path, "files")}
    assert {status[f"answers/{number}_回复.xlsx"] for number in typed} == {"counted"}
    latest = {row["form_id"]: row["file"] for row in exported(tmp_path, "versions") if row["version"] == "2"}
    states = {
        (latest[row["form_id"]], row["code"], row["key"], row["state"], row["reason"])
        for row in exported(tmp_path, "issue_states")
        if row["form_id"] in latest and row["severity"] == "error"
    }
    assert states == {
        ("answers/007_回复.xlsx", "interval.contradiction", "q02", "waived", "已核对台账"),
        ("answers/011_回复.xlsx", "required.missing", "staff_prior", "closed", ""),
        ("answers/013_回复.xlsx", "tick.unreadable", "q10_o06", "closed", ""),
    }
