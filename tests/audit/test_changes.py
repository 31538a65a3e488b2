"""A stored change in words: labels, choices, names; what is sealed stays sealed."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import translation
from django.utils.translation import gettext

from audit import quotas
from audit.changes import Change, changes_of, people_in, type_label
from audit.web.forms import Action
from loans.events.act_kinds import act_kind, act_kinds
from loans.events.act_parameters import in_words


def stored(object_type: str, before: dict[str, Any], after: dict[str, Any]) -> SimpleNamespace:
    return SimpleNamespace(object_type=object_type, before=before, after=after)


def test_a_choice_is_shown_by_its_label() -> None:
    assert changes_of(stored("staff.user", {"theme": "auto"}, {"theme": "dark"})) == [
        Change("Theme", "Like my device", "Dark")
    ]


def test_every_act_the_log_is_told_has_its_words() -> None:
    root = Path(__file__).parents[2]
    sources = [file for file in root.glob("*/**/*.py") if file.relative_to(root).parts[0] not in {"tests", ".venv"}]
    acts = {act for file in sources for act in re.findall(r'\brecord\(\s*"([a-z_]+)"', file.read_text())}

    assert {"archived", "restored", "revealed"} <= acts <= set(Action.values)
    assert {*quotas.ALARMS, *quotas.REFUSALS} <= set(Action.values)


def test_sealed_personal_data_is_never_shown_not_even_its_ciphertext() -> None:
    [change] = changes_of(stored("borrowers.borrower", {"name": "0:q83vEjRWeJA="}, {"name": "0:mZ1234567890"}))

    assert (change.before, change.after) == ("sealed", "sealed")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("12345.60", "12,345.60"),
        ("-450.72", "-450.72"),
        (True, "yes"),
        (None, ""),
        (["a", "b"], "a, b"),
    ],
)
def test_values_are_written_for_reading(value: Any, written: str) -> None:
    [change] = changes_of(stored("gone.thing", {}, {"what": value}))

    assert change.after == written


def test_a_rate_is_written_in_per_cent() -> None:
    [change] = changes_of(stored("gone.thing", {"annual_rate": "0.22000000"}, {"annual_rate": "0.18"}))

    assert (change.before, change.after) == ("22.00 %", "18.00 %")


def test_a_field_on_one_side_only_is_still_a_change() -> None:
    labels = [change.label for change in changes_of(stored("gone.thing", {"left": "1"}, {"right_side": "2"}))]

    assert labels == ["Left", "Right side"]


@pytest.mark.django_db
def test_people_are_named_with_one_query_for_all(staff_member: Any, django_assert_num_queries: Any) -> None:
    officer, checker = staff_member("officer", display_name="Zhao Min"), staff_member("checker")
    records = [
        stored("audit.approval", {}, {"requested_by_id": officer.pk}),
        stored("audit.approval", {}, {"decided_by_id": checker.pk}),
    ]

    with django_assert_num_queries(1):
        people = people_in(records)

    assert changes_of(records[0], people)[0].after == "Zhao Min"


def test_a_type_is_named_in_words() -> None:
    assert type_label("staff.user") == "Staff member"
    assert type_label("gone.thing") == "gone.thing"


def test_a_request_for_any_act_is_read_in_chinese_whoever_asked_for_it() -> None:
    words: set[str] = set()
    charge_off = act_kind("charged_off")
    with translation.override("zh-hans"):
        for kind in act_kinds():
            for parameter in kind.parameters:
                for value in [code for code, _label in parameter.choices] or ["1"]:
                    words |= set(asked := in_words(kind.label, kind.parameters, {parameter.name: value}))
                    words |= {word for word in asked.values() if word != "1"}
        assert sorted(word for word in words if gettext(word) == word) == []
        [act, cause] = changes_of(
            stored("loans.loan", {}, in_words(charge_off.label, charge_off.parameters, {"cause": "insolvency"}))
        )
    assert (act, cause) == (Change("操作", "", "转销"), Change("原因", "", "破产"))
