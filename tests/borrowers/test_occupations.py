"""What a borrower lives from: stated at every door, kept with its changes."""

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError

from borrowers.models import Borrower
from borrowers.occupations import OccupationUnknown, state_occupation
from core.rules import rule
from tests.borrowers.factories import ON, BorrowerFactory

pytestmark = pytest.mark.django_db


def test_it_is_not_known_until_it_is_stated_and_changes_are_kept(staff_member) -> None:
    officer = staff_member("officer")
    lin = BorrowerFactory()
    assert lin.occupation == ""

    state_occupation(borrower_id=lin.pk, occupation="employed", on=ON, changed_by=officer)
    state_occupation(borrower_id=lin.pk, occupation="employed", on=ON, changed_by=officer)
    state_occupation(borrower_id=lin.pk, occupation="student", on=ON, changed_by=officer)

    kept = lin.history.order_by("history_id").values_list("occupation", "history_user")
    assert list(kept)[1:] == [("employed", officer.pk), ("student", officer.pk)]


@pytest.mark.parametrize("occupation", ["millionaire", "Student", " "])
def test_another_word_is_refused_by_name(occupation: str) -> None:
    lin = BorrowerFactory()
    with pytest.raises(OccupationUnknown):
        state_occupation(borrower_id=lin.pk, occupation=occupation, on=ON)
    with pytest.raises(OccupationUnknown):
        BorrowerFactory(occupation=occupation)


def test_the_database_refuses_it_too() -> None:
    lin = BorrowerFactory(occupation="retired")
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE borrowers_borrower SET occupation = 'rich' WHERE id = %s", [lin.pk])
    assert Borrower.objects.get(pk=lin.pk).occupation == "retired"


def test_who_may_lend_to_students_is_a_rule_with_dates() -> None:
    before, since = (rule("student_lending", day)["lender_types"] for day in (ON.replace(2021, 3, 16), ON))

    assert set(before.values()) == {"allowed"}
    assert since["microloan_company"] == "refused"
    assert {since[kind] for kind in ("bank", "consumer_finance_company")} == {"conditions"}
    assert rule("student_lending", ON.replace(2021, 3, 17))["lender_types"] == since
