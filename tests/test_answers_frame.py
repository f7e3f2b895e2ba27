"""The frame of typed answers, asked for columns: what stands in it, what is blank, and what is not sure."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from cases import EDITION, choose, table
from smebatch.assess.answers_frame import dtypes_of, make_answers

DAY = dt.date(2026, 11, 1)
THREE = table(
    {"name": "甲", "staff_last": 7, "filled_on": DAY, "s01_l1": True, "s01_l3": True, **choose("q02", 2)},
    {"staff_last": 0, "revenue_last": "1.5", "pass_rate_after": 101, "s01_l1": True, "s01_l2": True, "q02_o01": True},
    {"name": "丙", "staff_last": "2.5", "filled_on": DAY + dt.timedelta(1), "s01_l2": True, "q02_o01": True}
    | {"q02_o03": True},
    unsure=[{"q02_o01"}, set(), {"q02_o01", "revenue_last"}],
)


def test_columns_are_of_the_type_of_their_key() -> None:
    dtypes = dtypes_of(EDITION)
    assert [dtypes[key] for key in ("q02_o01", "staff_last", "filled_on", "name")] == [
        *("bool", "Int64", "datetime64[s]", "str")
    ]
    assert {key: str(dtype) for key, dtype in THREE.frame.dtypes.items()} == dtypes


def test_what_is_answered_and_what_is_blank() -> None:
    assert (len(THREE), THREE.frame.index.name) == (3, "form_id")
    assert THREE.zeros().tolist() == [0, 0, 0]
    assert THREE.filled("name").tolist() == [True, False, True]
    assert THREE.text("name").tolist() == ["甲", "", "丙"]
    assert THREE.says("name", "丙").tolist() == [False, False, True]
    assert THREE.figure("revenue_last").tolist() == [0, 1_500_000, 0]
    assert THREE.is_after("filled_on", DAY).tolist() == [False, False, True]


def test_ticks_are_counted_and_one_alone_is_chosen() -> None:
    question = EDITION.question["q02"]
    assert THREE.ticks(["q02_o02", "q02_o01"]).tolist() == [[True, False], [False, True], [False, True]]
    assert THREE.count(question.ticks).tolist() == [1, 1, 2]
    assert THREE.chosen(question).tolist() == [2, 1, 0]
    assert THREE.ticked(question) == [question.options[1], question.options[0], "、".join(question.options[0:3:2])]


def test_a_level_is_the_unbroken_run_from_the_first() -> None:
    assert THREE.scene_level(EDITION.scene["s01"]).tolist() == [1, 2, 0]


def test_what_is_sure_and_what_is_sound() -> None:
    assert THREE.sure("q02_o01").tolist() == [False, True, False]
    assert THREE.sure("revenue_last", "staff_last").tolist() == [True, True, False]
    assert THREE.sure("staff_last").tolist() == [True, True, True]
    assert THREE.sound("staff_last").tolist() == [True, True, False]  # no half of a person
    assert THREE.sound("staff_last", "revenue_last").tolist() == [False, True, False]
    assert THREE.sound("pass_rate_after").tolist() == [False, False, False]  # blank, and above 100 %


def test_answers_are_shown_as_a_person_would_write_them() -> None:
    assert THREE.shown("staff_last") == ["7 人", "0 人", "2.5 人"]
    assert THREE.shown("revenue_last") == ["", "1.5 万元", ""]
    assert THREE.shown("filled_on") == ["2026-11-01", "", "2026-11-02"]
    assert THREE.shown("name") == ["甲", "", "丙"]


def test_parts_keep_what_is_not_sure() -> None:
    last = THREE.part(1, 3)
    assert last.frame.index.tolist() == ["form1", "form2"]
    assert last.sure("q02_o01").tolist() == [True, False]
    taken = THREE.take(np.array([2, 0]), ["q02_o01", "name", "name"])
    assert (taken.text("name").tolist(), list(taken.frame)) == (["丙", "甲"], ["q02_o01", "name"])
    assert {key: rows.tolist() for key, rows in taken.unsure.items()} == {"q02_o01": [True, True]}


def test_a_tick_that_is_not_sure_is_stored_as_neither() -> None:
    stored = THREE.stored()
    assert stored["q02_o01"].tolist()[1] is True
    assert stored["q02_o01"].isna().tolist() == [True, False, True]
    assert stored["revenue_last"].isna().tolist() == [True, False, True]
    assert stored["q02_o02"].tolist() == [True, False, False]


def test_a_value_of_another_type_is_an_error_and_a_key_of_no_form_is_left_out() -> None:
    with pytest.raises((TypeError, ValueError)):
        make_answers(EDITION, ["a"], [{"staff_last": "many"}])
    answers = make_answers(EDITION, ["a"], [{"q99_o01": True, "q02_o01": "√"}])
    assert "q99_o01" not in answers.frame
    assert answers.ticks(["q02_o01"]).tolist() == [[False]]  # only True is a tick
