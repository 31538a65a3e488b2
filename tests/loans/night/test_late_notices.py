"""No late interest before a notice that failed was made good: placed and ended by night, told in time or late."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from core.rules import forget_cached_rules
from loans.acts.undoing import undo
from loans.models import Instalment, Loan, LoanAct
from loans.night.closing import accrue_and_age
from loans.night.late_notices import hold_for_notices
from loans.notices.reminders import queue_reminders
from messaging.models import Message
from tests.core.factories import without_rule
from tests.loans.acts.test_holds import ONE_DAY
from tests.loans.books import close_until
from tests.loans.factories import LoanFactory
from tests.loans.servicing.test_repayments import assert_books_agree

pytestmark = pytest.mark.django_db
DUE = date(2026, 2, 15)  # five grace days: the first day charged is 21 February


def late_interest(loan: Loan) -> object:
    return Instalment.objects.get(loan=loan, number=1, superseded_on=None).late_interest


def remind(on: date) -> None:
    """Queue the reminders that go out on the morning of ``on``."""
    queue_reminders(0, 2**62, on - timedelta(days=1))


def became(loan: Loan, on: date, status: str) -> None:
    """What the gateway says of every reminder of ``loan`` that was on its way, on the day ``on``."""
    at = datetime.combine(on, time(9, 30), ZoneInfo("Asia/Shanghai"))
    Message.objects.filter(reference=loan.number, status="queued").update(status=status, sent_at=at, receipt_at=at)


def nights(first: date, last: date) -> None:
    day = first
    while day <= last:
        hold_for_notices(0, 2**62, day)
        accrue_and_age(0, 2**62, day)
        day += timedelta(days=1)


def a_loan_reminded(status: str) -> Loan:
    """A loan whose reminders before the due date and on it all became ``status``."""
    loan = LoanFactory(active=True)
    close_until(date(2026, 2, 11))
    remind(date(2026, 2, 12))
    remind(DUE)
    became(loan, DUE, status)
    return loan


@pytest.mark.parametrize("status", ["failed", "wrong_number"])
def test_no_day_is_charged_while_every_notice_failed(status: str) -> None:
    loan = a_loan_reminded(status)

    nights(date(2026, 2, 12), date(2026, 3, 10))

    assert late_interest(loan) == 0
    act = LoanAct.objects.get(loan=loan)
    assert (act.kind, act.parameters["stops"], act.effective_on) == ("hold_placed", "notice", date(2026, 2, 16))
    assert_books_agree(loan)


@pytest.mark.parametrize("status", ["delivered", "sent"])
def test_a_notice_that_arrived_or_is_not_known_to_have_failed_holds_nothing(status: str) -> None:
    loan = a_loan_reminded(status)

    nights(date(2026, 2, 12), date(2026, 2, 22))

    assert late_interest(loan) == 2 * ONE_DAY and not LoanAct.objects.exists()


def test_days_count_from_the_day_after_it_was_made_good() -> None:
    loan = a_loan_reminded("failed")
    nights(date(2026, 2, 12), date(2026, 2, 22))
    remind(date(2026, 2, 22))
    became(loan, date(2026, 2, 24), "delivered")

    nights(date(2026, 2, 23), date(2026, 2, 27))

    assert late_interest(loan) == 3 * ONE_DAY  # 25, 26 and 27 February
    assert_books_agree(loan)


def test_a_receipt_that_comes_late_gives_back_what_was_charged() -> None:
    loan = a_loan_reminded("sent")
    nights(date(2026, 2, 12), date(2026, 2, 25))
    assert late_interest(loan) == 5 * ONE_DAY
    Message.objects.filter(reference=loan.number).update(status="failed")

    hold_for_notices(0, 2**62, date(2026, 2, 26))

    assert late_interest(loan) == 0
    assert_books_agree(loan)


def test_made_good_before_the_first_late_day_holds_nothing_in_the_end() -> None:
    loan = a_loan_reminded("failed")
    nights(date(2026, 2, 12), date(2026, 2, 22))
    Message.objects.filter(reference=loan.number, template_code="repayment_due_today").update(status="delivered")

    hold_for_notices(0, 2**62, date(2026, 2, 23))
    nights(date(2026, 2, 23), date(2026, 2, 23))

    assert late_interest(loan) == 3 * ONE_DAY  # 21 to 23 February
    assert_books_agree(loan)


def test_a_repeat_changes_nothing_and_what_people_took_back_stays_so() -> None:
    loan = a_loan_reminded("failed")
    nights(date(2026, 2, 12), date(2026, 2, 22))

    assert hold_for_notices(0, 2**62, date(2026, 2, 23)) == {"notices_failed": 0, "notices_made_good": 0}
    undo(act_id=LoanAct.objects.get(loan=loan).pk, reason="told by letter in time", on=date(2026, 2, 23))
    assert hold_for_notices(0, 2**62, date(2026, 2, 24)) == {"notices_failed": 0, "notices_made_good": 0}
    assert late_interest(loan) == 2 * ONE_DAY


def test_a_market_without_the_rule_charges_by_the_calendar() -> None:
    without_rule("late_interest_notice")
    forget_cached_rules()
    loan = a_loan_reminded("failed")

    nights(date(2026, 2, 12), date(2026, 2, 22))

    assert late_interest(loan) == 2 * ONE_DAY
