"""A notice is read again when it is sent: by then its loan may be paid, held, moved, or the act it tells of undone.

The loan of the issue: 3,000.00 for a month at 18 %, due on 15 February 2026 with 45.00 of interest.
"""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from borrowers.models import ContactState
from core import business_date
from loans.models import Loan
from loans.notices.reminders import queue_reminders
from loans.origination import origination
from loans.servicing.repayments import reverse_repayment
from messaging import tasks
from messaging.channels import simulator
from messaging.delivery import PAUSES, send_due
from messaging.models import Message
from tests.borrowers.factories import ON, ContactPointFactory, in_state, mobile_of
from tests.loans.books import a_running_loan, close_until
from tests.loans.doing import do, extend, take_back
from tests.loans.factories import OfferFactory, PolicyPledgeFactory
from tests.loans.pledged_policies import night
from tests.loans.servicing.test_repayments import pay

pytestmark = pytest.mark.django_db
DUE = date(2026, 2, 15)
NEXT = DUE + timedelta(days=1)


def nine(on: date) -> datetime:
    return timezone.make_aware(datetime.combine(on, time(9)))


def a_loan_of_the_issue(**terms: Any) -> Loan:
    return a_running_loan(principal=Decimal("3000.00"), **{"instalment_count": 1, **terms})


def reminded(morning: date, loan: Loan | None = None) -> Loan:
    """A loan whose reminder waits for 09:00 of ``morning``, the days before it closed."""
    loan = loan or a_loan_of_the_issue()
    close_until(morning - timedelta(days=1))
    assert queue_reminders(0, 2**62, morning - timedelta(days=1)) == {"reminders_queued": 1}
    return loan


def the_reminder() -> Message:
    return Message.objects.get(template_code__in=["repayment_due_soon", "repayment_due_today", "repayment_overdue"])


def test_a_loan_settled_in_the_morning_is_not_called_overdue_at_nine(monkeypatch: pytest.MonkeyPatch) -> None:
    loan = reminded(NEXT)
    monkeypatch.setattr(business_date, "now", lambda: nine(NEXT))
    pay(loan, "3045.00", NEXT)

    assert tasks.send_due() == {"sent": 1, "dropped": 1}

    assert (the_reminder().status, the_reminder().refusal, the_reminder().body) == ("refused", "settled_since", "")
    assert [one.template_code for one in Message.objects.filter(status="sent")] == ["loan_settled"]


def test_nothing_happened_and_the_reminder_goes_out_as_queued() -> None:
    reminded(NEXT)

    assert send_due(nine(NEXT)) == {"sent": 1}

    assert "3045.00" in the_reminder().body
    assert (the_reminder().rewritten, the_reminder().context_queued) == ("", None)


def test_a_part_paid_in_the_morning_is_not_asked_for_again() -> None:
    """3,045.00 were owed, 1,000.00 came: 2,045.00."""
    loan = reminded(NEXT)
    pay(loan, "1000.00", NEXT)

    assert send_due(nine(NEXT)) == {"sent": 2, "rewritten": 1}

    message = the_reminder()
    assert (message.context["amount"], message.context["days_past_due"]) == ("2045.00", 1)
    assert message.context_queued["amount"] == "3045.00"
    assert message.rewritten == "figure_changed"
    assert "2045.00" in message.body


def test_an_instalment_paid_ahead_is_not_announced() -> None:
    """12,000.00 over twelve months: 1,100.15 of the first are paid on the eve of its reminder."""
    loan = reminded(DUE - timedelta(days=3), a_running_loan())
    pay(loan, "1100.15", DUE - timedelta(days=3))

    assert send_due(nine(DUE - timedelta(days=3))) == {"sent": 1, "dropped": 1}
    assert the_reminder().refusal == "paid_since"


def test_of_an_instalment_due_today_what_is_left_is_asked_for() -> None:
    loan = reminded(DUE, a_running_loan())
    pay(loan, "100.15", DUE)

    send_due(nine(DUE))

    assert the_reminder().context["amount"] == "1000.00"


def test_more_time_given_in_the_morning_stops_the_reminder_of_the_old_day() -> None:
    loan = reminded(DUE - timedelta(days=3))
    extend(loan_id=loan.pk, days=10, on=DUE - timedelta(days=3), approved=True)

    assert send_due(nine(DUE - timedelta(days=3))) == {"sent": 1, "dropped": 1}
    assert the_reminder().refusal == "date_moved_since"


def test_a_hold_placed_in_the_morning_stops_the_reminder() -> None:
    loan = reminded(NEXT)
    do("hold_placed", loan_id=loan.pk, on=NEXT, stops="messages", until=NEXT + timedelta(days=5))

    send_due(nine(NEXT))

    assert the_reminder().refusal == "held_since"


def test_a_written_off_loan_is_not_reminded() -> None:
    loan = reminded(NEXT)
    do("write_off", loan_id=loan.pk, on=NEXT)

    send_due(nine(NEXT))

    assert the_reminder().refusal == "ended_since"


def test_a_reminder_put_off_to_another_day_counts_the_days_of_that_day() -> None:
    reminded(NEXT)

    assert send_due(nine(NEXT) + timedelta(hours=23)) == {"sent": 1, "rewritten": 1}
    assert the_reminder().context["days_past_due"] == 2


def test_due_today_is_not_said_tomorrow() -> None:
    reminded(DUE)

    assert send_due(nine(DUE) + timedelta(hours=23)) == {"dropped": 1}
    assert the_reminder().refusal == "day_passed"


def test_a_receipt_taken_back_before_it_was_confirmed_is_not_confirmed() -> None:
    loan = a_loan_of_the_issue()
    receipt = pay(loan, "100.00", NEXT)
    reverse_repayment(repayment_id=receipt.pk, reason="bounced", reversed_on=NEXT)

    assert send_due(nine(NEXT)) == {"dropped": 1}
    assert Message.objects.get().refusal == "undone_since"


def test_a_payment_moved_to_another_day_is_confirmed_with_that_day() -> None:
    loan = a_loan_of_the_issue()
    receipt = pay(loan, "100.00", NEXT)
    do("receipt_redated", loan_id=loan.pk, on=NEXT, receipt=receipt.number, received_on=DUE)

    send_due(nine(NEXT))

    assert Message.objects.get(template_code="repayment_received").context["received_on"] == DUE.isoformat()


def test_a_loan_that_runs_again_is_not_called_settled() -> None:
    loan = a_loan_of_the_issue()
    first = pay(loan, "45.00", DUE)
    pay(loan, "3000.00", DUE)
    reverse_repayment(repayment_id=first.pk, reason="bounced", reversed_on=DUE)

    assert send_due(nine(DUE)) == {"dropped": 2}
    assert {one.refusal for one in Message.objects.all()} == {"undone_since"}


def test_an_act_undone_before_it_was_told_of_is_not_told_of() -> None:
    loan = a_running_loan()
    act = extend(loan_id=loan.pk, days=10, on=DUE, approved=True)
    take_back(act, DUE)

    assert send_due(nine(DUE)) == {"sent": 1, "dropped": 1}
    dropped = Message.objects.get(status="refused")
    assert (dropped.template_code, dropped.refusal) == ("extension_granted", "undone_since")


def test_an_offer_withdrawn_before_it_was_told_of_waits_for_nobody() -> None:
    offer = OfferFactory()
    origination.withdraw(application_id=offer.application_id, on=ON)

    assert send_due(nine(ON)) == {"dropped": 1}
    assert Message.objects.get(template_code="offer_ready").refusal == "ended_since"


def test_the_policy_notice_asks_for_what_is_left_and_for_nothing_once_it_is_paid() -> None:
    """The debt reached 8,500.00 of 10,000.00 and the borrower was warned; 5,000.00 end that before the message left."""
    pledge = PolicyPledgeFactory(costly=True)
    warned_on = DUE + timedelta(days=33)
    night(warned_on)
    message = Message.objects.get(template_code="policy_cover_low")
    morning = warned_on + timedelta(days=1)
    pay(pledge.loan, "5000.00", morning)

    assert send_due(nine(morning))["dropped"] == 1
    message.refresh_from_db()
    assert message.refusal == "paid_since"


def test_a_number_changed_between_two_attempts_is_not_written_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gateway was down, then the borrower gave a new number and verified it: it goes to the new one."""
    loan = reminded(NEXT)
    old = mobile_of(loan.borrower)
    with monkeypatch.context() as down:
        down.setattr(simulator.Simulator, "send", _unreachable)
        send_due(nine(NEXT))
    assert the_reminder().contact_point is None
    new = in_state(ContactPointFactory(borrower=loan.borrower, value="13766667777"), ContactState.VERIFIED)

    send_due(nine(NEXT) + PAUSES[0])

    assert the_reminder().contact_point == new != old


def _unreachable(*_args: object) -> str:
    raise simulator.TryLater("nobody there")


def test_people_see_why_it_was_dropped_and_how_often(client: Client, signed_in: Callable[..., Client]) -> None:
    loan = reminded(NEXT)
    business_date.move_to(NEXT)
    pay(loan, "3045.00", NEXT)
    send_due(nine(NEXT))

    lead = signed_in(client, "team_lead")
    page = lead.get(reverse("messaging:message_list")).content.decode()
    of_the_loan = lead.get(f"/app/loans/{loan.number}/messages").content.decode()

    assert "the loan was settled since (1)" in page
    assert "the loan was settled since" in of_the_loan
