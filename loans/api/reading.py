"""What the loan views read, each in a number of queries that does not grow with the rows."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from decimal import Decimal

from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from core import business_date, rows
from core.money import ZERO, round_to
from loans.account.parts import PartsPaid
from loans.models import (
    ActStatus,
    Application,
    Disbursement,
    Instalment,
    Loan,
    LoanAct,
    LoanStatus,
    Offer,
    Product,
    ProductVersion,
    Repayment,
)
from loans.pricing.quotes import versions_on_sale
from loans.schedules.schedule import build_schedule

_OF_A_LOAN = ("borrower", "application", "merchant", "product_version__product", "position?")
_FIRST_ORDERS = "WHERE loan_id = %s AND NOT is_drawdown ORDER BY id DESC"


def products_on_sale() -> list[Product]:
    """The products sold today, each with its version of the day as ``live``."""
    versions = versions_on_sale(business_date.current()).select_related("product")
    return sorted(map(_with_live, versions), key=lambda product: product.code)


def _with_live(version: ProductVersion) -> Product:
    version.product.live = version  # type: ignore[attr-defined]
    return version.product


def applications() -> QuerySet[Application]:
    return Application.objects.select_related("borrower", "product", "merchant", "loan").prefetch_related("offers")


def offers() -> QuerySet[Offer]:
    related = "merchant", "application__borrower", "application__product", "application__merchant", "application__loan"
    return Offer.objects.select_related(*related).prefetch_related("application__offers")


def loans() -> QuerySet[Loan]:
    named = "borrower", "merchant", "application__borrower", "application__product", "application__merchant"
    related = *named, "product_version__product", "position"
    return Loan.objects.select_related(*related).prefetch_related(_orders("disbursements"), "application__offers")


def one_loan(public_id: str, visible: tuple[str, Sequence[int | str]]) -> Loan | None:
    """The loan of that id with what an answer says of it, unless ``visible`` (a WHERE with its values) leaves it out.

    By SQL put together once a process: to have the ORM compile it took longer than everything else in the answer.
    """
    where, values = visible
    loan = rows.first_joined(Loan, _OF_A_LOAN, f"WHERE t0.public_id = %s{where}", [public_id, *values])
    if loan is not None:
        order = rows.first(Disbursement, _FIRST_ORDERS, [loan.pk])
        if order is not None:
            order.loan = loan
        loan.orders = [order] if order else []  # type: ignore[attr-defined]
    return loan


def repayments() -> QuerySet[Repayment]:
    return Repayment.objects.select_related(
        "loan__borrower", "loan__merchant", "loan__application", "loan__product_version__product", "loan__position"
    ).prefetch_related("lines", _orders("loan__disbursements"))


def _orders(path: str) -> "Prefetch[str]":
    """The orders that paid a loan out, as ``orders``."""
    return Prefetch(path, Disbursement.objects.filter(is_drawdown=False).order_by("id"), to_attr="orders")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line(PartsPaid):
    """One instalment, with its state as a word for programs."""

    number: int
    starts_on: date
    due_on: date
    state: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """The schedule of one loan with figures reckoned to the end of ``as_of``."""

    loan: str
    currency: str
    as_of: date
    version: int
    indicative: bool
    instalments: list[Line]

    @property
    def totals(self) -> PartsPaid:
        return PartsPaid.summed(self.instalments)


def schedule_of(loan: Loan, on: date) -> Schedule:
    """The schedule in force; while the money is not paid out, what it would be if it were paid out today."""
    rows = list(Instalment.objects.filter(loan=loan, superseded_on=None).order_by("version", "number"))
    if not rows and loan.status == LoanStatus.PENDING_DISBURSEMENT:
        return Schedule(loan.public_id, loan.currency, on, 1, True, _would_be(loan, on))
    position = getattr(loan, "position", None)
    as_of = position.as_of if position else on
    version = max((row.version for row in rows), default=1)
    return Schedule(loan.public_id, loan.currency, as_of, version, False, [_line(loan, row, as_of, on) for row in rows])


def _line(loan: Loan, row: Instalment, as_of: date, on: date) -> Line:
    return Line(
        number=row.number,
        starts_on=row.starts_on,
        due_on=row.due_on,
        principal=row.principal,
        interest=row.interest,
        fee=row.fee,
        late_interest=round_to(row.late_interest, Decimal(loan.rounding_step)),
        paid=row.principal_paid + row.interest_paid + row.fee_paid + row.late_interest_paid,
        state=_state(loan, row, as_of, on),
    )


def _would_be(loan: Loan, on: date) -> list[Line]:
    return [
        Line(
            number=row.number,
            starts_on=row.starts_on,
            due_on=row.due_on,
            principal=row.principal,
            interest=row.interest,
            fee=row.fee,
            late_interest=ZERO,
            paid=ZERO,
            state="upcoming",
        )
        for row in build_schedule(loan.terms(on)).instalments
    ]


def _state(loan: Loan, row: Instalment, as_of: date, on: date) -> str:
    if row.settled_on is not None:
        return "paid"
    if loan.status == LoanStatus.WRITTEN_OFF:
        return "written_off"
    if row.due_on < as_of:
        return "overdue"
    return "due" if row.due_on <= on else "upcoming"


@dataclass(frozen=True, slots=True)
class Movement:
    """One movement on the account of a loan; ``allocation`` where money was divided."""

    kind: str
    reference: str | None
    on: date
    amount: Decimal
    direction: str
    status: str
    place: datetime
    allocation: Repayment | None = None
    reversed_on: date | None = None
    reversal_reason: str = ""
    currency: str = ""


def movements_of(loan: Loan) -> list[Movement]:
    """Money in both directions, waivers, small remainders and extensions, newest first: five queries at any length."""
    found = [_repayment(row) for row in Repayment.objects.filter(loan=loan)]
    found += [
        Movement("disbursement", row.public_id, row.paid_on, row.amount, "out", row.status, _start_of(row.paid_on))
        for row in Disbursement.objects.filter(loan=loan, paid_on__isnull=False)
        if row.paid_on
    ]
    acts = LoanAct.objects.filter(loan=loan, kind__in=_MOVEMENTS)
    found += [movement_of_act(act) for act in acts]
    found = [replace(row, currency=loan.currency) for row in found]
    return sorted(found, key=lambda row: (row.on, row.place), reverse=True)


# The acts among the movements of a loan: the figure that is their amount, and the way of the money.
_MOVEMENTS = {
    "refund": ("refunded", "out"),
    "waiver": ("waived", "none"),
    "small_remainder": ("closed", "none"),
    "extension": ("interest_added", "none"),
}
_STANDS = {ActStatus.STANDING: "posted", ActStatus.UNDONE: "reversed"}


def movement_of_act(act: LoanAct) -> Movement:
    """What the lender granted or gave back; the amount of an extension is the interest it added."""
    figure, direction = _MOVEMENTS[act.kind]
    return Movement(
        kind=act.kind,
        reference=act.public_id,
        on=act.effective_on,
        amount=Decimal(act.figures[figure]),
        direction=direction,
        status=_STANDS[ActStatus(act.status)],
        place=act.recorded_at,
        reversed_on=act.undone_on,
        reversal_reason=act.undo_reason,
    )


def _repayment(row: Repayment) -> Movement:
    return Movement(
        kind="recovery" if row.is_recovery else "repayment",
        reference=row.public_id,
        on=row.received_on,
        amount=row.amount,
        direction="in",
        status=row.status,
        place=row.recorded_at,
        allocation=row,
        reversed_on=row.reversed_on,
        reversal_reason=row.reversal_reason,
    )


def _start_of(on: date) -> datetime:
    """Paying out comes before whatever else happened that day."""
    return timezone.make_aware(datetime.combine(on, time.min))
