"""After a payment, who follows the borrower looks again: none is lost, and no look trips over another."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import pytest
from django.db import transaction

from debt_collections.models import Case
from loans.bookkeeping.signals import loan_position_changed
from operations import fresh_looks, receivers, tasks
from operations.models import ChangedLoan
from tests.debt_collections.factories import LATE, CaseFactory, pay

pytestmark = pytest.mark.django_db


def test_the_look_may_be_repeated() -> None:
    case = CaseFactory()

    news = {"loan_id": case.borrower.loans.get().pk, "borrower_id": case.borrower_id}

    first = fresh_looks.look_again(**news, on=LATE)
    second = fresh_looks.look_again(**news, on=LATE)

    assert first.keys() == second.keys() == {"case", "limit", "policy"}
    assert first["case"]["cases_opened"] == second["case"]["cases_opened"] == second["case"]["cases_moved"] == 0


def test_a_loan_that_changed_often_is_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    monkeypatch.setattr(fresh_looks, "LOOKS", {"case": lambda changed: looked.append(changed.loan_id) or {}})
    for loan_id in (1, 2, 1, 1):
        loan_position_changed.send(None, loan_id=loan_id, borrower_id=7, on=LATE)

    assert tasks.look_at_changed() == 2
    assert sorted(looked) == [1, 2]
    assert tasks.look_at_changed() == 0


def test_many_changes_wake_one_worker(django_capture_on_commit_callbacks: Any, settings: Any) -> None:
    settings.FRESH_LOOKS_SECONDS = 3600
    bell = receivers._Bell()
    with (
        patch.object(receivers, "_bell", bell),
        patch.object(tasks.look_at_changed, "apply_async") as sent,
        django_capture_on_commit_callbacks(execute=True),
    ):
        for loan_id in range(3):
            loan_position_changed.send(None, loan_id=loan_id, borrower_id=7, on=LATE)

    assert [call.kwargs for call in sent.call_args_list] == [{"kwargs": {}, "retry": False}]
    assert ChangedLoan.objects.count() == 3


def test_a_broker_that_is_down_loses_no_look(django_capture_on_commit_callbacks: Any) -> None:
    case = CaseFactory()
    with (
        patch.object(tasks.look_at_changed, "apply_async", side_effect=ConnectionError),
        django_capture_on_commit_callbacks(execute=True),
    ):
        pay(case.borrower.loans.get(), f"{case.overdue_amount}", LATE)
    assert Case.objects.get(pk=case.pk).status != "closed"

    tasks.look_at_changed()

    assert Case.objects.get(pk=case.pk).status == "closed"


def test_what_was_taken_back_leaves_no_note() -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        loan_position_changed.send(None, loan_id=1, borrower_id=7, on=LATE)
        raise ZeroDivisionError

    assert not ChangedLoan.objects.exists()


def test_a_broken_look_keeps_no_other_from_its_work(monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    case = CaseFactory()
    pay(case.borrower.loans.get(), f"{case.overdue_amount}", LATE)

    def broken(changed: fresh_looks.Changed) -> dict[str, int]:
        raise RuntimeError("no such table")

    monkeypatch.setattr(fresh_looks, "LOOKS", {"limit": broken, "case": fresh_looks.LOOKS["case"]})
    loan_id = case.borrower.loans.get().pk
    found = fresh_looks.look_again(loan_id=loan_id, borrower_id=case.borrower_id, on=LATE)

    assert Case.objects.get(pk=case.pk).status == "closed"
    assert found.keys() == {"case"}
    assert "The look at the limit" in caplog.text
