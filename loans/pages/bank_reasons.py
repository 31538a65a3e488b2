"""Why a bank did not pay or debit, as people read it: ISO 20022 return reasons and the simulator's own codes."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

REASONS: Mapping[str, str | Promise] = {
    "AC01": _("account unknown"),
    "AC04": _("account closed"),
    "AC06": _("account blocked"),
    "AM04": _("insufficient funds"),
    "MD01": _("no mandate"),
    "MD07": _("account holder deceased"),
    "MS03": _("no reason given"),
    "account_closed": _("The account is closed."),
    "payee_changed": _(
        "The account on file is another one than the money was promised to. A second person must agree that it goes there."
    ),
    "payee_unverified": _("The account is not verified: ask the bank whose it is."),
    "merchant_not_active": _("The merchant is not active: nothing is paid to it until it is active again."),
    "payee_missing": _("No bank account is on file to pay to."),
    "earlier_under_way": _(
        "An earlier transfer of this order is still under way at the bank. Nothing more is sent before its end is known."
    ),
    "gate_refused": _("A check that nobody can override does not pass."),
    "gate_override_needed": _("A soft check does not pass: a second person must agree first."),
    "not_sent": _("Never sent: an earlier transfer of this order had paid."),
    "returned_by_bank": _("The money was sent back."),
    "payment_above_owed": _("More was collected than the loan owed: the rest is a credit balance."),
    "payment_looks_repeated": _("Collected beside a receipt that looks the same: check whether both were paid."),
}


# What was found here before anything went to the bank.
_STOPPED_HERE = frozenset(
    {
        "payee_changed",
        "payee_unverified",
        "payee_missing",
        "merchant_not_active",
        "earlier_under_way",
        "gate_refused",
        "gate_override_needed",
    }
)


def was_stopped_here(code: str) -> bool:
    """Whether the order was kept from the bank here, rather than refused there."""
    return code in _STOPPED_HERE


def in_words(code: str, text: str = "") -> str:
    """The reason in the reader's language; the bank's own ``text`` where the code is not known."""
    return str(REASONS.get(code, text or code))
