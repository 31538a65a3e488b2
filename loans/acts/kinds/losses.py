"""Loss: less than is owed accepted, claims charged off, and claims written off."""

from decimal import Decimal

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from ledger.posting import Line, debit
from loans.account.changes.base import Effect
from loans.account.changes.losses import ChargedOff, SettledForLess, SmallRemainderClosed, WrittenOff
from loans.account.parts import PARTS, Parts
from loans.acts.authority import always, beyond
from loans.bookkeeping import bookings, positions, remainders
from loans.bookkeeping.account_mapping import accounts_for
from loans.events.act_kinds import ActKind, Group, OnceChargedOff, register
from loans.events.act_parameters import Parameter, Sort
from loans.models import Loan, LoanStatus, RepaymentStatus


class RecoveriesStand(DomainError):
    code = "recoveries_stand"
    message = _(
        "Money was recovered since the write-off. Reverse it, take the write-off back and record it as payment."
    )


def _parts(effect: Effect) -> Parts:
    return Parts(**{part: effect.figures[part] for part in PARTS})


def _discount(loan: Loan, effect: Effect) -> list[Line]:
    accounts = accounts_for(loan)
    given_up = debit(accounts.settlement_discounts, effect.figures["given_up"])
    return [given_up, *bookings.claims_down(accounts, loan.pk, _parts(effect))]


def _remainder(loan: Loan, effect: Effect) -> list[Line]:
    accounts = accounts_for(loan)
    closed = debit(accounts.small_remainders, effect.figures["closed"])
    return [closed, *bookings.claims_down(accounts, loan.pk, _parts(effect))]


def _bad_debt(loan: Loan, effect: Effect) -> list[Line]:
    return bookings.charge_off(accounts_for(loan), loan.pk, _parts(effect), effect.figures["suspended"])


def _written_off(loan: Loan, effect: Effect) -> list[Line]:
    return bookings.write_off(accounts_for(loan), loan.pk, _parts(effect), effect.figures["suspended"])


def _no_recoveries(loan: Loan) -> None:
    if loan.repayments.filter(is_recovery=True, status=RepaymentStatus.POSTED).exists():
        raise RecoveriesStand()


CHARGED_OFF = register(
    ActKind(
        code="charged_off",
        label=_("Charge off"),
        hint=_(
            "What stands in the books of the loan becomes expense; the borrower goes on owing it, and money that comes "
            "later is recovery. Where the product says so, all of it falls due on that day. A second person must agree."
        ),
        permission="loans.request_write_off",
        change=ChargedOff,
        agreed=lambda loan: {
            "suspended_of": positions.suspended_of,
            "makes_all_due": loan.charge_off_makes_all_due,
        },
        lines=_bad_debt,
        once_charged_off=OnceChargedOff.SAME,
        beyond_authority=always,
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
            ("fell_due", _("Falls due at once")),
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
        label=_("Settle at a discount"),
        hint=_("The borrower paid what was agreed; all that is still owed is given up and the loan is settled."),
        permission="loans.change_terms",
        change=SettledForLess,
        lines=_discount,
        beyond_authority=beyond("settled_for_less"),
        group=Group.LOSS,
        is_grave=True,
        parameters=(Parameter(name="at_most", sort=Sort.MONEY, label=_("Maximum waived"), least=Decimal("0.01")),),
        figures=(("given_up", _("Given up")), ("given_up_percent", _("Percent of the loan"))),
    )
)

SMALL_REMAINDER = register(
    ActKind(
        code=remainders.CODE,
        by_itself=True,
        label=_("Small remainder closed"),
        hint=_(
            "All that was still owed was a small remainder by the terms of the product: it was waived, and the loan is "
            "settled."
        ),
        permission="loans.change_terms",
        change=SmallRemainderClosed,
        agreed=lambda loan: {"at_most": loan.remainder_tolerance},
        lines=_remainder,
        group=Group.LOSS,
        can_be_undone=False,  # it goes with the payment behind it
        figures=(("closed", _("Given up")), ("not_earned", _("Not charged any more"))),
    )
)

WRITE_OFF = register(
    ActKind(
        code="write_off",
        label=_("Write off"),
        hint=_(
            "The claim leaves the books as an expense and the right to collect stays; what still comes in is recovery. "
            "A second person must agree, and it counts from the day they do."
        ),
        button=_("Send for approval"),
        permission="loans.request_write_off",
        approve_permission="loans.approve_write_off",
        counts_from_today=True,
        change=WrittenOff,
        agreed=lambda _loan: {"suspended_of": positions.suspended_of},
        lines=_written_off,
        beyond_authority=always,
        group=Group.LOSS,
        template="loans/write_off.html",
        is_grave=True,
        tells_borrower=False,
        undone_in=(LoanStatus.WRITTEN_OFF,),
        refuse_undo=_no_recoveries,
        figures=(
            ("written_off", _("Written off")),
            ("principal", _("Principal")),
            ("interest", _("Interest")),
            ("late_interest", _("Late interest")),
            ("fee", _("Fees")),
            ("suspended", _("Interest in suspense")),
        ),
        size="written_off",
    )
)
