"""My day: the queues this person can work on, what waits for their approval, last night, and how the portfolio stands."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, QuerySet, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit import approvals, reveals
from audit.changes import changes_of
from audit.models import Approval, ApprovalStatus, BrokenGlass
from borrowers.models import Borrower
from core.calendars import days_between
from core.charts import ACCENT, Line, LineChart
from core.choices import Tone
from core.currencies import by_currency, house_currency
from core.money import ZERO
from core.remembered import remembered
from core.together import Reading, first, joined
from core.writing import day, money, number, sums
from debt_collections.models import Case, PromiseStatus
from debt_collections.queries import promises_seen
from desk.navigation import approvals_for, counted, told
from loans.models import (
    Application,
    Disbursement,
    IncomingPayment,
    IncomingPaymentStatus,
    Loan,
    LoanPosition,
    LoanStatus,
    PortfolioDay,
    Product,
)
from loans.pages import portfolio
from staff.models import User
from staff.visibility import Kind, seen

MOST_TILES = 4
MOST_APPROVALS = 6
MONTHS_SHOWN = 12
_COLOURS = (ACCENT, Tone.ATTENTION, Tone.BAD)
_SUM_KEPT_SECONDS = 60
_MARKET_OF_POSITION = "product__market"


@dataclass(frozen=True)
class Tile:
    """One queue: how many wait, and the one thing to know before opening it."""

    label: str
    value: str
    note: str
    tone: str
    url: str


@dataclass(frozen=True)
class WaitingApproval:
    approval: Approval
    label: str | LazyText
    changes: list[tuple[str, object, object]]


@dataclass(frozen=True)
class Chart:
    """Portfolio at risk over month ends, oldest first; the last point may be today."""

    points: list[portfolio.PortfolioAtRisk]

    @property
    def picture(self) -> LineChart:
        names = [f"PAR{days}" for days in portfolio.PAR_DAYS]
        return LineChart(
            code="portfolio-at-risk",
            description=_("Portfolio at risk by month end; the same figures are in the table below."),
            steps=[point.on.isoformat()[:7] for point in self.points],
            lines=[
                Line(name, colour, [point.shares[place] for point in self.points])
                for place, (name, colour) in enumerate(zip(names, _COLOURS, strict=True))
            ],
            headings=[_("End of"), _("Outstanding"), *names],
            rows=[
                [day(point.on), number(point.outstanding), *(f"{share} %" for share in point.shares)]
                for point in self.points
            ],
            too_few=_("A chart needs two month ends. These are the figures so far."),
            after=" %",
            from_zero=True,
        )


# --- queues ---------------------------------------------------------------------------------------------------------


def tiles(*, user: User, on: date) -> Reading[list[Tile]]:
    """The first four queues this person has a right to, in the order of the life of a loan."""
    found = [build for permission, build in _TILES if user.has_perm(permission)]
    if not user.sees_everything:
        found = [build for build in found if build not in _OF_THE_WHOLE_HOUSE]
    return joined(build(user, on) for build in found[:MOST_TILES])


def _underwriting(user: User, on: date) -> Reading[Tile]:
    rows = Application.objects.waiting_for_underwriter()

    def tile(waiting: list[int], oldest: list[date]) -> Tile:
        note, tone = _waiting_since(first(oldest), on)
        return Tile(_("Waiting for underwriting"), told(waiting) or "0", note, tone, reverse("risk:underwriting"))

    return Reading((counted(rows), rows.values_list("submitted_on", flat=True)[:1]), tile)


def _identities(user: User, on: date) -> Reading[Tile]:
    rows = Borrower.objects.identity_to_confirm(user).order_by("id")

    def tile(waiting: list[int], oldest: list[date]) -> Tile:
        note, tone = _waiting_since(first(oldest), on)
        return Tile(_("Identities to confirm"), told(waiting) or "0", note, tone, reverse("borrowers:identities"))

    return Reading((counted(rows), rows.values_list("created_on", flat=True)[:1]), tile)


def _applications(user: User, on: date) -> Reading[Tile]:
    rows = seen(Application.objects.open(), user, Kind.APPLICATION)

    def tile(waiting: list[int], offers: list[int]) -> Tile:
        offered = told(offers)
        wait = ngettext("%(n)s offer waits for the borrower", "%(n)s offers wait for the borrower", len(offers))
        note = wait % {"n": offered} if offered else _("no open offers")
        tone = "info" if offered else "good"
        return Tile(_("Applications under way"), told(waiting) or "0", note, tone, reverse("loans:applications"))

    return Reading((counted(rows), counted(rows.filter(status="offered"))), tile)


def _approvals(user: User, on: date) -> Reading[Tile]:
    rows = approvals_for(user)

    def tile(waiting: list[int], oldest: list[datetime]) -> Tile:
        since = first(oldest)
        note, tone = _waiting_since(timezone.localtime(since).date() if since else None, on)
        return Tile(_("Approvals for me"), told(waiting) or "0", note, tone, reverse("audit:approvals"))

    return Reading((counted(rows), rows.values_list("requested_at", flat=True)[:1]), tile)


def _asked(user: User, on: date) -> Reading[Tile]:
    rows = Approval.objects.filter(requested_by=user, status=ApprovalStatus.PENDING).order_by("id")

    def tile(waiting: list[int], oldest: list[datetime]) -> Tile:
        since = first(oldest)
        note, tone = _waiting_since(timezone.localtime(since).date() if since else None, on)
        return Tile(_("My requests"), told(waiting) or "0", note, tone, reverse("audit:approvals"))

    return Reading((counted(rows), rows.values_list("requested_at", flat=True)[:1]), tile)


def _disbursements(user: User, on: date) -> Reading[Tile]:
    waiting = Loan.objects.filter(status=LoanStatus.PENDING_DISBURSEMENT)

    def tile(loans: list[int], orders: list[int]) -> Tile:
        refused = len(orders)
        note = ngettext("%(n)s refused by the bank", "%(n)s refused by the bank", refused) % {"n": told(orders)}
        url = reverse("loans:loan_list") + ("?refused=on" if refused else "?status=pending_disbursement")
        return Tile(
            _("To be disbursed"),
            told(loans) or "0",
            note if refused else _("none refused"),
            "bad" if refused else "good",
            url,
        )

    return Reading((counted(waiting), counted(Disbursement.objects.refused())), tile)


def _unmatched(user: User, on: date) -> Reading[Tile]:
    rows = IncomingPayment.objects.filter(status=IncomingPaymentStatus.SUSPENSE)
    summed = rows.order_by().values_list("status").annotate(total=Sum(F("amount") - F("credited")))

    def tile(waiting: list[int], sums_: list[tuple[str, Decimal]]) -> Tile:
        total = sum((amount for _status, amount in sums_), ZERO)
        return Tile(
            _("Payments not matched"),
            told(waiting) or "0",
            money(total, house_currency()),
            "attention" if total else "good",
            reverse("loans:payments_unmatched"),
        )

    return Reading((counted(rows), summed), tile)


def _due_today(user: User, on: date) -> Reading[Tile]:
    """Of the borrowers that the person sees."""
    due = LoanPosition.objects.filter(status=LoanStatus.ACTIVE, next_due_on=on)
    due = seen(due, user, Kind.BORROWER, path="borrower_id")
    whose = "everybody" if user.sees_everything else str(user.pk)

    def tile() -> Tile:
        read = _by_market(due, _MARKET_OF_POSITION, "next_due_amount")
        summed = _remembered(f"due:{whose}", on, lambda: _summed(read))
        url = reverse("loans:loan_list") + "?due=today"
        return Tile(_("Due today"), f"{summed.count:,}", sums(summed.totals), "info", url)

    return Reading((), tile)


def _my_cases(user: User, on: date) -> Reading[Tile]:
    mine = Case.objects.open().filter(assigned_to=user)
    free = Case.objects.open().filter(assigned_to=None)

    def tile(cases: list[int], nobodys: list[int]) -> Tile:
        note = _("%(n)s without a collector") % {"n": told(nobodys) or "0"}
        return Tile(_("My cases"), told(cases) or "0", note, "info", reverse("collections:workbench"))

    return Reading((counted(mine), counted(free)), tile)


def _promises(user: User, on: date) -> Reading[Tile]:
    due = promises_seen(user).filter(status=PromiseStatus.PENDING, due_on=on)

    def tile(by_market: list[tuple[str, int, Decimal]]) -> Tile:
        summed = _summed(by_market)
        url = f"{reverse('collections:promises')}?status={PromiseStatus.PENDING}&due=today"
        return Tile(_("Promises due today"), f"{summed.count:,}", sums(summed.totals), "info", url)

    return Reading((_by_market(due, "case__borrower__market", "amount"),), tile)


def _outstanding(user: User, on: date) -> Reading[Tile]:
    """As the last night left it; before the first one nothing is known."""

    def tile(nights: list[PortfolioDay], markets: list[tuple[int, str]]) -> Tile:
        night, market_of = first(nights), dict(markets)
        groups = night.groups if night else []
        running = [(market_of[product], Decimal(sum_)) for product, status, *_in, sum_ in groups if status == "active"]
        note = _("%(n)s active loans, %(day)s") % {"n": f"{night.loans:,}", "day": day(night.on)} if night else ""
        return Tile(_("Principal outstanding"), sums(by_currency(running), 0), note, "info", reverse("loans:loan_list"))

    return Reading(
        (PortfolioDay.objects.order_by("-on")[:1], Product.objects.order_by().values_list("pk", "market")), tile
    )


@dataclass(frozen=True, slots=True)
class Summed:
    """How many rows, and their amounts by currency."""

    count: int
    totals: dict[str, Decimal]


def _by_market(rows: QuerySet[Any], market: str, amount: str) -> QuerySet[Any, Any]:
    """The rows counted and their ``amount`` summed by the market found at ``market``."""
    return rows.order_by().values_list(market).annotate(count=Count("pk"), total=Sum(amount))


def _summed(by_market: Iterable[tuple[str, int, Decimal]]) -> Summed:
    found = list(by_market)
    return Summed(
        sum(count for _market, count, _total in found), by_currency((code, total) for code, _n, total in found)
    )


_TILES: tuple[tuple[str, Callable[[User, date], Reading[Tile]]], ...] = (
    ("loans.decide_application", _underwriting),
    ("borrowers.confirm_identity", _identities),
    ("loans.submit_application", _applications),
    ("collections.work_case", _my_cases),
    ("audit.view_auditevent", _approvals),
    ("audit.view_power_event", _asked),
    ("loans.disburse_loan", _disbursements),
    ("loans.view_bankfile", _unmatched),
    ("collections.view_case", _promises),
    ("loans.view_loan", _due_today),
    ("loans.view_loan", _outstanding),
)


# Nobody who sees a portion of the borrowers is told the sum of all.
_OF_THE_WHOLE_HOUSE = (_outstanding,)


def _remembered(name: str, on: date, read: Callable[[], Summed]) -> Summed:
    """Sums over the whole portfolio are read once a minute, not once a visit."""
    return remembered(f"desk:sum:{name}:{on.isoformat()}", read, seconds=_SUM_KEPT_SECONDS)


def _waiting_since(oldest: date | None, on: date) -> tuple[str, str]:
    if oldest is None:
        return _("nothing waits"), "good"
    days = max(0, days_between(oldest, on))
    if days == 0:
        return _("oldest of today"), "good"
    return ngettext("oldest waits %(n)d day", "oldest waits %(n)d days", days) % {"n": days}, "attention"


# --- approvals ------------------------------------------------------------------------------------------------------


def waiting_approvals(user: User) -> Reading[list[WaitingApproval]]:
    return Reading(
        (approvals_for(user)[:MOST_APPROVALS],),
        lambda rows: [WaitingApproval(row, approvals.kind_of(row).label, _changes(row)) for row in rows],
    )


def _changes(approval: Approval) -> list[tuple[str, object, object]]:
    changed = [change for change in changes_of(approval) if change.before != change.after]
    return [(change.label, change.before, change.after) for change in changed[:2]]


def emergencies(user: User) -> Reading[str]:
    """How many decisions of one person alone wait for a review; told to who sees what takes two people."""
    if not user.has_perm("audit.view_two_people"):
        return Reading((), lambda: "")
    rows = BrokenGlass.objects.filter(objected__isnull=True)
    return Reading((counted(rows),), told)


def reveal_alarms(user: User, now: datetime) -> Reading[str]:
    """How often of late somebody saw or looked up much personal data; told to who looks after it."""
    if not user.has_perm(reveals.REVIEWS):
        return Reading((), lambda: "")
    return Reading((counted(reveals.alarms_since(now - reveals.TOLD_FOR)),), told)


# --- portfolio ------------------------------------------------------------------------------------------------------


def sees_portfolio(user: User) -> bool:
    """Whether the person is told how all loans of the house stand."""
    return user.sees_everything and user.has_perm("loans.view_loan")


def portfolio_chart(on: date) -> Reading[Chart]:
    """Up to twelve closed month ends and last night."""
    read = portfolio.at_risk(on, MONTHS_SHOWN)
    return Reading(read.queries, lambda rows: Chart(read.made_of(rows)))


def is_first_run() -> Reading[bool]:
    return Reading(
        (Application.objects.order_by("pk").values_list("pk")[:1], Loan.objects.order_by("pk").values_list("pk")[:1]),
        lambda applications, loans: not applications and not loans,
    )
