"""What people must do about applications, payouts and payments: the kinds of task of lending, and when they stand."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db.models import BigIntegerField, Case, Exists, F, OuterRef, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Cast, Coalesce, JSONObject, NullIf
from django.utils.translation import gettext_lazy as _

from borrowers.models import Borrower
from casework.kinds import Choice, TaskKind, declare
from casework.kinds_of_partners import declare_partner_kinds
from casework.models import Evidence
from casework.standing import declare_condition, told_as
from casework.timing import left_alone
from core.currencies import house_currency
from core.rules import rule
from core.writing import money
from loans.disbursement.transfers import UNDER_WAY
from loans.models import (
    Application,
    ApplicationStatus,
    BankFile,
    BankFileStatus,
    Disbursement,
    IncomingPayment,
    IncomingPaymentStatus,
    Loan,
    LoanStatus,
    SetAside,
)
from loans.models.application import OPEN_STATUSES
from loans.pages.bank_reasons import in_words

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


def _money(amount: Any) -> str:
    return money(amount, house_currency())


PAYOUT_REFUSED = TaskKind(
    code="payout.refused",
    label=_("Payout refused"),
    about="loans.disbursement",
    teams=("operations",),
    escalates_to="checker",
    words=_("The bank did not pay %(amount)s out, or returned it (%(code)s)."),
    written={"amount": _money, "code": in_words},
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
    written={"amount": _money},
    steps=(
        Choice("search", _("Search by name, sum, day and remark")),
        Choice("ask", _("Ask the bank who paid")),
        Choice("match", _("Match it, or return it to the account it came from")),
    ),
    outcomes=(Choice("settled", _("Matched or returned")),),
    priority=50,
    settled_by=_("the payment is matched or returned"),
)


PAYOUT_WITHOUT_END = TaskKind(
    code="payout.without_end",
    label=_("Payout without an end"),
    about="loans.disbursement",
    teams=("operations",),
    escalates_to="checker",
    words=_("The order to pay %(amount)s out is under way since %(since)s (%(code)s)."),
    steps=(
        Choice("read", _("Read on the loan's page why it was not sent, or what the bank answered")),
        Choice("ask", _("Ask the bank what became of it")),
        Choice("end", _("Remove what holds it up, or give the payout up")),
    ),
    outcomes=(Choice("ended", _("Paid, refused or given up")),),
    priority=60,
    settled_by=_("the bank pays or refuses it, or it is given up"),
)

_LOOK_INTO = Choice("look", _("Look into the file, with whoever runs the connection to the bank"))

FILE_UNREADABLE = TaskKind(
    code="bank_file.unreadable",
    label=_("Bank file that cannot be read"),
    about="loans.setaside",
    teams=("operations", "finance"),
    escalates_to="checker",
    words=_("%(name)s came on %(on)s (%(came_by)s) and cannot be read (%(code)s): what is in it is not in the books."),
    steps=(
        _LOOK_INTO,
        Choice("ask", _("Ask the bank for it once more, or in another format")),
        Choice("bring", _("Bring in the good one under the same name, or take the bad one out of the folder")),
    ),
    outcomes=(
        Choice("read", _("It was read, replaced or taken away")),
        Choice("nothing", _("It was nothing of the bank's")),
    ),
    priority=70,
    settled_by=_("a file of its name is read, or it is taken out of the folder"),
)

NEWS_REFUSED = TaskKind(
    code="bank_news.refused",
    label=_("News of the bank that fits nothing"),
    about="loans.setaside",
    teams=("operations",),
    escalates_to="checker",
    words=_("On %(on)s the bank told of %(name)s what contradicts what is on record, or fits no order (%(code)s)."),
    steps=(
        Choice("order", _("Search for the reference among the payouts, also among those that were ordered anew")),
        Choice("ask", _("Ask the bank what it did")),
        Choice("books", _("Where money moved, see that the books say so")),
    ),
    outcomes=(
        Choice("used", _("It could be used after all")),
        Choice("cleared", _("Cleared with the bank")),
        Choice("not_ours", _("It is about no order of ours")),
    ),
    priority=80,
    settled_by=_("the same news can be used"),
)

ROWS_LEFT = TaskKind(
    code="bank_file.rows_left",
    label=_("Rows of a statement that cannot be read"),
    about="loans.bankfile",
    teams=("operations", "finance"),
    escalates_to="checker",
    words=_("%(count)s rows of this statement cannot be read: what came in with them is credited to nobody."),
    steps=(
        Choice("rows", _("Look at the rows on the page of the file")),
        Choice("again", _("Export the days once more from the bank, and bring that in")),
    ),
    outcomes=(
        Choice("read", _("A later statement of the same days has them")),
        Choice("nothing", _("They hold no payment")),
    ),
    priority=70,
    settled_by=_("a later statement of the same account and days has no such row"),
)


EVIDENCE_WANTED = declare(
    TaskKind(
        code="application.evidence_wanted",
        label=_("Evidence asked for"),
        about="loans.application",
        teams=("underwriter", "officer"),
        escalates_to="checker",
        words=_("Further evidence is needed for this application: %(what)s."),
        steps=(
            Choice("bring", _("Bring the evidence")),
            Choice("say", _("Say what it shows, or why there is none")),
        ),
        outcomes=(Choice("received", _("Received")), Choice("none", _("There is none"))),
        priority=50,
        for_partners=True,
        programs=True,
    )
)

CONTRADICTION = declare(
    TaskKind(
        code="application.contradiction",
        label=_("Contradiction to be explained"),
        about="loans.application",
        teams=("underwriter", "officer"),
        escalates_to="checker",
        words=_("What was told for this application contradicts itself: %(what)s."),
        steps=(Choice("ask", _("Ask the borrower")), Choice("say", _("Say what is right, with what shows it"))),
        outcomes=(Choice("explained", _("Explained")), Choice("not_explained", _("Not explained"))),
        priority=60,
        for_partners=True,
        programs=True,
    )
)

EVIDENCE_EXPIRED = TaskKind(
    code="evidence.expired",
    label=_("Paper that is valid no longer"),
    about="casework.evidence",
    teams=("officer", "operations"),
    escalates_to="checker",
    words=_("This paper was valid until %(until)s, and what it is about still runs."),
    steps=(Choice("ask", _("Ask for a valid one")), Choice("bring", _("Bring it, as a new version"))),
    outcomes=(Choice("renewed", _("A newer version came, or it is not needed any more")),),
    priority=30,
    settled_by=_("a newer version comes, or what it is about comes to its end"),
    for_partners=True,
)


def _expired(on: date) -> QuerySet[Any, Any]:
    """Papers about an application that waits, a loan that runs, or a borrower of one."""
    named = Cast(OuterRef("object_id"), BigIntegerField())
    runs = Loan.objects.filter(status__in=(LoanStatus.PENDING_DISBURSEMENT, LoanStatus.ACTIVE))
    still = (
        (Loan._meta.label_lower, runs.filter(pk=named)),
        (Borrower._meta.label_lower, runs.filter(borrower=named)),
        (Application._meta.label_lower, Application.objects.filter(pk=named, status__in=OPEN_STATUSES)),
    )
    needed = Q(pk__in=[])
    for object_type, rows in still:
        # In this order: what is no number is compared with none.
        needed |= Q(Case(When(object_type=object_type, then=Exists(rows)), default=Value(False)))
    old = Evidence.objects.kept().filter(needed, expires_on__lt=on, replaced_by__isnull=True)
    facts = JSONObject(until=Cast("expires_on", TextField()))
    return told_as(old, label="public_id", facts=facts, priority=EVIDENCE_EXPIRED.priority)


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


def _under_way_for_long(on: date) -> QuerySet[Any, Any]:
    since = on - timedelta(days=left_alone("payout_days", on))
    rows = Disbursement.objects.filter(status__in=UNDER_WAY, requested_on__lte=since)
    told = {"amount": Cast("amount", TextField()), "since": Cast("requested_on", TextField())}
    facts = JSONObject(**told, code=Coalesce(NullIf("failure_code", Value("")), "status"))
    return told_as(rows, label="number", facts=facts, priority=PAYOUT_WITHOUT_END.priority)


def _set_aside(what: SetAside.What, priority: int) -> QuerySet[Any, Any]:
    rows = SetAside.objects.filter(what=what, settled_on__isnull=True)
    facts = JSONObject(name="name", came_by="came_by", code="code", on=Cast("set_aside_on", TextField()))
    return told_as(rows, label="name", facts=facts, priority=priority)


def _files_set_aside(_on: date) -> QuerySet[Any, Any]:
    return _set_aside(SetAside.What.FILE, FILE_UNREADABLE.priority)


def _news_set_aside(_on: date) -> QuerySet[Any, Any]:
    return _set_aside(SetAside.What.NEWS, NEWS_REFUSED.priority)


def _with_rows_left(_on: date) -> QuerySet[Any, Any]:
    confirmed = BankFile.objects.filter(status=BankFileStatus.CONFIRMED)
    later = confirmed.filter(
        pk__gt=OuterRef("pk"),
        account=OuterRef("account"),
        first_day__lte=OuterRef("first_day"),
        last_day__gte=OuterRef("last_day"),
        rejected_count=0,
    ).exclude(account="")
    rows = confirmed.filter(~Exists(later), rejected_count__gt=0)
    facts = JSONObject(count=Cast("rejected_count", TextField()))
    return told_as(rows, label="name", facts=facts, priority=ROWS_LEFT.priority)


declare_partner_kinds("application", Application._meta.label_lower)
declare_partner_kinds("loan", Loan._meta.label_lower)
declare_condition(EVIDENCE_EXPIRED, _expired, outcome="renewed")
declare_condition(HUMAN_REVIEW, _waiting_for_a_person, outcome="decided")
declare_condition(PAYOUT_REFUSED, _refused_by_the_bank, outcome="settled")
declare_condition(PAYMENT_UNMATCHED, _past_its_day, outcome="settled")
declare_condition(PAYOUT_WITHOUT_END, _under_way_for_long, outcome="ended")
declare_condition(FILE_UNREADABLE, _files_set_aside, outcome="read", once=True)
declare_condition(NEWS_REFUSED, _news_set_aside, outcome="used", once=True)
declare_condition(ROWS_LEFT, _with_rows_left, outcome="read", once=True)
