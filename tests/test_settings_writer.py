"""Settings are written so that the loader reads back what was entered, and nothing that a person wrote is lost."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from smebatch.common.text import clean_text
from smebatch.issues.notice import Notice
from smebatch.settings.choices import choices
from smebatch.settings.commented import commented_settings
from smebatch.settings.loader import SettingsError, load_settings, read_document, settings_of
from smebatch.settings.model import Round, Settings
from smebatch.settings.writer import settings_document, settings_text
from smebatch.workflow import save_settings, settings_sha256

# What has a meaning in TOML, in a path or to the loader, and some that have none.
TEXT = st.text("甲a2 .:/\\\"'=#,[]{}~\t\n\x7f\u202e\u3000é😀", max_size=10).map(clean_text).filter(str.strip)
DAY = st.dates()


def listed(values: st.SearchStrategy[str], key: Any = None) -> st.SearchStrategy[list[str]]:
    return st.lists(values, min_size=1, max_size=3, unique_by=key or str)


def falling(tiers: dict[str, Any]) -> list[dict[str, Any]]:
    """Tiers from the top, no two of one score."""
    by_score = {score: name for name, score in tiers.items()}
    return [{"name": by_score[score], "score": score} for score in sorted(by_score, reverse=True)]


TIERS = st.dictionaries(
    TEXT, st.integers(0, 1_000_000).map(lambda n: Decimal(n).scaleb(-4)), min_size=1, max_size=4
).map(falling)
TARGET = st.fixed_dictionaries(
    {"name": TEXT, "level": st.one_of(TEXT, st.integers(1, 9))},
    optional={
        "share": st.integers(1, 1_000_000).map(lambda n: f"{n // 10_000}.{n % 10_000:04d}%"),
        "where": st.dictionaries(TEXT.map(str.strip), TEXT, min_size=1, max_size=3),
        "by": DAY,
    },
).map(lambda target: target if "share" in target else {**target, "count": 12})
DOCUMENT = st.fixed_dictionaries(
    {},
    optional={
        "bureau": st.fixed_dictionaries({}, optional={"name": TEXT, "contact": TEXT, "phone": TEXT}),
        "round": st.fixed_dictionaries(
            {},
            optional={
                "region": TEXT,
                "deadline": DAY,
                "roster": TEXT,
                "folder": listed(TEXT.filter(lambda text: "://" not in text), lambda text: str(Path(text)))
                | st.just("s3://a/b"),
                "out": TEXT,
                "batch": TEXT,
                "edition": st.one_of(TEXT, st.sampled_from(["2024", "./2024"])),
                "phase": st.sampled_from(choices("phase")),
                "kind": st.sampled_from(choices("kind")),
                "small_group": st.integers(1, 1_000_000),
            },
        ),
        "report": st.fixed_dictionaries({}, optional={"group_by": listed(TEXT, str.strip), "tiers": TIERS}),
        "targets": st.lists(TARGET, max_size=3),
    },
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("round")


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])  # documents are large
@given(document=DOCUMENT)
def test_what_is_read_back_is_what_was_entered(document: dict[str, Any], folder: Path) -> None:
    path = folder / "smebatch.toml"
    entered = settings_of(path, document)
    path.write_bytes(settings_text(entered).encode("utf-8"))
    assert load_settings(path, folder) == entered
    assert read_document(path)["targets" if entered.targets else "round"] is not None
    assert settings_of(path, settings_document(entered)) == entered


def test_settings_that_say_nothing_are_the_commented_file() -> None:
    assert settings_text(Settings()) == commented_settings()


def test_comments_and_examples_stay_where_they_were(tmp_path: Path) -> None:
    path = tmp_path / "smebatch.toml"
    settings = settings_of(
        path,
        {
            "round": {
                "region": '甲"乙\\',
                "deadline": dt.date(2026, 1, 2),
                "folder": ["a"],
                "roster": str(tmp_path / "b"),
            },
            "targets": [{"name": "n", "level": 2, "count": 3, "where": {"a b": "是", "above_scale": "否"}}],
        },
    )
    lines, before = settings_text(settings).splitlines(), commented_settings().splitlines()
    at = before.index("#[[targets]]")
    changed = [new for new, old in zip(lines[:at], before, strict=False) if new != old]
    # The file is moved with what lies beside it: a path within its folder is written as it is seen from there.
    assert changed == [r'region = "甲\"乙\\"', "deadline = 2026-01-02", 'roster = "b"', 'folder = "a"']
    assert lines[at:] == [
        "[[targets]]",
        'name = "n"',
        'level = "2"',
        "count = 3",
        'where = {"a b" = "是", above_scale = "否"}',
    ]


def test_a_column_cannot_be_asked_for_twice(tmp_path: Path) -> None:
    document = {"targets": [{"name": "n", "level": 2, "count": 3, "where": {"a": "1", "a ": "2"}}]}
    with pytest.raises(SettingsError) as error:
        settings_of(tmp_path / "smebatch.toml", document)
    assert error.value.values["key"] == "where"


# --- saving -----------------------------------------------------------------------------------------------------------


def save(path: Path, region: str, seen: str) -> list[Notice]:
    notices: list[Notice] = []
    save_settings(Settings(path, round=Round(region=region)), seen=seen, notify=notices.append)
    return notices


def test_what_a_person_has_written_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "smebatch.toml"
    assert save(path, "甲", "") == []
    assert save(path, "乙", settings_sha256(path)) == []  # nobody has touched it
    mine = settings_text(load_settings(path, tmp_path)) + "# mine\n"
    path.write_text(mine, "utf-8")
    (notice,) = save(path, "丙", settings_sha256(path))
    assert notice.code == "output.aside"
    assert Path(str(notice.values["aside"])).read_text("utf-8") == mine
    assert load_settings(path, tmp_path).round.region == "丙"
    assert len(list(tmp_path.iterdir())) == 2


def test_a_file_that_says_nothing_we_understand_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "smebatch.toml"
    path.write_bytes(b"\xff\xfe[")
    (notice,) = save(path, "甲", settings_sha256(path))
    assert Path(str(notice.values["aside"])).read_bytes() == b"\xff\xfe["


@pytest.mark.parametrize("before", [None, "# other\n"])
def test_a_file_changed_meanwhile_is_left_alone(before: str | None, tmp_path: Path) -> None:
    path = tmp_path / "smebatch.toml"
    if before:
        path.write_text(before, "utf-8")
    seen = settings_sha256(path)
    path.write_text("# by hand\n", "utf-8")
    with pytest.raises(SettingsError) as error:
        save(path, "甲", seen)
    assert error.value.code == "settings.changed"
    assert path.read_text("utf-8") == "# by hand\n"


def test_what_the_loader_would_refuse_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "smebatch.toml"
    with pytest.raises(SettingsError) as error:
        save(path, "甲" * 6_000, "")
    assert error.value.code == "settings.large"
    path.mkdir()
    with pytest.raises(SettingsError) as error:
        save(path, "甲", "")
    assert error.value.code == "settings.no_file"
