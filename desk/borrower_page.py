"""The borrower as one story: who, how to reach, what is owed, the limit, the case, and everything that happened."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from borrowers.models import Borrower
from borrowers.queries import BorrowerFile, borrower_file
from core.currencies import by_currency
from core.money import ZERO
from core.together import Reading, read_together
from core.writing import money
from desk.people import Standing, standing
from loans.models import Application, Loan, LoanStatus, Repayment
from loans.pages.gate_page import CommitmentsShown, commitments_shown
from loans.pages.loan_page import message_event, repayment_event
from loans.pages.story import Event, newest_first
from messaging.models import Message
from staff.models import User
from staff.visibility import Kind, seen

MOST_EVENTS = 25
_MOST_LOANS = 50
_MOST_APPLICATIONS = 10


@dataclass(frozen=True)
class Business:
    """What the house and the borrower did together: loans and applications, money and messages, newest first."""

    loans: list[Loan]
    applications: list[Application]
    repayments: list[Repayment]
    messages: list[Message]

    @property
    def events(self) -> list[Event]:
        return [
            *map(repayment_event, self.repayments),
            *map(message_event, self.messages),
            *map(_application_event, self.applications),
        ]


@dataclass(frozen=True)
class BorrowerPage:
    borrower: Borrower
    file: BorrowerFile
    business: Business
    people: Standing
    commitments: list[CommitmentsShown]

    @property
    def loans(self) -> list[Loan]:
        return self.business.loans

    @property
    def applications(self) -> list[Application]:
        return self.business.applications

    @cached_property
    def events(self) -> list[Event]:
        """The newest of everything that happened."""
        return newest_first([*self.business.events, *self.people.events])[:MOST_EVENTS]

    @property
    def exposure(self) -> dict[str, Decimal]:
        """What is outstanding, by currency."""
        owed = by_currency((_market(loan), loan.position.outstanding_total) for loan in self._active)
        return owed or {self.borrower.currency: ZERO}

    @property
    def overdue(self) -> dict[str, Decimal]:
        """What is overdue, by currency; empty when nothing is."""
        late = [loan for loan in self._active if loan.position.overdue_total]
        return by_currency((_market(loan), loan.position.overdue_total) for loan in late)

    @property
    def worst(self) -> Loan | None:
        """The loan that is latest, to name days past due and bucket of the person."""
        return max(self._active, key=lambda loan: loan.position.days_past_due, default=None)

    @property
    def settled_count(self) -> int:
        return sum(1 for loan in self.loans if loan.status == LoanStatus.SETTLED)

    @property
    def _active(self) -> list[Loan]:
        return [loan for loan in self.loans if loan.status == LoanStatus.ACTIVE and hasattr(loan, "position")]


def _market(loan: Loan) -> str:
    return loan.product_version.product.market


def borrower_page(borrower: Borrower, *, on: date, user: User) -> BorrowerPage:
    """The page in two statements: what the house is bound to is read as the gate reads it."""
    file, business, people = read_together(
        borrower_file(borrower, on),
        _business(borrower, user),
        standing(borrower, user=user),
    )
    return BorrowerPage(borrower, file, business, people, commitments_shown(borrower.pk, on))


def _business(borrower: Borrower, user: User) -> Reading[Business]:
    named = ("position", "product_version__product", "borrower")
    repayments = Repayment.objects.filter(loan__borrower=borrower).select_related("recorded_by", "loan")
    applications = seen(Application.objects.filter(borrower=borrower), user, Kind.APPLICATION)
    applications = applications.select_related("product").order_by("-id")
    return Reading(
        (
            Loan.objects.filter(borrower=borrower).select_related(*named).order_by("-id")[:_MOST_LOANS],
            applications[:_MOST_APPLICATIONS],
            repayments.order_by("-received_on", "-id")[:MOST_EVENTS],
            Message.objects.filter(borrower=borrower).order_by("-id")[:MOST_EVENTS],
        ),
        Business,
    )


def _application_event(application: Application) -> Event:
    return Event(
        at=timezone.localtime(application.created_at),
        title=_("Application %(number)s") % {"number": application.number},
        text=f"{money(application.amount, application.currency)} {application.get_status_display()}",
        kind="status",
    )
