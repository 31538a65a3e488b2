"""What PostgreSQL keeps of the rulebook: a version is never changed, and says only what its rule may say."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from core import business_date
from core.models import Rule
from core.rulebook.fitting import RuleDataInvalid, fits, require_fit
from core.rulebook.kinds import RuleUnknown, rule_kind, rule_kinds
from core.rulebook.laying_down import RulesDoNotFit, lay_down
from core.rulebook.versions import (
    RuleInForce,
    RuleSaysTheSame,
    RuleTakesHoldTooEarly,
    require_possible,
    require_withdrawable,
)
from tests.core.factories import rule_says

pytestmark = pytest.mark.django_db
TODAY = date(2026, 6, 15)
TOMORROW = TODAY + timedelta(days=1)
HOURS = {"from": "08:00", "to": "22:00"}


@pytest.fixture(autouse=True)
def opened() -> None:
    business_date.move_to(TODAY)


def problem(code: str, data: Any) -> str | None:
    """What PostgreSQL says of the data."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT core_rule_problem(shape, %s, '') FROM core_ruleshape WHERE code = %s", [json.dumps(data), code]
        )
        (found,) = cursor.fetchone()
    return None if found is None else str(found)


def a_version(**told: Any) -> Rule:
    return Rule(**{"code": "contact_hours", "effective_from": TOMORROW, "data": HOURS, "source": "A test."} | told)


# --- what it says -----------------------------------------------------------------------------------------------------
WRONG = {
    "hour 24:00": ("contact_hours", {"from": "08:00", "to": "24:00"}, "/to"),
    "closes before it opens": ("contact_hours", {"from": "22:00", "to": "08:00"}, "/"),
    "a number for an hour": ("contact_hours", {"from": 8, "to": "22:00"}, "/from"),
    "a missing key": ("contact_hours", {"from": "08:00"}, "/"),
    "a misspelt key": ("contact_hours", {**HOURS, "till": "22:00"}, "/"),
    "a list for the whole": ("contact_hours", ["08:00", "22:00"], "/"),
    "nothing": ("contact_hours", None, "/"),
    "a negative rate": ("cost_cap", {"annual_rate": "-0.24"}, "/annual_rate"),
    "a percentage for a fraction": ("cost_cap", {"annual_rate": "24"}, "/annual_rate"),
    "a binary fraction": ("affordability", {"debt_share": 0.5, "income_age_days": 365}, "/debt_share"),
    "more than all": ("affordability", {"debt_share": "1.01", "income_age_days": 365}, "/debt_share"),
    "an exponent": ("second_approval", {"amount_over": "1e9"}, "/amount_over"),
    "no number at all": ("second_approval", {"amount_over": "NaN"}, "/amount_over"),
    "half a day": ("offer_validity", {"days": 7.5}, "/days"),
    "no day": ("offer_validity", {"days": 0}, "/days"),
    "yes for a number": ("offer_validity", {"days": True}, "/days"),
    "ages that cross": ("lending_age", {"least": 60, "most": 18}, "/"),
    "buckets that do not rise": ("arrears_buckets", {"buckets": [["C", 0], ["M1", 31], ["M2", 31]]}, "/buckets"),
    "a class that is none": ("risk_classes", {"floors": [["normal", 0], ["bad", 1]]}, "/floors/1/0"),
    "a bucket without its day": ("arrears_buckets", {"buckets": [["C"]]}, "/buckets/0"),
    "no bucket": ("arrears_buckets", {"buckets": []}, "/buckets"),
    "a purpose twice": ("consents_needed", {"purposes": ["credit_query", "credit_query"]}, "/purposes"),
    "provisions that fall": (
        "provision_rates",
        {"normal": "0.015", "special_mention": "0.03", "substandard": "0.6", "doubtful": "0.3", "loss": "1"},
        "/",
    ),
    "a mode that is none": ("advance_deduction", {"advance_deduction": "sometimes"}, "/advance_deduction"),
    "a name with a line break": ("act_authority", {"waiver\n": {"waived": "500"}}, "/"),
}


@pytest.mark.parametrize(("code", "data", "place"), list(WRONG.values()), ids=list(WRONG))
def test_a_wrong_version_is_refused_by_name_and_by_the_database(code: str, data: Any, place: str) -> None:
    with pytest.raises(RuleDataInvalid) as refused:
        require_possible(a_version(code=code, data=data), TODAY)
    assert refused.value.context["place"] == place

    with pytest.raises(DatabaseError, match=code), transaction.atomic():
        a_version(code=code, data=data).save()


def test_every_stored_version_fits_by_both_judges() -> None:
    for version in Rule.objects.all():
        require_fit(version.code, rule_kind(version.code).shape, version.data)
        assert problem(version.code, version.data) is None, version


def test_every_rule_is_seeded_and_nothing_else_is() -> None:
    assert set(Rule.objects.values_list("code", flat=True)) == set(rule_kinds())


def test_a_rule_that_nothing_reads_is_none() -> None:
    with pytest.raises(RuleUnknown):
        require_possible(a_version(code="contact_hour"), TODAY)
    with pytest.raises(DatabaseError, match="no rule is called contact_hour"), transaction.atomic():
        a_version(code="contact_hour").save()


_plain = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 200),
    st.sampled_from(["0", "1", "0.5", "-1", "1.0", "24:00", "08:00", "normal", "", "NaN", "1e3", "００", "M1", "01"]),
)
_odd: st.SearchStrategy[Any] = st.recursive(
    _plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc_", max_size=4), inner, max_size=3)
)


def _places(value: Any) -> list[tuple[Any, ...]]:
    """Every place within a value, as a path."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [(), *((key, *rest) for key, below in inner for rest in _places(below))]


_CHANGES: list[Callable[[Any, Any], Any]] = [
    lambda _old, odd: odd,
    lambda old, odd: {**old, "zz": odd} if isinstance(old, dict) else old,
    lambda old, _odd: dict(list(old.items())[1:]) if isinstance(old, dict) else old,
    lambda old, odd: [*old, odd] if isinstance(old, list) else old,
    lambda old, _odd: old[::-1] if isinstance(old, list) else old,
]


def _put(value: Any, path: tuple[Any, ...], change: Callable[[Any, Any], Any], odd: Any) -> Any:
    if not path:
        return change(value, odd)
    copied = dict(value) if isinstance(value, dict) else list(value)
    copied[path[0]] = _put(value[path[0]], path[1:], change, odd)
    return copied


@given(data=st.data())
def test_the_two_judges_agree_whatever_is_written(data: st.DataObject) -> None:
    version = data.draw(st.sampled_from(list(Rule.objects.exclude(code="index_rates").order_by("pk"))))
    changed = version.data
    for _turn in range(data.draw(st.integers(1, 2))):
        path = data.draw(st.sampled_from(_places(changed)))
        changed = _put(changed, path, data.draw(st.sampled_from(_CHANGES)), data.draw(_odd))

    shape = rule_kind(version.code).shape
    assert fits(shape, changed) == (problem(version.code, changed) is None), (version.code, changed)


# --- when -------------------------------------------------------------------------------------------------------------
def test_a_version_follows_from_a_day_to_come() -> None:
    require_possible(a_version(data={"from": "09:00", "to": "21:00"}), TODAY)
    a_version(data={"from": "09:00", "to": "21:00"}).save()

    for day in (TODAY, TODAY - timedelta(days=1), date(1999, 1, 1)):
        late = a_version(effective_from=day, data={"from": "10:00", "to": "21:00"})
        with pytest.raises(RuleTakesHoldTooEarly, match="2026-06-16"):
            require_possible(late, TODAY)
        with pytest.raises(DatabaseError, match="takes hold on a day to come"), transaction.atomic():
            late.save()


def test_what_is_published_elsewhere_may_be_entered_late() -> None:
    late = a_version(code="index_rates", effective_from=TODAY - timedelta(days=2), data={"LPR1Y": "0.0290"})

    require_possible(late, TODAY)
    late.save()


def test_a_first_version_in_a_market_may_hold_from_any_day() -> None:
    early = a_version(market="GB", effective_from=date(2020, 1, 1))

    require_possible(early, TODAY)
    early.save()


def test_a_version_that_says_the_same_is_none() -> None:
    with pytest.raises(RuleSaysTheSame):
        require_possible(a_version(), TODAY)


# --- never changed ----------------------------------------------------------------------------------------------------
CHANGES: dict[str, str] = {
    "what it says": 'UPDATE core_rule SET data = \'{"from": "00:00", "to": "23:59"}\' WHERE code = \'contact_hours\'',
    "its source": "UPDATE core_rule SET source = 'Somewhere else' WHERE code = 'contact_hours'",
    "its day": "UPDATE core_rule SET effective_from = '2027-01-01' WHERE code = 'contact_hours'",
    "its name": "UPDATE core_rule SET code = 'contact_counts' WHERE code = 'contact_hours'",
    "removed": "DELETE FROM core_rule WHERE code = 'contact_hours'",
    "all removed": "TRUNCATE core_rule",
    "written over": "INSERT INTO core_rule (code, market, effective_from, data, source, written_at) "
    'SELECT code, market, effective_from, \'{"from": "00:00", "to": "23:59"}\', source, now() FROM core_rule '
    "WHERE code = 'contact_hours' ON CONFLICT (code, market, effective_from) DO UPDATE SET data = EXCLUDED.data",
}


@pytest.mark.parametrize("statement", list(CHANGES.values()), ids=list(CHANGES))
def test_sql_changes_no_version_in_force(statement: str) -> None:
    with pytest.raises(DatabaseError, match="core_rule"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_orm_changes_no_version() -> None:
    stored = Rule.objects.get(code="contact_hours")
    stored.data = {"from": "00:00", "to": "23:59"}
    for change in (stored.save, stored.delete, lambda: Rule.objects.filter(pk=stored.pk).update(source="x")):
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
            change()


def test_a_version_to_come_is_withdrawn_but_not_edited() -> None:
    coming = a_version(data={"from": "09:00", "to": "21:00"})
    coming.save()
    coming.source = "Another"
    with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
        coming.save()

    require_withdrawable(coming, TODAY)
    coming.delete()
    with pytest.raises(RuleInForce):
        require_withdrawable(Rule.objects.get(code="contact_hours"), TODAY)


def test_one_person_is_not_both() -> None:
    from_one = {"written_by_id": 1, "agreed_by_id": 1}
    with pytest.raises(DatabaseError, match="core_rule_two_people"), transaction.atomic():
        a_version(data={"from": "09:00", "to": "21:00"}, **from_one).save()


# --- laid down --------------------------------------------------------------------------------------------------------
def test_a_migrate_names_the_versions_that_the_code_cannot_read() -> None:
    rule_says("contact_hours", {"from": "08:00", "to": "24:00"})

    with pytest.raises(RulesDoNotFit, match="contact_hours CN 2000-01-01: /to"):
        lay_down()
