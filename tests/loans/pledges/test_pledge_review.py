"""Debt grows against a policy: interest made principal, warnings, notice, lapse, cure and return."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from core import business_date
from loans.account.policy_cover import CashValue
from loans.gate.commitments import commitments_of
from loans.models import Instalment, LoanAct, LoanStatus, PledgeStatus, PolicyPledge, Repayment
from loans.pledges.pledge_lifecycle import PledgeNotInState
from loans.pledges.pledge_review import ReinstatementTooLate, capitalise, cure, reinstate, reinstatement_quote, review
from loans.pledges.pledging import record_cash_values
from loans.servicing.settling import SettlementAmountDiffers
from messaging.models import Message
from tests.loans.factories import DISBURSED, PolicyPledgeFactory
from tests.loans.pledged_policies import night
from tests.loans.servicing.test_repayments import assert_books_agree, pay, position

pytestmark = pytest.mark.django_db
ANNIVERSARY = date(2026, 7, 1)
EXHAUSTED = date(2026, 9, 14)  # found by the outlook, see test_pledging
NOTICE_ENDS = EXHAUSTED + timedelta(days=30)


def told(pledge: PolicyPledge) -> list[str]:
    rows = Message.objects.filter(reference=pledge.loan.number, template_code__startswith="policy")
    return list(rows.order_by("id").values_list("template_code", flat=True))


def after_nights(pledge: PolicyPledge, *days: date) -> PolicyPledge:
    for on in days:
        night(on)
    return PolicyPledge.objects.select_related("loan").get(pk=pledge.pk)


def test_on_the_anniversary_unpaid_interest_becomes_principal_and_bears_interest() -> None:
    pledge = PolicyPledgeFactory()

    assert night(ANNIVERSARY) == {"policies_capitalised": 1}
    assert night(ANNIVERSARY) == {}

    # 480.00 a year over 167 of 365 days; the 219.62 cost 198 further days at 6 %.
    rows = list(Instalment.objects.filter(loan=pledge.loan, superseded_on__isnull=True).order_by("number"))
    assert [(row.due_on, row.principal, row.interest) for row in rows] == [
        (ANNIVERSARY, Decimal("0.00"), Decimal("219.62")),
        (date(2027, 1, 15), Decimal("8219.62"), Decimal("260.38") + Decimal("7.15")),
    ]
    stands = position(pledge.loan)
    assert (stands.principal_outstanding, stands.interest_receivable) == (Decimal("8219.62"), Decimal("0.00"))
    assert LoanAct.objects.get(loan=pledge.loan).kind == "interest_capitalised"
    assert PolicyPledge.objects.get().next_anniversary_on == date(2027, 7, 1)
    assert_books_agree(pledge.loan)
    night(ANNIVERSARY + timedelta(days=10))
    assert_books_agree(pledge.loan)


def test_an_anniversary_the_night_missed_counts_from_its_day() -> None:
    pledge = PolicyPledgeFactory()

    night(ANNIVERSARY + timedelta(days=5))

    assert LoanAct.objects.get(loan=pledge.loan).effective_on == ANNIVERSARY
    assert position(pledge.loan).principal_outstanding == Decimal("8219.62")
    assert_books_agree(pledge.loan)


def test_paid_interest_is_not_capitalised_also_when_told_later() -> None:
    pledge = PolicyPledgeFactory()
    night(ANNIVERSARY)
    night(ANNIVERSARY + timedelta(days=1))

    pay(pledge.loan, "100.00", date(2026, 6, 30), recorded_on=ANNIVERSARY + timedelta(days=2))

    assert position(pledge.loan).principal_outstanding == Decimal("8119.62")
    assert_books_agree(pledge.loan)


def test_interest_may_be_made_principal_by_hand() -> None:
    pledge = PolicyPledgeFactory()
    night(date(2026, 3, 31))

    capitalise(pledge_id=pledge.pk, on=date(2026, 4, 1), reason="agreed with the borrower", idempotency_key="by-hand")

    assert position(pledge.loan).principal_outstanding == Decimal("8099.95")  # 480.00 × 76 / 365
    assert PolicyPledge.objects.get().next_anniversary_on == ANNIVERSARY
    assert_books_agree(pledge.loan)


def test_after_the_term_late_interest_becomes_principal_too() -> None:
    pledge = PolicyPledgeFactory()
    night(ANNIVERSARY)

    night(date(2027, 7, 1))

    stands = position(pledge.loan)
    assert stands.late_interest_receivable == stands.interest_receivable == 0
    assert stands.principal_outstanding > Decimal("8700.00")
    assert_books_agree(pledge.loan)


def test_each_level_is_told_once() -> None:
    pledge = PolicyPledgeFactory(costly=True)

    assert night(date(2026, 3, 19)) == {}
    assert night(date(2026, 3, 20)) == {"policies_warned": 1}  # 2880.00 × 64 / 365 = 504.99
    assert night(date(2026, 3, 21)) == {}
    warned = after_nights(pledge, date(2026, 5, 22))

    assert (warned.status, warned.warned_level) == ("warned", Decimal("0.90"))
    assert told(pledge) == ["policy_cover_low", "policy_cover_low"]
    message = Message.objects.filter(template_code="policy_cover_low").latest("id")
    assert message.context["percent"] == "90"


def test_a_payment_cures_and_the_next_approach_is_told_again() -> None:
    pledge = PolicyPledgeFactory(costly=True)
    night(date(2026, 3, 20))

    pay(pledge.loan, "400.00", date(2026, 3, 21))
    assert review(pledge_id=pledge.pk, on=date(2026, 3, 21)).done == ("cured",)

    assert PolicyPledge.objects.get().status == PledgeStatus.PLEDGED
    after_nights(pledge, date(2026, 5, 22))
    assert told(pledge) == ["policy_cover_low", "policy_cover_low"]


def test_a_payment_cures_at_once_and_does_not_wait_for_the_night(django_capture_on_commit_callbacks: Any) -> None:
    pledge = after_nights(PolicyPledgeFactory(costly=True), EXHAUSTED)
    asked = Decimal(Message.objects.get(template_code="policy_lapse_ahead").context["amount"])

    with django_capture_on_commit_callbacks(execute=True):
        pay(pledge.loan, str(asked - Decimal("0.01")), EXHAUSTED + timedelta(days=1))
    assert PolicyPledge.objects.get().status == PledgeStatus.LAPSE_NOTIFIED
    with django_capture_on_commit_callbacks(execute=True):
        pay(pledge.loan, "500.00", EXHAUSTED + timedelta(days=1))

    kept = PolicyPledge.objects.get()
    assert (kept.status, kept.notice_ends_on) == (PledgeStatus.WARNED, None)
    assert cure(loan_id=pledge.loan_id, on=EXHAUSTED + timedelta(days=1)) is False


def test_news_of_a_payment_never_lapses_warns_or_releases(django_capture_on_commit_callbacks: Any) -> None:
    pledge = after_nights(PolicyPledgeFactory(costly=True), EXHAUSTED)
    business_date.move_to(NOTICE_ENDS + timedelta(days=1))

    with django_capture_on_commit_callbacks(execute=True):
        pay(pledge.loan, "0.01", NOTICE_ENDS + timedelta(days=1))
    assert PolicyPledge.objects.get().status == PledgeStatus.LAPSE_NOTIFIED
    with django_capture_on_commit_callbacks(execute=True):
        pay(pledge.loan, "20000.00", NOTICE_ENDS + timedelta(days=1))

    assert PolicyPledge.objects.get().status == PledgeStatus.LAPSE_NOTIFIED  # settled: the night releases it
    assert night(NOTICE_ENDS + timedelta(days=1)) == {"policies_released": 1}


def test_debt_at_cash_value_brings_the_notice_and_after_it_the_lapse() -> None:
    pledge = after_nights(PolicyPledgeFactory(costly=True), EXHAUSTED - timedelta(days=1))
    assert pledge.status == PledgeStatus.WARNED

    noticed = after_nights(pledge, EXHAUSTED)
    assert (noticed.status, noticed.notice_ends_on) == (PledgeStatus.LAPSE_NOTIFIED, NOTICE_ENDS)
    assert after_nights(pledge, NOTICE_ENDS).status == PledgeStatus.LAPSE_NOTIFIED
    lapsed = after_nights(pledge, NOTICE_ENDS + timedelta(days=1))

    assert (lapsed.status, lapsed.lapsed_on) == (PledgeStatus.LAPSED, NOTICE_ENDS + timedelta(days=1))
    payout = Repayment.objects.get()
    assert (payout.amount, payout.channel, lapsed.payout_id) == (Decimal("10000.00"), "insurer", payout.pk)
    # The house's own word until the insurer's money is on a statement: what it paid still binds.
    assert list(Repayment.objects.by_word()) == [payout]
    left = position(pledge.loan).principal_outstanding
    assert commitments_of(pledge.loan.borrower_id, business_date.current()).amount == left + payout.principal
    stands = position(pledge.loan)
    assert stands.outstanding_total > 0 and stands.next_due_amount + stands.due_today + stands.overdue_total > 0
    assert told(pledge)[-2:] == ["policy_lapse_ahead", "policy_lapsed"]
    assert_books_agree(pledge.loan)
    assert night(NOTICE_ENDS + timedelta(days=2)) == {}


def test_what_the_notice_asks_for_cures_it() -> None:
    pledge = after_nights(PolicyPledgeFactory(costly=True), EXHAUSTED)
    asked = Message.objects.get(template_code="policy_lapse_ahead").context

    pay(pledge.loan, asked["amount"], EXHAUSTED)
    review(pledge_id=pledge.pk, on=EXHAUSTED)

    kept = PolicyPledge.objects.get()
    assert (kept.status, kept.notice_ends_on, kept.warned_level) == ("warned", None, Decimal("0.95"))


def test_more_cash_value_cures_as_money_does() -> None:
    pledge = after_nights(PolicyPledgeFactory(costly=True), EXHAUSTED)

    stated = [CashValue(EXHAUSTED, Decimal("20000.00"))]
    record_cash_values(pledge_id=pledge.pk, cash_values=stated, on=EXHAUSTED)

    assert after_nights(pledge, EXHAUSTED + timedelta(days=1)).status == PledgeStatus.PLEDGED


def test_a_policy_without_cash_value_lapses_without_a_payout() -> None:
    pledge = PolicyPledgeFactory()
    record_cash_values(pledge_id=pledge.pk, cash_values=[CashValue(DISBURSED, Decimal(0))], on=DISBURSED, approved=True)

    lapsed = after_nights(pledge, DISBURSED, DISBURSED + timedelta(days=31))

    assert (lapsed.status, lapsed.payout_id) == (PledgeStatus.LAPSED, None)
    assert not Repayment.objects.exists() and position(pledge.loan).status == LoanStatus.ACTIVE


def a_lapsed_pledge() -> PolicyPledge:
    return after_nights(PolicyPledgeFactory(costly=True), ANNIVERSARY, EXHAUSTED, NOTICE_ENDS + timedelta(days=1))


def test_paying_debt_and_interest_brings_the_policy_back() -> None:
    pledge, on = a_lapsed_pledge(), NOTICE_ENDS + timedelta(days=10)
    quote = reinstatement_quote(pledge, on)
    assert quote.total > Decimal("10000.00") and Repayment.objects.get().status == "posted"

    with pytest.raises(SettlementAmountDiffers):
        reinstate(pledge_id=pledge.pk, amount=Decimal("1.00"), on=on, channel="counter", idempotency_key="r0")
    receipt = reinstate(pledge_id=pledge.pk, amount=quote.total, on=on, channel="counter", idempotency_key="r")

    assert receipt.amount == quote.total
    again = reinstate(pledge_id=pledge.pk, amount=quote.total, on=on, channel="counter", idempotency_key="r")
    assert again.pk == receipt.pk
    back = PolicyPledge.objects.select_related("loan").get()
    assert (back.status, back.reinstated_on, back.loan.status) == ("reinstated", on, LoanStatus.SETTLED)
    assert told(pledge)[-1] == "policy_reinstated"
    assert_books_agree(pledge.loan)
    assert after_nights(pledge, on).status == PledgeStatus.RELEASED


def test_a_policy_comes_back_within_its_period_only() -> None:
    pledge = a_lapsed_pledge()
    assert pledge.lapsed_on is not None
    late = pledge.lapsed_on + timedelta(days=731)

    with pytest.raises(ReinstatementTooLate):
        reinstatement_quote(pledge, late)
    with pytest.raises(PledgeNotInState):
        reinstate(
            pledge_id=PolicyPledgeFactory().pk, amount=Decimal(1), on=DISBURSED, channel="counter", idempotency_key="x"
        )


def test_the_night_releases_the_policy_of_a_settled_loan() -> None:
    pledge = PolicyPledgeFactory()
    night(date(2026, 3, 1))
    pay(pledge.loan, "9000.00", date(2026, 3, 2), settles_early=True)

    assert night(date(2026, 3, 2)) == {"policies_released": 1}
    assert PolicyPledge.objects.get().released_on == date(2026, 3, 2)
