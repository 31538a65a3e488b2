"""Fifty at once for one person, each thread with a connection of its own: the cap on a person holds, nothing is lost to a
deadlock. What came of it is counted by plain SQL."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import OperationalError
from django.utils import timezone

from audit import approvals
from borrowers.models import Borrower
from core import business_date
from loans.acts.asking import perform_or_ask
from loans.disbursement import disbursing
from loans.models import Application, Disbursement, GateOverride, Offer
from loans.origination import origination
from operations import receivers
from risk import do_not_lend, limits, underwriting
from tests.borrowers.factories import BorrowerFactory
from tests.core.factories import RuleFactory
from tests.loans.acts.test_acts import wish
from tests.loans.disbursement.test_first_drawdown import FIRST, a_line
from tests.loans.factories import (
    ON,
    ApplicantFactory,
    ApplicationFactory,
    DisbursementFactory,
    OfferFactory,
    ProductVersionFactory,
)
from tests.loans.gate.doors import rows
from tests.loans.gate.known import agreed
from tests.loans.night.test_concurrency import at_once
from tests.risk.factories import CreditLimitFactory
from tests.staff.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 50
EACH = Decimal(10_000)
CAP = Decimal(200_000)


@pytest.fixture(autouse=True)
def _nobody_is_woken(monkeypatch: pytest.MonkeyPatch) -> None:
    """What follows a commit is done by the tests, at the moment they choose."""
    monkeypatch.setattr(receivers._bell, "ring", lambda *_args, **_ids: None)


@pytest.fixture
def lin() -> Borrower:
    """Of means and limit for anything: only the cap on one person is in the way."""
    business_date.move_to(ON)
    RuleFactory(code="exposure", effective_from=ON, data={"per_borrower": str(CAP)})
    # So that the cap on a person stops them, and not what one person, or the rules alone, may decide.
    RuleFactory(code="second_approval", effective_from=ON, data={"amount_over": str(2 * CAP)})
    borrower = ApplicantFactory(income__monthly_amount=Decimal(900_000))
    CreditLimitFactory(borrower=borrower, amount=Decimal(9_000_000))
    return borrower


def applications(borrower: Borrower, count: int) -> list[Application]:
    """So many at once, which two people agreed to."""
    version = ProductVersionFactory()
    found = [ApplicationFactory(borrower=borrower, version=version, amount=EACH) for _ in range(count)]
    request = approvals.request(
        kind="gate.override", obj=BorrowerFactory(), reason="A family of shops", requested_by=UserFactory(), on=ON
    )
    asked_by, agreed_by = UserFactory(), UserFactory()
    for application in found:
        GateOverride.objects.create(
            borrower=borrower,
            application=application,
            act="rules_decision",
            checks=["other_applications"],
            findings=agreed("other_applications"),
            amount=EACH,
            reason="A family of shops",
            asked_by=asked_by,
            agreed_by=agreed_by,
            agreed_on=ON,
            good_until=ON + timedelta(days=14),
            approval=request,
        )
    return found


def accept(offer: Offer) -> object:
    return origination.accept_offer(offer_id=offer.pk, on=ON, accepted_via="app")


def assert_nothing_broke(answers: list[object]) -> Counter[str]:
    """Refusals of the domain only: a deadlock or an error of the database would be something else."""
    broken = [answer for answer in answers if isinstance(answer, Exception) and not hasattr(answer, "code")]
    assert not broken, broken
    assert not [answer for answer in answers if isinstance(answer, OperationalError)]
    return Counter(getattr(answer, "code", "done") for answer in answers)


def test_fifty_decisions_acceptances_and_payouts_end_at_the_cap(lin: Borrower) -> None:
    asked = applications(lin, MANY)

    answers = at_once([lambda pk=one.pk: underwriting.decide_automatically(application_id=pk, on=ON) for one in asked])

    assert_nothing_broke(answers)
    assert rows("SELECT count(*), sum(principal) FROM loans_offer WHERE status = 'open'") == [(20, CAP)]
    assert rows("SELECT count(*) FROM loans_gateverdict WHERE binds") == [(20,)]

    offers = list(Offer.objects.all())
    answers = at_once([lambda offer=offer: accept(offer) for offer in offers * 2])

    assert assert_nothing_broke(answers) == {"done": 40}
    assert rows("SELECT count(*), sum(principal) FROM loans_loan") == [(20, CAP)]

    orders = list(Disbursement.objects.values_list("pk", flat=True))
    answers = at_once(
        [lambda: disbursing.send_due(now=timezone.now(), on=ON) for _ in range(10)]
        + [lambda pk=pk: disbursing.send(disbursement_id=pk, on=ON) for pk in orders * 2]
    )

    assert_nothing_broke(answers)
    assert rows("SELECT count(*), sum(amount) FROM loans_simulatedpayment") == [(20, CAP)]
    assert rows("SELECT sum(principal_outstanding) FROM loans_loanposition") == [(CAP,)]
    assert rows("SELECT count(*) FROM loans_banktransfer") == [(20,)]


def test_where_the_cap_came_down_fifty_acceptances_and_payouts_bind_nothing(lin: Borrower) -> None:
    for application in applications(lin, 10):
        underwriting.decide_automatically(application_id=application.pk, on=ON)
    offers = list(Offer.objects.order_by("id"))
    signed, still_open = offers[:5], offers[5:]
    for offer in signed:
        accept(offer)
    RuleFactory(code="exposure", effective_from=ON, data={"per_borrower": "90000.00"})

    orders = list(Disbursement.objects.values_list("pk", flat=True))
    answers = at_once(
        [lambda offer=offer: accept(offer) for offer in still_open * 6]
        + [lambda pk=pk: disbursing.send(disbursement_id=pk, on=ON) for pk in orders * 4]
    )

    assert assert_nothing_broke(answers) == {"gate_refused": MANY}
    assert rows("SELECT count(*) FROM loans_loan") == [(5,)]
    assert rows("SELECT count(*) FROM loans_banktransfer") == [(0,)]
    assert rows("SELECT count(*) FROM loans_simulatedpayment") == [(0,)]


def test_fifty_drawings_of_two_lines_end_within_what_was_approved(lin: Borrower) -> None:
    lines = []
    for number in range(2):
        asked = ApplicationFactory(
            borrower=lin, version=a_line(), amount=Decimal(12_000), first_drawdown=FIRST, idempotency_key=str(number)
        )
        order = DisbursementFactory(contract__offer=OfferFactory(application=asked, decision__first_drawdown=FIRST))
        disbursing.send(disbursement_id=order.pk, on=ON)
        lines.append(order.loan)

    def draw(at: int) -> object:
        asked = wish(lines[at % 2], "drawn_down", ON, amount=Decimal(3_000), key=f"draw-{at}")
        return disbursing.send(disbursement_id=perform_or_ask(asked).pk, on=ON)

    answers = at_once([lambda at=at: draw(at) for at in range(MANY)])

    assert_nothing_broke(answers)
    ((most, all_of_it),) = rows("SELECT max(principal_outstanding), sum(principal_outstanding) FROM loans_loanposition")
    assert Decimal(5_000) < most <= Decimal(12_000)
    ((paid,),) = rows("SELECT sum(amount) FROM loans_simulatedpayment")
    assert paid == all_of_it


def test_all_that_holds_a_person_at_once_ends_without_a_deadlock(lin: Borrower) -> None:
    """Decisions, acceptances, payouts, retries, limits, the night and the do-not-lend list take their locks in one order."""
    for application in applications(lin, 6):
        underwriting.decide_automatically(application_id=application.pk, on=ON)
    offers = list(Offer.objects.all())
    for offer in offers[:3]:
        accept(offer)
    orders = list(Disbursement.objects.values_list("pk", flat=True))
    loans = [order.loan_id for order in Disbursement.objects.all()]
    by = UserFactory()

    answers = at_once(
        [lambda offer=offer: accept(offer) for offer in offers * 2]
        + [lambda pk=pk: disbursing.send(disbursement_id=pk, on=ON) for pk in orders * 2]
        + [lambda pk=pk: disbursing.retry(disbursement_id=pk, on=ON) for pk in orders * 2]
        + [lambda pk=pk: disbursing.request_disbursement(loan_id=pk, on=ON) for pk in loans * 2]
        + [
            lambda at=at: limits.change(borrower_id=lin.pk, amount=Decimal(at), reason="Less", on=ON, by=by)
            for at in (1000, 2000, 3000, 4000)
        ]
        + [lambda: limits.rescore(lin.pk, lin.pk + 1, date(2026, 12, 20)) for _ in range(3)]
        + [
            lambda: do_not_lend.put_on(borrower_id=lin.pk, reason="fraud", note="Proved", on=ON, by=by)
            for _ in range(3)
        ]
    )

    assert_nothing_broke(answers)
    ((owed,),) = rows("SELECT coalesce(sum(principal), 0) FROM loans_loan")
    assert owed <= CAP
    assert rows("SELECT count(*) FROM risk_donotlendentry") == [(1,)]
    paid = rows("SELECT count(*) FROM loans_banktransfer")
    late = at_once([lambda pk=pk: disbursing.send(disbursement_id=pk, on=ON) for pk in orders])
    assert_nothing_broke(late)
    assert rows("SELECT count(*) FROM loans_banktransfer") == paid
