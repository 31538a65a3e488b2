"""After a payment, who follows the borrower looks again: by one message, in looks that do not trip over each other."""

from __future__ import annotations

from unittest.mock import patch

import pytest

from debt_collections.models import Case
from loans.signals import loan_position_changed
from operations import fresh_looks, tasks
from tests.debt_collections.factories import LATE, a_case, pay

pytestmark = pytest.mark.django_db


def test_the_look_may_be_repeated() -> None:
    case = a_case()

    news = {"loan_id": case.borrower.loans.get().pk, "borrower_id": case.borrower_id}

    first = tasks.look_again(**news)
    second = tasks.look_again(**news)

    assert first.keys() == second.keys() == {"case", "limit", "policy"}
    assert first["case"]["cases_opened"] == second["case"]["cases_opened"] == second["case"]["cases_moved"] == 0


def test_a_change_of_a_loan_sends_one_message() -> None:
    with patch.object(tasks.look_again, "apply_async") as sent:
        loan_position_changed.send_robust(None, loan_id=1, borrower_id=7, on=LATE)

    assert [call.kwargs["kwargs"] for call in sent.call_args_list] == [{"loan_id": 1, "borrower_id": 7}]


def test_a_broken_look_keeps_no_other_from_its_work(monkeypatch: pytest.MonkeyPatch, caplog) -> None:
    case = a_case()
    pay(case.borrower.loans.get(), f"{case.overdue_amount}", LATE)

    def broken(changed: fresh_looks.Changed) -> dict[str, int]:
        raise RuntimeError("no such table")

    monkeypatch.setattr(fresh_looks, "LOOKS", {"limit": broken, "case": fresh_looks.LOOKS["case"]})
    loan_id = case.borrower.loans.get().pk
    found = fresh_looks.look_again(loan_id=loan_id, borrower_id=case.borrower_id, on=LATE)

    assert Case.objects.get(pk=case.pk).status == "closed"
    assert found.keys() == {"case"}
    assert "The look at the limit" in caplog.text
