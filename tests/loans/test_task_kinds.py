"""Payouts that the bank refused, payments of nobody and wishes for a person are somebody's task until they are settled."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from casework.models import Task, TaskStatus
from casework.raising import raise_task
from core.rules import forget_cached_rules
from core.writing import money
from loans.banking.simulator import REFUSED
from loans.disbursement import disbursing
from loans.models import Application, ApplicationStatus, IncomingPayment, IncomingPaymentStatus
from loans.origination import origination
from loans.origination.decisions import DecisionReason
from loans.pages.bank_reasons import in_words
from loans.task_kinds import HUMAN_REVIEW
from tests.casework.looking import look
from tests.core.factories import RuleFactory
from tests.loans.factories import (
    DISBURSED,
    ON,
    ApplicantFactory,
    ApplicationFactory,
    BankFileFactory,
    DecisionFactory,
    DisbursementFactory,
)
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db


def noon(on: date) -> datetime:
    return timezone.make_aware(datetime.combine(on, datetime.min.time().replace(hour=12)))


def test_a_payout_the_bank_refused_until_it_is_sent_again_or_given_up(client: Client) -> None:
    lin = ApplicantFactory(banked=True, account__account_number=f"622202000000{REFUSED}")
    order = DisbursementFactory(contract__offer__application__borrower=lin)
    assert "payout.refused" not in look(noon(ON))
    order = disbursing.send(disbursement_id=order.pk, on=ON)
    assert look(noon(ON))["payout.refused"] == (1, 0)
    task = Task.objects.get()
    told = task.declared.told(task.facts)
    assert task.object_label == order.number and str(in_words(order.failure_code)) in told
    assert money(order.amount, order.currency) in told and order.currency == "CNY"
    client.force_login(UserFactory(roles=["operations"]))
    page = client.get(f"/app/tasks/{task.number}/").content.decode()
    assert f'href="{order.loan.get_absolute_url()}"' in page
    disbursing.cancel(disbursement_id=order.pk, on=ON, reason="Wants no loan any more")
    assert look(noon(ON))["payout.refused"] == (0, 1)
    task.refresh_from_db()
    assert (task.status, task.outcome) == (TaskStatus.DONE, "settled")


def test_a_payment_of_nobody_past_its_day_until_it_is_settled(client: Client) -> None:
    BankFileFactory()
    payment = IncomingPayment.objects.get()
    assert payment.status == IncomingPaymentStatus.SUSPENSE
    assert look(noon(DISBURSED)) == {}
    assert look(noon(DISBURSED + timedelta(days=1)))["payment.unmatched"] == (1, 0)
    task = Task.objects.get()
    assert money(payment.amount, payment.currency) in task.declared.told(task.facts)
    client.force_login(UserFactory(roles=["finance"]))
    assert f"/app/payments/unmatched/{payment.pk}" in client.get(f"/app/tasks/{task.number}/").content.decode()
    IncomingPayment.objects.filter(pk=payment.pk).update(status=IncomingPaymentStatus.RETURNED)
    assert look(noon(DISBURSED + timedelta(days=2)))["payment.unmatched"] == (0, 1)


def test_a_wish_for_a_person_until_a_person_decides() -> None:
    application = ApplicationFactory(wants_person=True)
    origination.refer(
        application_id=application.pk,
        decision=DecisionFactory(outcome="refer", reasons=(DecisionReason.PERSON_WISHED.value,)),
        on=ON,
    )
    assert look(noon(ON))["application.human_review"] == (1, 0)
    assert Task.objects.get().team == "underwriter"
    origination.withdraw(application_id=application.pk, on=ON)
    assert look(noon(ON))["application.human_review"] == (0, 1)
    assert Task.objects.get().outcome == "withdrawn"


def test_who_left_the_queue_without_a_person_still_waits_for_one() -> None:
    application = ApplicationFactory(wants_person=True)
    raise_task(HUMAN_REVIEW.code, application, facts={"asked_on": ON.isoformat()}, now=noon(ON))
    Application.objects.filter(pk=application.pk).update(status=ApplicationStatus.EXPIRED)
    assert "application.human_review" not in look(noon(ON)) and Task.objects.get().is_open
    Application.objects.filter(pk=application.pk).update(decided_by=UserFactory(roles=["underwriter"]))
    assert look(noon(ON))["application.human_review"] == (0, 1)
    assert Task.objects.get().outcome == "decided"


def test_a_longer_wait_by_rule_settles_no_payment() -> None:
    BankFileFactory()
    later = DISBURSED + timedelta(days=2)
    assert look(noon(later))["payment.unmatched"] == (1, 0)
    RuleFactory(code="unmatched_payment", market="CN", effective_from=later, data={"days": 10}, source="Test.")
    forget_cached_rules()
    assert look(noon(later)) == {} and Task.objects.get().is_open
