"""What can be done with a loan now: one sensible next act, the rest under "More", and for each closed door the reason.

The use cases refuse for themselves; this table only spares people the walk to a refusal.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from loans.models import Disbursement, DisbursementStatus, Loan, LoanStatus
from staff.roles import role_label, roles_with

HasPermission = Callable[[str], bool]
Words = str | Promise


@dataclass(frozen=True, slots=True)
class Action:
    """A door: `url_name` takes the loan number. `why_not` is empty when it is open."""

    code: str
    label: Words
    url_name: str
    permission: str
    key: str = ""
    why_not: Words = ""
    is_post: bool = False
    is_grave: bool = False

    @property
    def is_open(self) -> bool:
        return not self.why_not


@dataclass(frozen=True, slots=True)
class LoanActions:
    primary: Action | None
    more: list[Action]


def actions_for(
    loan: Loan, *, overpaid: Decimal, disbursement: Disbursement | None, has_perm: HasPermission
) -> LoanActions:
    """Primary by state; everything else that this kind of state knows, open or with its reason."""
    primary = _primary(loan, overpaid, disbursement)
    more = [action for action in _more(loan, overpaid) if primary is None or action.code != primary.code]
    return LoanActions(
        primary=_guarded(primary, has_perm) if primary else None,
        more=[_guarded(action, has_perm) for action in more],
    )


def _primary(loan: Loan, overpaid: Decimal, disbursement: Disbursement | None) -> Action | None:
    if loan.status == LoanStatus.PENDING_DISBURSEMENT:
        return _disburse(disbursement)
    if loan.status == LoanStatus.ACTIVE:
        return Action("pay", _("Record payment"), "loans:loan_pay", "loans.record_repayment", key="r")
    if loan.status == LoanStatus.WRITTEN_OFF:
        return Action("pay", _("Record recovery"), "loans:loan_pay", "loans.record_repayment", key="r")
    return _refund(loan, overpaid) if overpaid else None


def _disburse(disbursement: Disbursement | None) -> Action:
    label, why_not = _("Disburse"), ""
    if disbursement is not None and disbursement.is_retryable:
        label = _("Send again")
    elif disbursement is not None and disbursement.status == DisbursementStatus.SENT:
        why_not = _("The bank has the order; its answer is awaited.")
    elif disbursement is not None and disbursement.status == DisbursementStatus.UNKNOWN:
        why_not = _("The bank did not answer. It is being asked again; paying twice must not happen.")
    return Action(
        "disburse", label, "loans:loan_disburse", "loans.disburse_loan", key="d", why_not=why_not, is_post=True
    )


def _more(loan: Loan, overpaid: Decimal) -> list[Action]:
    active = (
        ""
        if loan.status == LoanStatus.ACTIVE
        else _("Only for an active loan; this one is %(status)s.") % {"status": loan.get_status_display()}
    )
    return [
        Action("settle", _("Settle early"), "loans:loan_settle", "loans.record_repayment", key="s", why_not=active),
        Action("extend", _("Extend"), "loans:loan_extend", "loans.grant_extension", key="x", why_not=active),
        Action("waive", _("Waive late interest or fees"), "loans:loan_waive", "loans.waive_charges", why_not=active),
        _refund(loan, overpaid),
        Action(
            "write_off",
            _("Request write-off"),
            "loans:loan_write_off",
            "loans.request_write_off",
            why_not=active,
            is_grave=True,
        ),
    ]


def _refund(loan: Loan, overpaid: Decimal) -> Action:
    why_not = "" if overpaid else _("Nothing was overpaid.")
    return Action("refund", _("Refund overpayment"), "loans:loan_refund", "loans.refund_overpayment", why_not=why_not)


def _guarded(action: Action, has_perm: HasPermission) -> Action:
    """The missing right is the first reason: the state does not matter to who may not act at all."""
    if has_perm(action.permission):
        return action
    roles = ", ".join(role_label(code) for code in roles_with(action.permission))
    reason = _("Needs the permission %(permission)s (%(roles)s).") % {"permission": action.permission, "roles": roles}
    return Action(
        action.code,
        action.label,
        action.url_name,
        action.permission,
        action.key,
        reason,
        action.is_post,
        action.is_grave,
    )
