"""What people must do about applications, payouts and payments: the kinds of task of lending, and when they stand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.db.models import BigIntegerField, Case, Exists, F, OuterRef, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Cast, Coalesce, JSONObject, NullIf
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from borrowers.models import Borrower
from casework.kinds import Choice, TaskKind, declare, declare_follow_up
from casework.kinds_of_partners import declare_partner_kinds
from casework.models import Evidence
from casework.standing import declare_condition, settled_as, told_as
from casework.timing import left_alone
from core.currencies import currencies, house_currency
from core.rules import rule
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
from loans.pages import bank_reasons

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
    words=_("The bank did not pay %(amount)s out, or returned it: %(code)s"),
    steps=(
        Choice("cause", _("Find out from the bank's answer why")),
        Choice("account", _("Ask the borrower for an account where the present one is wrong")),
        Choice("again", _("Send it again, or give the payout up")),
    ),
    outcomes=(Choice("settled", _("Sent again, paid or given up")),),
    priority=70,
    settled_by=_("the order is sent again or given up"),
    readings={"code": bank_reasons.in_words},
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
        outcomes=(Choice("received", pgettext_lazy("evidence", "Received")), Choice("none", _("There is none"))),
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
    old = Evidence.objects.kept().filter(_still_needed(), expires_on__lt=on, replaced_by__isnull=True)
    facts = JSONObject(until=Cast("expires_on", TextField()))
    return told_as(old, label="public_id", facts=facts, priority=EVIDENCE_EXPIRED.priority)


def _renewed_or_over(_on: date) -> QuerySet[Any, Any]:
    """Papers that a newer version replaced or that were wiped, or about what has come to its end."""
    over = Q(replaced_by__isnull=False) | Q(wiped_on__isnull=False) | ~_still_needed()
    return settled_as(Evidence.objects.filter(over), outcome="renewed")


def _still_needed() -> Q:
    """Whether a paper is about what waits or runs."""
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
    return needed


def _waiting_for_a_person(_on: date) -> QuerySet[Any, Any]:
    rows = Application.objects.filter(wants_person=True, status=ApplicationStatus.REFERRED)
    facts = JSONObject(asked_on=Cast("submitted_on", TextField()))
    return told_as(rows, label="number", facts=facts, priority=HUMAN_REVIEW.priority)


def _decided_or_withdrawn(_on: date) -> QuerySet[Any, Any]:
    # What left the queue without a person, as by a rule, was not looked at by one: the wish stands.
    withdrawn, waiting = ApplicationStatus.WITHDRAWN, (ApplicationStatus.SUBMITTED, ApplicationStatus.REFERRED)
    decided = ~Q(status__in=waiting) & Q(decided_by__isnull=False)
    outcome = Case(When(status=withdrawn, then=Value("withdrawn")), default=Value("decided"), output_field=TextField())
    return settled_as(Application.objects.filter(Q(status=withdrawn) | decided), outcome=outcome)


def _currency(path: str) -> Case:
    """The currency of the loan at ``path``, which follows from the market of its product."""
    market = f"{path}product_version__product__market"
    cases = [When(**{market: code}, then=Value(currency)) for code, currency in currencies().items()]
    return Case(*cases, default=Value(""), output_field=TextField())


def _refused_by_the_bank(_on: date) -> QuerySet[Any, Any]:
    # One order refused anew is another task: it says which attempt.
    facts = JSONObject(amount=Cast("amount", TextField()), currency=_currency("loan__"), code=F("failure_code"))
    attempt = Cast("attempt_count", TextField())
    rows = Disbursement.objects.refused()
    return told_as(rows, label="number", cause=attempt, facts=facts, priority=PAYOUT_REFUSED.priority)


def _sent_again_or_given_up(_on: date) -> QuerySet[Any, Any]:
    attempt = Cast("attempt_count", TextField())
    refused = Case(When(pk__in=Disbursement.objects.refused().values("pk"), then=attempt), default=None)
    return settled_as(Disbursement.objects.all(), outcome="settled", still=refused)


def _past_its_day(on: date) -> QuerySet[Any, Any]:
    days = int(rule(_PAST_ITS_DAY, on)["days"])
    rows = IncomingPayment.objects.filter(
        status=IncomingPaymentStatus.SUSPENSE, bank_file__imported_on__lte=on - timedelta(days=days)
    )
    money = {"amount": Cast("amount", TextField()), "currency": Value(house_currency(), TextField())}
    facts = JSONObject(**money, paid_on=Cast("paid_on", TextField()))
    return told_as(rows, label="bank_reference", facts=facts, priority=PAYMENT_UNMATCHED.priority)


def _matched_or_returned(_on: date) -> QuerySet[Any, Any]:
    come_to_rest = (IncomingPaymentStatus.MATCHED, IncomingPaymentStatus.RETURNED)
    return settled_as(IncomingPayment.objects.filter(status__in=come_to_rest), outcome="settled")


def _under_way_for_long(on: date) -> QuerySet[Any, Any]:
    since = on - timedelta(days=left_alone("payout_days", on))
    rows = Disbursement.objects.filter(status__in=UNDER_WAY, requested_on__lte=since)
    told = {"amount": Cast("amount", TextField()), "since": Cast("requested_on", TextField())}
    facts = JSONObject(**told, code=Coalesce(NullIf("failure_code", Value("")), "status"))
    return told_as(rows, label="number", facts=facts, priority=PAYOUT_WITHOUT_END.priority)


def _come_to_its_end(_on: date) -> QuerySet[Any, Any]:
    return settled_as(Disbursement.objects.exclude(status__in=UNDER_WAY), outcome="ended")


def _set_aside(what: SetAside.What, priority: int) -> QuerySet[Any, Any]:
    rows = SetAside.objects.filter(what=what, settled_on__isnull=True)
    facts = JSONObject(name="name", came_by="came_by", code="code", on=Cast("set_aside_on", TextField()))
    return told_as(rows, label="name", facts=facts, priority=priority)


def _files_set_aside(_on: date) -> QuerySet[Any, Any]:
    return _set_aside(SetAside.What.FILE, FILE_UNREADABLE.priority)


def _news_set_aside(_on: date) -> QuerySet[Any, Any]:
    return _set_aside(SetAside.What.NEWS, NEWS_REFUSED.priority)


def _no_longer_set_aside(outcome: str) -> Callable[[date], QuerySet[Any, Any]]:
    """Found settled: read after all, replaced, taken away, or used."""
    return lambda _on: settled_as(SetAside.objects.filter(settled_on__isnull=False), outcome=outcome)


def _with_rows_left(_on: date) -> QuerySet[Any, Any]:
    rows = _confirmed().filter(~Exists(_read_in_full_later()), rejected_count__gt=0)
    facts = JSONObject(count=Cast("rejected_count", TextField()))
    return told_as(rows, label="name", facts=facts, priority=ROWS_LEFT.priority)


def _confirmed() -> QuerySet[BankFile]:
    return BankFile.objects.filter(status=BankFileStatus.CONFIRMED)


def _read_in_full_later() -> QuerySet[BankFile]:
    same_days = _confirmed().filter(
        pk__gt=OuterRef("pk"),
        account=OuterRef("account"),
        first_day__lte=OuterRef("first_day"),
        last_day__gte=OuterRef("last_day"),
    )
    return same_days.filter(rejected_count=0).exclude(account="")


def _rows_read_later(_on: date) -> QuerySet[Any, Any]:
    return settled_as(_confirmed().filter(Exists(_read_in_full_later())), outcome="read")


declare_partner_kinds("application", Application._meta.label_lower)
declare_partner_kinds("loan", Loan._meta.label_lower)
declare_condition(EVIDENCE_EXPIRED, _expired, settled=_renewed_or_over)
declare_condition(HUMAN_REVIEW, _waiting_for_a_person, settled=_decided_or_withdrawn)
declare_condition(PAYOUT_REFUSED, _refused_by_the_bank, settled=_sent_again_or_given_up)
declare_condition(PAYMENT_UNMATCHED, _past_its_day, settled=_matched_or_returned)
declare_condition(PAYOUT_WITHOUT_END, _under_way_for_long, settled=_come_to_its_end)
declare_condition(FILE_UNREADABLE, _files_set_aside, settled=_no_longer_set_aside("read"), once=True)
declare_condition(NEWS_REFUSED, _news_set_aside, settled=_no_longer_set_aside("used"), once=True)
declare_condition(ROWS_LEFT, _with_rows_left, settled=_rows_read_later, once=True)

declare_follow_up(
    "loan.follow_up",
    _("Follow up a loan"),
    "loans.loan",
    teams=("operations", "team_lead", "finance", "compliance", "risk_analyst", "checker"),
    escalates_to="checker",
)
declare_follow_up(
    "application.follow_up",
    _("Follow up an application"),
    "loans.application",
    teams=("operations", "compliance", "risk_analyst", "checker"),
    escalates_to="checker",
)
declare_follow_up(
    "payment.follow_up",
    _("Follow up a payment"),
    "loans.incomingpayment",
    teams=("operations", "finance"),
    escalates_to="checker",
)
