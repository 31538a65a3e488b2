"""My day: the queues this person can work on, what waits for their approval, last night, and how the portfolio stands."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.core.cache import cache
from django.db.models import Count, F, Model, QuerySet, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise as LazyText
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit import approvals
from audit.changes import changes_of
from audit.models import Approval
from core.calendars import days_between
from core.charts import ACCENT, Line, LineChart
from core.choices import Tone
from core.currencies import by_currency, house_currency
from core.money import ZERO
from core.writing import day, money, number, sums
from debt_collections.models import Case, Promise, PromiseStatus
from desk.navigation import approvals_for, capped
from loans.models import (
    Application,
    Disbursement,
    IncomingPayment,
    IncomingPaymentStatus,
    Loan,
    LoanPosition,
    LoanStatus,
)
from loans.pages import portfolio
from staff.models import User

MOST_TILES = 4
MOST_APPROVALS = 6
MONTHS_SHOWN = 12
_COLOURS = (ACCENT, Tone.ATTENTION, Tone.BAD)
_MONTH_KEPT_SECONDS = 24 * 3600
_SUM_KEPT_SECONDS = 60
_MARKET_OF_POSITION = "loan__product_version__product__market"


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


def tiles(*, user: User, on: date) -> list[Tile]:
    """The first four queues this person has a right to, in the order of the life of a loan."""
    found = [build(user, on) for permission, build in _TILES if user.has_perm(permission)]
    return found[:MOST_TILES]


def _underwriting(user: User, on: date) -> Tile:
    rows = Application.objects.waiting_for_underwriter()
    oldest = rows.values_list("submitted_on", flat=True).first()
    return Tile(
        _("Waiting for underwriting"),
        capped(rows) or "0",
        *_waiting_since(oldest, on),
        url=reverse("risk:underwriting"),
    )


def _applications(user: User, on: date) -> Tile:
    rows = Application.objects.open()
    offered = rows.filter(status="offered").count()
    note = _("%(n)d offers wait for the borrower") % {"n": offered} if offered else _("no open offers")
    return Tile(
        _("Applications under way"),
        capped(rows) or "0",
        note,
        "info" if offered else "good",
        reverse("loans:applications"),
    )


def _approvals(user: User, on: date) -> Tile:
    rows = approvals_for(user)
    oldest = rows.values_list("requested_at", flat=True).first()
    note, tone = _waiting_since(timezone.localtime(oldest).date() if oldest else None, on)
    return Tile(_("Approvals for me"), capped(rows) or "0", note, tone, reverse("audit:approvals"))


def _disbursements(user: User, on: date) -> Tile:
    waiting = Loan.objects.filter(status=LoanStatus.PENDING_DISBURSEMENT)
    refused = Disbursement.objects.refused().count()
    note = ngettext("%(n)d refused by the bank", "%(n)d refused by the bank", refused) % {"n": refused}
    url = reverse("loans:loan_list") + ("?refused=on" if refused else "?status=pending_disbursement")
    return Tile(
        _("To be disbursed"),
        capped(waiting) or "0",
        note if refused else _("none refused"),
        "bad" if refused else "good",
        url,
    )


def _unmatched(user: User, on: date) -> Tile:
    rows = IncomingPayment.objects.filter(status=IncomingPaymentStatus.SUSPENSE)
    total = rows.aggregate(total=Sum(F("amount") - F("credited")))["total"] or ZERO
    return Tile(
        _("Payments not matched"),
        capped(rows) or "0",
        money(total, house_currency()),
        "attention" if total else "good",
        reverse("loans:payments_unmatched"),
    )


def _due_today(user: User, on: date) -> Tile:
    due = LoanPosition.objects.filter(status=LoanStatus.ACTIVE, next_due_on=on)
    summed = _remembered("due", on, lambda: _by_market(due, _MARKET_OF_POSITION, "next_due_amount"))
    return Tile(
        _("Due today"),
        f"{summed.count:,}",
        sums(summed.totals),
        "info",
        reverse("loans:loan_list") + "?due=today",
    )


def _my_cases(user: User, on: date) -> Tile:
    mine = Case.objects.open().filter(assigned_to=user)
    free = Case.objects.open().filter(assigned_to=None)
    note = _("%(n)s without a collector") % {"n": capped(free) or "0"}
    return Tile(_("My cases"), capped(mine) or "0", note, "info", reverse("collections:workbench"))


def _promises(user: User, on: date) -> Tile:
    due = Promise.objects.filter(status=PromiseStatus.PENDING, due_on=on)
    summed = _by_market(due, "case__borrower__market", "amount")
    return Tile(
        _("Promises due today"),
        f"{summed.count:,}",
        sums(summed.totals),
        "info",
        f"{reverse('collections:promises')}?status={PromiseStatus.PENDING}&due=today",
    )


def _outstanding(user: User, on: date) -> Tile:
    active = LoanPosition.objects.filter(status=LoanStatus.ACTIVE)
    summed = _remembered("outstanding", on, lambda: _by_market(active, _MARKET_OF_POSITION, "principal_outstanding"))
    note = _("%(n)s active loans") % {"n": f"{summed.count:,}"}
    return Tile(_("Principal outstanding"), sums(summed.totals, 0), note, "info", reverse("loans:loan_list"))


@dataclass(frozen=True, slots=True)
class Summed:
    """How many rows, and their amounts by currency."""

    count: int
    totals: dict[str, Decimal]


def _by_market(rows: QuerySet[Model], market: str, amount: str) -> Summed:
    """One query: the rows counted and their ``amount`` summed by the market found at ``market``."""
    found = list(rows.order_by().values_list(market).annotate(count=Count("pk"), total=Sum(amount)))
    return Summed(
        sum(count for _market, count, _total in found), by_currency((code, total) for code, _n, total in found)
    )


_TILES: tuple[tuple[str, Callable[[User, date], Tile]], ...] = (
    ("loans.decide_application", _underwriting),
    ("loans.submit_application", _applications),
    ("collections.work_case", _my_cases),
    ("audit.view_auditevent", _approvals),
    ("loans.disburse_loan", _disbursements),
    ("loans.import_payments", _unmatched),
    ("collections.view_case", _promises),
    ("loans.view_loan", _due_today),
    ("loans.view_loan", _outstanding),
)


def _remembered(name: str, on: date, read: Callable[[], Summed]) -> Summed:
    """Sums over the whole portfolio are read once a minute, not once a visit."""
    return cache.get_or_set(f"desk:sum:{name}:{on.isoformat()}", read, _SUM_KEPT_SECONDS)  # type: ignore[return-value]


def _waiting_since(oldest: date | None, on: date) -> tuple[str, str]:
    if oldest is None:
        return _("nothing waits"), "good"
    days = max(0, days_between(oldest, on))
    if days == 0:
        return _("oldest of today"), "good"
    return ngettext("oldest waits %(n)d day", "oldest waits %(n)d days", days) % {"n": days}, "attention"


# --- approvals ------------------------------------------------------------------------------------------------------


def waiting_approvals(user: User) -> list[WaitingApproval]:
    rows = approvals_for(user)[:MOST_APPROVALS]
    return [WaitingApproval(row, approvals.kind_of(row).label, _changes(row)) for row in rows]


def _changes(approval: Approval) -> list[tuple[str, object, object]]:
    changed = [change for change in changes_of(approval) if change.before != change.after]
    return [(change.label, change.before, change.after) for change in changed[:2]]


# --- portfolio ------------------------------------------------------------------------------------------------------


def portfolio_chart(on: date) -> Chart:
    """Up to twelve closed month ends and today. A closed month is worked out once a day, not once a visit."""
    first = cache.get("desk:first-disbursement") or portfolio.first_disbursement()
    if first is None:
        return Chart([])
    cache.set("desk:first-disbursement", first, _MONTH_KEPT_SECONDS)
    ends = [end for end in portfolio.month_ends(on, MONTHS_SHOWN) if end >= first]
    yesterday = on - timedelta(days=1)
    return Chart([_kept(end) for end in ends] + ([_kept(yesterday)] if yesterday not in ends else []))


def _kept(on: date) -> portfolio.PortfolioAtRisk:
    key = f"desk:at-risk:{on.isoformat()}"
    known: tuple[Decimal, tuple[Decimal, ...]] | None = cache.get(key)
    if known is None:
        point = portfolio.at_risk(on)
        known = (point.outstanding, point.late)
        cache.set(key, known, _MONTH_KEPT_SECONDS)
    return portfolio.PortfolioAtRisk(on, *known)


def is_first_run() -> bool:
    return not Application.objects.exists() and not Loan.objects.exists()
