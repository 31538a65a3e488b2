"""Loss: less than is owed accepted, and a write-off taken back."""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from ledger.posting import Line, credit, debit
from loans.account.changes.base import Effect
from loans.account.changes.losses import ChargedOff, SettledForLess, WriteOffUndone
from loans.acts.authority import beyond
from loans.bookkeeping import bookings, positions
from loans.bookkeeping.account_mapping import accounts_for
from loans.events.act_kinds import ActKind, Group, OnceChargedOff, register
from loans.events.act_parameters import Parameter, Sort
from loans.models import Loan, LoanStatus
from loans.servicing import writing_off


def _discount(loan: Loan, effect: Effect) -> list[Line]:
    accounts, figures = accounts_for(loan), effect.figures
    return [
        debit(accounts.settlement_discounts, figures["given_up"]),
        credit(accounts.principal, figures["principal"], loan.pk),
        credit(accounts.interest, figures["interest"], loan.pk),
        credit(accounts.late_interest, figures["late_interest"], loan.pk),
        credit(accounts.fees, figures["fee"], loan.pk),
    ]


def _bad_debt(loan: Loan, effect: Effect) -> list[Line]:
    names = ("principal", "interest", "late_interest", "fee", "suspended")
    claims = bookings.Claims(**{name: effect.figures[name] for name in names})
    return bookings.charge_off(accounts_for(loan), loan.pk, claims)


CHARGED_OFF = register(
    ActKind(
        code="charged_off",
        label=_("Charge off"),
        hint=_(
            "What stands in the books of the loan becomes expense; the borrower goes on owing it, and money that comes "
            "later is recovery. A second person must agree."
        ),
        permission="loans.request_write_off",
        change=ChargedOff,
        agreed=lambda _loan: {"suspended_of": positions.suspended_of},
        lines=_bad_debt,
        once_charged_off=OnceChargedOff.SAME,
        beyond_authority=lambda _loan, _before, _effect, _on: True,
        group=Group.LOSS,
        is_grave=True,
        tells_borrower=False,
        parameters=(
            Parameter(
                name="cause",
                sort=Sort.CHOICE,
                label=_("Cause"),
                choices=(
                    ("overdue", _("long overdue")),
                    ("insolvency", _("insolvency")),
                    ("death", _("death")),
                    ("fraud", _("fraud")),
                    ("other", _("other")),
                ),
            ),
        ),
        figures=(
            ("expense", _("Becomes expense")),
            ("suspended", _("Interest in suspense")),
            ("principal", _("Principal")),
            ("interest", _("Interest")),
            ("late_interest", _("Late interest")),
            ("fee", _("Fees")),
        ),
    )
)

SETTLED_FOR_LESS = register(
    ActKind(
        code="settled_for_less",
        label=_("Settle for less"),
        hint=_("The borrower paid what was agreed; all that is still owed is given up and the loan is settled."),
        permission="loans.change_terms",
        change=SettledForLess,
        lines=_discount,
        beyond_authority=beyond("settled_for_less"),
        group=Group.LOSS,
        is_grave=True,
        parameters=(Parameter(name="at_most", sort=Sort.MONEY, label=_("Given up at most"), least=Decimal("0.01")),),
        figures=(("given_up", _("Given up")), ("given_up_percent", _("Percent of the loan"))),
    )
)

WRITE_OFF_UNDONE = register(
    ActKind(
        code="write_off_undone",
        label=_("Take the write-off back"),
        hint=_("The claim returns to the books and the loan runs again. A second person must agree."),
        permission="loans.request_write_off",
        change=WriteOffUndone,
        states=(LoanStatus.WRITTEN_OFF,),
        prepare=writing_off.take_back,
        beyond_authority=lambda _loan, _before, _effect, _on: True,
        group=Group.LOSS,
        is_grave=True,
        can_be_undone=False,
        tells_borrower=False,
        parameters=(),
    )
)
