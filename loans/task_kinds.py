"""What people must do about applications, payouts and payments: the kinds of task of lending, and when they stand."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db.models import Case, F, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Cast, JSONObject
from django.utils.translation import gettext_lazy as _

from casework.kinds import Choice, TaskKind
from casework.standing import declare_condition, settled_as, told_as
from core.rules import rule
from loans.models import Application, ApplicationStatus, Disbursement, IncomingPayment, IncomingPaymentStatus

_PAST_ITS_DAY = "unmatched_payment"

HUMAN_REVIEW = TaskKind(
    code="application.human_review",
    label=_("Decide without software"),
    about="loans.application",
    teams=("underwriter",),
    escalates_to="checker",
    words=_("The borrower refused a decision by software and asked for a person on %(asked_on)s."),
    steps=(
        Choice("look", _("Look at the application and what stands behind it")),
        Choice("decide", _("Decide it, with reasons the borrower can be told")),
    ),
    outcomes=(Choice("decided", _("A person decided")), Choice("withdrawn", _("It was withdrawn"))),
    priority=60,
    settled_by=_("a person decides on the application, or it is withdrawn"),
)

PAYOUT_REFUSED = TaskKind(
    code="payout.refused",
    label=_("Payout refused"),
    about="loans.disbursement",
    teams=("operations",),
    escalates_to="checker",
    words=_("The bank did not pay %(amount)s out, or returned it (%(code)s)."),
    steps=(
        Choice("cause", _("Find out from the bank's answer why")),
        Choice("account", _("Ask the borrower for an account where the present one is wrong")),
        Choice("again", _("Send it again, or give the payout up")),
    ),
    outcomes=(Choice("settled", _("Sent again, paid or given up")),),
    priority=70,
    settled_by=_("the order is sent again or given up"),
)

PAYMENT_UNMATCHED = TaskKind(
    code="payment.unmatched",
    label=_("Payment of nobody"),
    about="loans.incomingpayment",
    teams=("operations", "finance"),
    escalates_to="checker",
    words=_("%(amount)s that came on %(paid_on)s is matched to no loan, or not all of it."),
    steps=(
        Choice("search", _("Search by name, sum, day and remark")),
        Choice("ask", _("Ask the bank who paid")),
        Choice("match", _("Match it, or return it to the account it came from")),
    ),
    outcomes=(Choice("settled", _("Matched or returned")),),
    priority=50,
    settled_by=_("the payment is matched or returned"),
)


def _waiting_for_a_person(_on: date) -> QuerySet[Any, Any]:
    rows = Application.objects.filter(wants_person=True, status=ApplicationStatus.REFERRED)
    facts = JSONObject(asked_on=Cast("submitted_on", TextField()))
    return told_as(rows, label="number", facts=facts, priority=HUMAN_REVIEW.priority)


def _refused_by_the_bank(_on: date) -> QuerySet[Any, Any]:
    # One order refused anew is another task: it says which attempt.
    facts = JSONObject(amount=Cast("amount", TextField()), code=F("failure_code"))
    attempt = Cast("attempt_count", TextField())
    rows = Disbursement.objects.refused()
    return told_as(rows, label="number", cause=attempt, facts=facts, priority=PAYOUT_REFUSED.priority)


def _past_its_day(on: date) -> QuerySet[Any, Any]:
    days = int(rule(_PAST_ITS_DAY, on)["days"])
    rows = IncomingPayment.objects.filter(
        status=IncomingPaymentStatus.SUSPENSE, bank_file__imported_on__lte=on - timedelta(days=days)
    )
    facts = JSONObject(amount=Cast("amount", TextField()), paid_on=Cast("paid_on", TextField()))
    return told_as(rows, label="bank_reference", facts=facts, priority=PAYMENT_UNMATCHED.priority)


def _decided_or_withdrawn(_on: date) -> QuerySet[Any, Any]:
    # What left the queue without a person, as by a rule, was not looked at by one: the wish stands.
    withdrawn, waiting = ApplicationStatus.WITHDRAWN, (ApplicationStatus.SUBMITTED, ApplicationStatus.REFERRED)
    decided = ~Q(status__in=waiting) & Q(decided_by__isnull=False)
    outcome = Case(When(status=withdrawn, then=Value("withdrawn")), default=Value("decided"), output_field=TextField())
    return settled_as(Application.objects.filter(Q(status=withdrawn) | decided), outcome=outcome)


def _sent_again_or_given_up(_on: date) -> QuerySet[Any, Any]:
    attempt = Cast("attempt_count", TextField())
    refused = Case(When(pk__in=Disbursement.objects.refused().values("pk"), then=attempt), default=None)
    return settled_as(Disbursement.objects.all(), outcome="settled", still=refused)


def _matched_or_returned(_on: date) -> QuerySet[Any, Any]:
    return settled_as(IncomingPayment.objects.exclude(status=IncomingPaymentStatus.SUSPENSE), outcome="settled")


declare_condition(HUMAN_REVIEW, _waiting_for_a_person, settled=_decided_or_withdrawn)
declare_condition(PAYOUT_REFUSED, _refused_by_the_bank, settled=_sent_again_or_given_up)
declare_condition(PAYMENT_UNMATCHED, _past_its_day, settled=_matched_or_returned)
