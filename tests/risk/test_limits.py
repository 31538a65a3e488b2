"""Limits move: up with instalments on time, down with arrears, with reason, pause and a second person for raises."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet

from audit import approvals
from audit.models import Approval, AuditEvent
from loans.bookkeeping.signals import loan_position_changed
from loans.models import Instalment, Loan, LoanPosition
from operations.tasks import look_at_changed
from risk import limits
from risk.limits import LimitAmountWrong, LimitUnknown
from risk.models import CreditLimit, LimitChange, LimitReason
from tests.borrowers.factories import BorrowerFactory
from tests.loans.books import close_until
from tests.loans.doing import vouched
from tests.loans.factories import DISBURSED, ApplicantFactory, LoanFactory, RepaymentFactory
from tests.risk.factories import CreditLimitFactory

pytestmark = pytest.mark.django_db
START = Decimal("10000.00")
EVERYONE = (0, 2**62)


def with_limit(loan: Loan, amount: Decimal = START, on: date = DISBURSED) -> CreditLimit:
    return CreditLimitFactory(borrower=loan.borrower, amount=amount, on=on)


def a_loan() -> Loan:
    """Of somebody the gate lets pass: a higher limit binds the house."""
    return LoanFactory(active=True, borrower=ApplicantFactory(income__as_of=DISBURSED))


def moves() -> QuerySet[LimitChange]:
    """Every change of a limit after it began."""
    return LimitChange.objects.exclude(reason=LimitReason.FIRST)


def pay(loan: Loan, count: int, days_late: int = 0, channel: str = "bank_file") -> date:
    """Pay the first ``count`` instalments, each ``days_late``; returns the day of the last."""
    on = DISBURSED
    for instalment in list(Instalment.objects.filter(loan=loan, superseded_on=None).order_by("number")[:count]):
        on = instalment.due_on + timedelta(days=days_late)
        amount = instalment.principal + instalment.interest
        RepaymentFactory(loan=loan, amount=amount, received_on=on, channel=channel)
    return on


def rescore(on: date) -> dict[str, int]:
    return limits.rescore(*EVERYONE, on)


class TestUp:
    def test_three_instalments_on_time_raise_it_by_a_fifth(self) -> None:
        loan = a_loan()
        limit = with_limit(loan)
        on = pay(loan, 3)

        assert rescore(on) == {"ended": 0, "cut": 0, "raised": 1}

        limit.refresh_from_db()
        change = moves().get()
        assert (limit.amount, limit.raised_on) == (Decimal("12000.00"), on)
        assert (change.before, change.after, change.reason) == (START, Decimal("12000.00"), LimitReason.PAID_ON_TIME)
        assert change.facts == {"instalments": 3, "worst_days_late": 0}

    @pytest.mark.parametrize("channel", ["counter", "api"])
    def test_instalments_paid_by_word_raise_nothing_until_somebody_vouches(self, channel: str) -> None:
        loan = a_loan()
        with_limit(loan)
        on = pay(loan, 3, channel=channel)
        assert rescore(on)["raised"] == 0

        vouched(loan, on)

        assert rescore(on)["raised"] == 1

    def test_a_repeat_of_the_night_moves_nothing(self) -> None:
        loan = a_loan()
        with_limit(loan)
        on = pay(loan, 3)
        rescore(on)

        assert rescore(on) == {"ended": 0, "cut": 0, "raised": 0}
        assert moves().count() == 1

    def test_two_are_too_few_and_more_than_a_week_late_is_too_late(self) -> None:
        few, late = a_loan(), a_loan()
        with_limit(few)
        with_limit(late)
        pay(few, 2)
        on = pay(late, 3, days_late=8)

        assert rescore(max(on, DISBURSED + timedelta(days=100)))["raised"] == 0

    def test_it_rests_for_ninety_days_after_any_move(self) -> None:
        loan = a_loan()
        on = pay(loan, 3)
        limit = with_limit(loan, on=on - timedelta(days=89))
        CreditLimit.objects.filter(pk=limit.pk).update(changed_on=DISBURSED + timedelta(days=1))
        assert rescore(DISBURSED + timedelta(days=90))["raised"] == 0

        assert rescore(DISBURSED + timedelta(days=91))["raised"] == 1

    def test_only_instalments_since_the_last_move_count(self) -> None:
        loan = a_loan()
        with_limit(loan)
        on = pay(loan, 3)
        rescore(on)

        assert rescore(on + timedelta(days=100))["raised"] == 0

    def test_the_house_has_a_ceiling(self) -> None:
        loan = a_loan()
        limit = with_limit(loan, Decimal("95000.00"))
        rescore(pay(loan, 3))

        limit.refresh_from_db()
        assert limit.amount == Decimal("100000.00")

    def test_somebody_overdue_on_another_loan_is_not_raised(self) -> None:
        loan = a_loan()
        with_limit(loan)
        other = LoanFactory(active=True, borrower=loan.borrower)
        on = pay(loan, 3)
        LoanPosition.objects.filter(pk=other.pk).update(days_past_due=5, bucket="M1", oldest_due_on=on)

        assert rescore(on)["raised"] == 0


class TestDown:
    def test_over_thirty_days_it_is_halved_once(self) -> None:
        loan = LoanFactory(active=True)
        limit = with_limit(loan)
        due = date(2026, 2, 15)
        close_until(due + timedelta(days=31))
        assert LoanPosition.objects.get(pk=loan.pk).days_past_due == 31

        assert rescore(due + timedelta(days=31))["cut"] == 1
        assert rescore(due + timedelta(days=31))["cut"] == 0
        assert rescore(due + timedelta(days=60))["cut"] == 0

        limit.refresh_from_db()
        assert limit.amount == Decimal("5000.00")
        assert moves().get().facts == {"days_past_due": 31}

    def test_thirty_days_are_not_over_thirty(self) -> None:
        loan = LoanFactory(active=True)
        with_limit(loan)
        due = date(2026, 2, 15)
        close_until(due + timedelta(days=30))

        assert rescore(due + timedelta(days=30))["cut"] == 0

    def test_a_write_off_ends_it(self) -> None:
        loan = LoanFactory(active=True)
        limit = with_limit(loan)
        LoanPosition.objects.filter(pk=loan.pk).update(status="written_off")

        assert rescore(date(2026, 9, 1))["ended"] == 1

        limit.refresh_from_db()
        assert (limit.amount, moves().get().reason) == (0, "written_off")

    def test_the_range_leaves_its_upper_end_out(self) -> None:
        loan = LoanFactory(active=True)
        limit = with_limit(loan)
        LoanPosition.objects.filter(pk=loan.pk).update(status="written_off")

        assert limits.rescore(0, limit.borrower_id, date(2026, 9, 1))["ended"] == 0
        assert limits.id_range() == (limit.borrower_id, limit.borrower_id + 1)
        assert limits.rescore(*limits.id_range(), date(2026, 9, 1))["ended"] == 1

    def test_news_of_a_position_reviews_the_limit_at_once(self) -> None:
        loan = LoanFactory(active=True)
        with_limit(loan)
        LoanPosition.objects.filter(pk=loan.pk).update(status="written_off")

        loan_position_changed.send(None, loan_id=loan.pk, borrower_id=loan.borrower_id, on=DISBURSED)
        look_at_changed()

        assert CreditLimit.objects.get().amount == 0


class TestPeople:
    on = date(2026, 6, 15)

    def change(self, limit: CreditLimit, amount: str, by: object, reason: str = "Lost her job") -> CreditLimit:
        return limits.change(borrower_id=limit.borrower_id, amount=Decimal(amount), reason=reason, on=self.on, by=by)

    def test_lower_is_at_once_with_its_reason(self, staff_member) -> None:
        limit = with_limit(LoanFactory(active=True))
        ann = staff_member("risk_analyst")

        self.change(limit, "4000", ann)

        limit.refresh_from_db()
        change = moves().get()
        assert (limit.amount, change.note, change.by) == (4000, "Lost her job", ann)
        event = AuditEvent.objects.get(object_type="risk.creditlimit")
        assert (event.before, event.after, event.actor) == ({"limit": "10000.00"}, {"limit": "4000"}, ann)

    def test_higher_waits_for_another_person(self, staff_member) -> None:
        limit = with_limit(LoanFactory(active=True, borrower=ApplicantFactory()))
        ann, ben = staff_member("risk_analyst", username="ann"), staff_member("checker", username="ben")
        self.change(limit, "20000", ann)
        limit.refresh_from_db()
        assert limit.amount == START
        with pytest.raises(approvals.SecondPersonNeeded):
            approvals.approve(approval_id=Approval.objects.get().pk, decided_by=ann, on=self.on)

        approvals.approve(approval_id=Approval.objects.get().pk, decided_by=ben, on=self.on)

        limit.refresh_from_db()
        assert (limit.amount, limit.raised_on, moves().get().by) == (20000, self.on, ann)

    def test_what_is_no_change_or_has_no_reason_is_refused(self, staff_member) -> None:
        limit = with_limit(LoanFactory(active=True))
        ann = staff_member("risk_analyst")

        with pytest.raises(LimitAmountWrong):
            self.change(limit, "10000.00", ann)
        with pytest.raises(LimitAmountWrong):
            self.change(limit, "-1", ann)
        with pytest.raises(approvals.ReasonMissing):
            self.change(limit, "1", ann, reason=" ")
        with pytest.raises(LimitUnknown):
            limits.change(borrower_id=BorrowerFactory().pk, amount=START, reason="x", on=self.on, by=ann)

    def test_the_history_of_a_limit_cannot_be_rewritten(self, staff_member) -> None:
        self.change(with_limit(LoanFactory(active=True)), "4000", staff_member("risk_analyst"))

        with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute('UPDATE risk_limitchange SET "after" = 1')
        with pytest.raises(IntegrityError), transaction.atomic():
            CreditLimit.objects.update(amount=-1)
