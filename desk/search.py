"""One box for everything: what was pasted decides where to look, and a single exact hit opens at once.

People paste numbers with blanks, dashes or full-width digits; none of that may cost a hit. Names and identity numbers are
encrypted at rest, so they are found whole, never in part.
"""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db.models import Q
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from audit.lookups import LookupQuotaReached
from borrowers import lookups
from borrowers.models import Borrower
from casework.models import Task
from casework.queries import seen_by as tasks_seen
from casework.raising import PREFIX as TASK
from casework.working import WORK
from core.choices import Showable
from core.identifiers import number_given
from loans.models import Application, IncomingPayment, Loan, Repayment
from staff.models import User
from staff.visibility import Kind, seen

_MOST_HITS = 20


@dataclass(frozen=True)
class Hit:
    title: str
    detail: str
    url: str
    state: Showable | None = None


@dataclass(frozen=True)
class Group:
    label: str | Promise
    hits: list[Hit]


@dataclass(frozen=True)
class Result:
    text: str
    groups: list[Group] = field(default_factory=list)
    refusal: str = ""

    @property
    def hits(self) -> list[Hit]:
        return [hit for group in self.groups for hit in group.hits]

    @property
    def only_hit(self) -> Hit | None:
        """The hit to open without asking: the one borrower, or the one object, that the text names."""
        first = [group.hits for group in self.groups if group.hits]
        return first[0][0] if first and len(first[0]) == 1 and self._is_exact else None

    @property
    def _is_exact(self) -> bool:
        return len(self.hits) == 1 or (bool(self.groups) and len(self.groups[0].hits) == 1)


def normalise(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split())


def search(*, text: str, user: User) -> Result:
    """Everything the text names that this person may see, people first; a refusal where they looked up too many."""
    wanted = normalise(text)
    if not wanted:
        return Result(text="")
    try:
        people = _people(wanted, user)
    except LookupQuotaReached as refusal:
        return Result(text=wanted, refusal=refusal.detail)
    number = number_given(wanted, "LN", "AP", "CU", "RP", TASK)
    finders: list[tuple[str, str | Promise, Callable[[], list[Hit]]]] = [
        ("borrowers.view_borrower", _("Borrowers"), lambda: _borrowers(people, number, user)),
        ("loans.view_loan", _("Loans"), lambda: _loans(wanted, people, number, user)),
        ("loans.view_application", _("Applications"), lambda: _applications(number, user)),
        ("loans.view_loan", _("Receipts"), lambda: _receipts(number, user)),
        ("loans.view_bankfile", _("Bank payments"), lambda: _bank_payments(wanted)),
        (WORK, _("Tasks"), lambda: _tasks(number, user)),
    ]
    groups = [Group(label, find()) for permission, label, find in finders if user.has_perm(permission)]
    return Result(text=wanted, groups=[group for group in groups if group.hits])


def _people(text: str, user: User) -> list[Borrower]:
    """Whom the text names, for who sees borrowers or their loans. Raises LookupQuotaReached."""
    if not any(user.has_perm(right) for right in ("borrowers.view_borrower", "loans.view_loan")):
        return []
    return list(lookups.find(text, by=user)[:_MOST_HITS])


def _borrowers(people: list[Borrower], number: str, user: User) -> list[Hit]:
    if not number:
        return [_borrower_hit(borrower) for borrower in people]
    if not number.startswith("CU"):
        return []
    found = Borrower.objects.filter(number=number)
    return [_borrower_hit(borrower) for borrower in seen(found, user, Kind.BORROWER)[:_MOST_HITS]]


def _borrower_hit(borrower: Borrower) -> Hit:
    return Hit(
        title=borrower.masked_name,
        detail=f"{borrower.number} · {borrower.masked_phone} · {borrower.masked_identity}",
        url=reverse("desk:borrower", args=[borrower.number]),
    )


def _loans(text: str, people: list[Borrower], number: str, user: User) -> list[Hit]:
    loans = Loan.objects.select_related("borrower")
    if number:
        loans = loans.filter(number=number)
    else:
        loans = loans.filter(Q(borrower__in=people) | Q(public_id=text)).order_by("-id")
    return [_loan_hit(loan) for loan in seen(loans, user, Kind.BORROWER, path="borrower_id")[:_MOST_HITS]]


def _loan_hit(loan: Loan) -> Hit:
    return Hit(
        title=loan.number,
        detail=f"{loan.borrower.masked_name} · {loan.principal}",
        url=reverse("desk:loan", args=[loan.number]),
        state=loan.shown_status,
    )


def _applications(number: str, user: User) -> list[Hit]:
    if not number.startswith("AP"):
        return []
    found = seen(Application.objects.filter(number=number), user, Kind.APPLICATION).select_related("borrower")
    return [
        Hit(
            title=application.number,
            detail=application.borrower.masked_name,
            url=application.get_absolute_url(),
            state=application.shown_status,
        )
        for application in found
    ]


def _receipts(number: str, user: User) -> list[Hit]:
    if not number.startswith("RP"):
        return []
    named = Repayment.objects.filter(number=number).select_related("loan")
    found = seen(named, user, Kind.BORROWER, path="loan__borrower_id")
    return [
        Hit(
            title=repayment.number,
            detail=f"{repayment.loan.number} · {repayment.received_on} · {repayment.amount}",
            url=reverse("loans:receipt", args=[repayment.number]),
            state=repayment.shown_status,
        )
        for repayment in found
    ]


def _tasks(number: str, user: User) -> list[Hit]:
    if not number.startswith(TASK):
        return []
    return [
        Hit(
            title=task.number,
            detail=str(task.declared.label),
            url=task.get_absolute_url(),
            state=task.shown_status,
        )
        for task in tasks_seen(user, Task.objects.filter(number=number))
    ]


def _bank_payments(text: str) -> list[Hit]:
    found = IncomingPayment.objects.filter(bank_reference=text.replace(" ", ""))
    return [
        Hit(
            title=payment.bank_reference,
            detail=f"{payment.paid_on} · {payment.amount}",
            url=reverse("loans:incoming_payment", args=[payment.pk]),
            state=payment.shown_status,
        )
        for payment in found
    ]
